"""Walk the pages of a connection."""

from typing import Any


def next_cursor(page: dict[str, Any]) -> str | None:
    """Return where the next page starts, or None after the last."""
    info = page["pageInfo"]
    return info["endCursor"] if info["hasNextPage"] else None
