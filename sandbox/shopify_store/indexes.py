"""Ways into a shop's tables that do not read the whole table."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any


class Ordered:
    """The rows of a table by rising id, and their ids beside them to search in.

    Tables grow at their end only, because ids rise. So a look at the size and at the last
    row tells whether rows were added (they are appended here) or removed (all is read again).
    """

    def __init__(self) -> None:
        self.rows: list[Any] = []
        self.ids: list[int] = []

    def follow(self, table: dict[int, Any]) -> Ordered:
        added = len(table) - len(self.rows)
        tail = list(islice(reversed(table.values()), max(added, 0) + 1))
        before = tail.pop() if len(tail) > added else None
        if added < 0 or before is not (self.rows[-1] if self.rows else None):
            self.rows, self.ids, tail = [], [], list(reversed(table.values()))
        for row in reversed(tail):
            self.rows.append(row)
            self.ids.append(row.id)
        return self


class Indexes:
    """What one shop's tables are looked up by. Used under the shop's lock only."""

    def __init__(self) -> None:
        self._ordered: dict[object, Ordered] = {}
        # A number, or several: a list for each of a million SKUs would be a waste.
        self._items_by_sku: dict[str, int | list[int]] | None = None

    def ordered(self, name: object, table: dict[int, Any]) -> Ordered:
        return self._ordered.setdefault(name, Ordered()).follow(table)

    def items_with(self, sku: str, items: dict[int, Any]) -> list[Any]:
        """Items with this SKU, by rising id."""
        if self._items_by_sku is None:
            self._items_by_sku = {}
            self.note(items.values())
        held = self._items_by_sku.get(sku, [])
        numbers = sorted(set(held)) if isinstance(held, list) else [held]
        # A number stays listed when its item went or took another SKU.
        found = [items[number] for number in numbers if number in items]
        return [item for item in found if item.sku == sku]

    def note(self, items: Iterable[Any]) -> None:
        """Take in items that are new or have a new SKU."""
        known = self._items_by_sku
        if known is None:
            return
        for item in items:
            held = known.setdefault(item.sku, item.id) if item.sku is not None else item.id
            if isinstance(held, list):
                held.append(item.id)
            elif held != item.id:
                known[item.sku] = [held, item.id]
