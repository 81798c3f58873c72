"""The GraphQL documents we send, one operation a file, named as the file is."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

QUERIES = Path(__file__).parent / "queries"


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
    text = (QUERIES / f"{name}.graphql").read_text()
    # Comments are for readers here; Shopify need not be sent them.
    text = re.sub(r"(?m)^#.*\n", "", text)
    return Document(
        name=name,
        text=text,
        is_write=text.lstrip().startswith("mutation"),
        is_keyed="@idempotent(key: $key)" in text,
    )


def names() -> list[str]:
    return sorted(path.stem for path in QUERIES.glob("*.graphql"))
