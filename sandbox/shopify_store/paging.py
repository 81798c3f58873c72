"""Pages of a connection, by a cursor that remembers the sort value and the id."""

from __future__ import annotations

import base64
import binascii
import json
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from graphql import GraphQLError

from .indexes import Ordered

MAX_PAGE = 250
Key = Callable[[Any], tuple[Any, ...]]


@dataclass(slots=True, kw_only=True)
class Page:
    """Rows with what their cursors are made of; a cursor is only made when it is asked for."""

    rows: Sequence[Any]
    keys: Sequence[tuple[Any, ...]] = ()
    more_after: bool = False
    more_before: bool = False

    def cursor(self, place: int) -> str:
        return cursor(self.keys[place])


def page(rows: Iterable[Any], args: dict[str, Any], key: Key, *, limit: int = MAX_PAGE) -> Page:
    """Cut one page. Without `first` or `last` Shopify refuses, and so does this."""
    first, last = args.get("first"), args.get("last")
    check_size(args, limit)
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
        keys=keys[cut],
        more_after=cut.stop < len(ordered),
        more_before=cut.start > 0,
    )


def check_size(args: dict[str, Any], limit: int) -> None:
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


def page_by_id(ordered: Ordered, args: dict[str, Any], keep: Callable[[Any], bool]) -> Page:
    """The same page as `page` cuts by id, without a look at the rows before and after it."""
    if args.get("first") is None or args.get("before") or args.get("reverse"):
        return page(filter(keep, ordered.rows), args, by_id)
    check_size(args, MAX_PAGE)
    start = 0
    if args.get("after"):
        mark = _read(args["after"])
        if len(mark) != 1 or not isinstance(mark[0], int):
            raise _invalid()
        start = bisect_right(ordered.ids, mark[0])
    rest = filter(keep, map(ordered.rows.__getitem__, range(start, len(ordered.rows))))
    rows = list(islice(rest, args["first"]))
    return Page(
        rows=rows,
        keys=[by_id(row) for row in rows],
        more_after=next(rest, None) is not None,
        more_before=any(map(keep, islice(ordered.rows, start))),
    )


def by_id(row: Any) -> tuple[Any, ...]:
    return (row.id,)


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
