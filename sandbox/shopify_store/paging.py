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
    backwards = bool(args.get("reverse"))
    ordered = sorted(rows, key=key, reverse=backwards)
    keys = [key(row) for row in ordered]
    start = _passed(keys, args["after"], backwards) if args.get("after") else 0
    end = len(ordered)
    if args.get("before"):
        end = sum(not _reached(each, _read(args["before"]), backwards) for each in keys)
    if first is not None:
        cut = slice(start, min(start + first, end))
    else:
        cut = slice(max(end - (last or 0), start), end)
    return Page(
        rows=ordered[cut],
        cursors=[cursor(each) for each in keys[cut]],
        more_after=cut.stop < len(ordered),
        more_before=cut.start > 0,
    )


def cursor(key: tuple[Any, ...]) -> str:
    text = json.dumps({"last_id": key[-1], "last_value": list(key[:-1])})
    return base64.b64encode(text.encode()).decode()


def _read(text: str) -> tuple[Any, ...]:
    try:
        data = json.loads(base64.b64decode(text, validate=True))
        return (*data["last_value"], data["last_id"])
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise _invalid() from None


def _invalid() -> GraphQLError:
    message = "Invalid cursor for current pagination sort."
    return GraphQLError(message, extensions={"code": "BAD_REQUEST"})


def _passed(keys: list[tuple[Any, ...]], text: str, backwards: bool) -> int:
    """Rows up to the cursor, also when its own row has moved or gone since."""
    mark = _read(text)
    try:
        return sum(each >= mark if backwards else each <= mark for each in keys)
    except TypeError:
        raise _invalid() from None


def _reached(key: tuple[Any, ...], mark: tuple[Any, ...], backwards: bool) -> bool:
    return key <= mark if backwards else key >= mark
