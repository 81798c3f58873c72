"""Documents to JSON values and back, and one digest for "the same document"."""

import hashlib
from typing import Any, TypeVar

import msgspec

Document = TypeVar("Document")


def dump(document: Any) -> Any:
    """Return a document as plain JSON values: Decimals and dates become text."""
    return msgspec.to_builtins(document)


def load(kind: type[Document], value: Any) -> Document:
    """Return the document a JSON value describes, or raise msgspec.ValidationError."""
    return msgspec.convert(value, kind)


def digest(document: Any) -> str:
    """Return a short fingerprint that depends on content only, not on key order."""
    canonical = msgspec.json.encode(msgspec.to_builtins(document), order="sorted")
    return hashlib.sha256(canonical).hexdigest()[:32]
