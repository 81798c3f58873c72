"""The GraphQL documents we send, one operation a file, named as the file is."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

QUERIES = Path(__file__).parent / "queries"

# Starting or stopping a bulk query is a mutation in name only: nothing in the store changes.
_NO_WRITES = {"bulk_cancel", "bulk_run"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One operation: its text, and what the client must know before sending it."""

    name: str
    text: str
    is_write: bool
    is_keyed: bool


@cache
def load(name: str) -> Document:
    """Return the document of queries/<name>.graphql. An unknown name is our own mistake."""
    text = _read(QUERIES / f"{name}.graphql")
    return Document(
        name=name,
        text=text,
        is_write=text.lstrip().startswith("mutation") and name not in _NO_WRITES,
        is_keyed="@idempotent(key: $key)" in text,
    )


def names() -> list[str]:
    return sorted(path.stem for path in QUERIES.glob("*.graphql"))


@cache
def bulk_text(name: str) -> str:
    """Return the query of queries/bulk/<name>.graphql, which Shopify runs by itself."""
    return _read(QUERIES / "bulk" / f"{name}.graphql")


def bulk_names() -> list[str]:
    return sorted(path.stem for path in (QUERIES / "bulk").glob("*.graphql"))


def _read(path: Path) -> str:
    # Comments are for readers here; Shopify need not be sent them.
    return re.sub(r"(?m)^#.*\n", "", path.read_text())
