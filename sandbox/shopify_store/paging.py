"""Pages of a connection, by a cursor that remembers the sort value and the id."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError

MAX_PAGE = 250
Key = Callable[[Any], tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    rows: Sequence[Any]
    cursors: Sequence[str]
    more_after: bool
    more_before: bool


def page(rows: Iterable[Any], args: dict[str, Any], key: Key, *, limit: int = MAX_PAGE) -> Page:
    """Cut one page. Without `first` or `last` Shopify refuses, and so does this."""
    first, last = args.get("first"), args.get("last")
    if first is None and last is None:
        raise GraphQLError(
            "you must provide one of first or last", extensions={"code": "BAD_REQUEST"}
        )
    size = first if first is not None else last
    if not 0 <= (size or 0) <= limit:
        name = "first" if first is not None else "last"
        code = {"code": "BAD_REQUEST"}
        raise GraphQLError(f"{name} must be between 0 and {limit}", extensions=code)
    ordered = sorted(rows, key=key, reverse=bool(args.get("reverse")))
    marks = [cursor(key(row)) for row in ordered]
    start = _after(marks, args.get("after")) if args.get("after") else 0
    end = _before(marks, args.get("before")) if args.get("before") else len(ordered)
    if first is not None:
        cut = (start, min(start + first, end))
    else:
        cut = (max(end - (last or 0), start), end)
    return Page(
        rows=ordered[cut[0] : cut[1]],
        cursors=marks[cut[0] : cut[1]],
        more_after=cut[1] < len(ordered),
        more_before=cut[0] > 0,
    )


def cursor(key: tuple[Any, ...]) -> str:
    text = json.dumps({"last_id": key[-1], "last_value": [str(part) for part in key[:-1]]})
    return base64.b64encode(text.encode()).decode()


def _read(text: str) -> tuple[list[str], int]:
    try:
        data = json.loads(base64.b64decode(text, validate=True))
        return data["last_value"], data["last_id"]
    except (binascii.Error, ValueError, KeyError, TypeError):
        code = {"code": "BAD_REQUEST"}
        raise GraphQLError(
            "Invalid cursor for current pagination sort.", extensions=code
        ) from None


def _after(marks: list[str], text: str | None) -> int:
    """A row that moved or went since the cursor was made: go on from where it stood."""
    assert text is not None
    if text in marks:
        return marks.index(text) + 1
    value, number = _read(text)
    return sum(_passed(mark, value, number) for mark in marks)


def _before(marks: list[str], text: str | None) -> int:
    assert text is not None
    if text in marks:
        return marks.index(text)
    value, number = _read(text)
    return sum(_passed(mark, value, number) for mark in marks)


def _passed(mark: str, value: list[str], number: int) -> bool:
    have_value, have_number = _read(mark)
    return (have_value, have_number) <= (value, number)
