"""How a bulk query goes through connections: the first by and by, those inside it whole."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..paging import Key, Page
from ..records import Item, Product, Shop, Variant


class Walk:
    """All rows of the connection that a bulk query starts from, and the window it has reached.

    The rows are found once, so that a shop that changes meanwhile neither shifts nor doubles
    them. What was deleted before its turn came is left out.
    """

    def __init__(self) -> None:
        self.found: list[Any] | None = None
        self.window = Page(rows=())

    def page(self, rows: Iterable[Any], args: dict[str, Any], key: Key | None) -> Page:
        """All the rows; without a key they come in their order already."""
        ordered = list(rows) if key is None else sorted(rows, key=key)
        if args.get("reverse"):
            ordered.reverse()
        if self.found is None:
            self.found = ordered
            return Page(rows=())
        return Page(rows=ordered)

    def open(self, shop: Shop, start: int, size: int) -> int:
        """Show the next rows; return how many of them were passed."""
        assert self.found is not None, "the first execution finds them"
        rows = self.found[start : start + size]
        tables: dict[type, dict[int, Any]] = {
            Item: shop.items,
            Variant: shop.variants,
            Product: shop.products,
        }
        table = tables.get(type(self.found[0]))
        there = rows if table is None else [row for row in rows if table.get(row.id) is row]
        self.window = Page(rows=there)
        return len(rows)
