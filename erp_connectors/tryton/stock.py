"""Reads how much of each item each warehouse has, and how much of that is promised."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from erp_connectors.contract import Page
from erp_connectors.tryton.catalogue import GOODS, quantity
from erp_connectors.tryton.changes import Source, changed, present
from erp_connectors.tryton.client import TrytonClient
from erp_connectors.tryton.cursors import Cursor, load_cursor, take
from erp_connectors.tryton.settings import TrytonSettings
from mapping.documents import StockLevel

# A move that waits or is undone changes what is free as much as one that is done.
SOURCES: tuple[Source, ...] = (
    ("stock.move", [], "product"),
    # A new item has no moves, and still its stock is known: none.
    ("product.product", [GOODS], "id"),
)
OPEN = ["state", "in", ["draft", "assigned"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Promised:
    """What is on its way out of, and into, warehouses: by item and warehouse."""

    out: dict[tuple[int, int], Decimal]
    incoming: dict[tuple[int, int], Decimal]


class Stock:
    """The ERP's stock, item by item and warehouse by warehouse."""

    def __init__(self, client: TrytonClient, settings: TrytonSettings) -> None:
        self._client = client
        self._settings = settings

    def warehouses(self) -> dict[int, str]:
        """Return the warehouses by id with the code staff know them by."""
        rows = self._client.search(
            "stock.location", [["type", "=", "warehouse"]], ["code", "name"]
        )
        return {row["id"]: row["code"] or row["name"] for row in rows}

    def pull(self, text: str, limit: int) -> Page[StockLevel]:
        """Return the levels of items whose stock may have changed."""
        as_of = datetime.now(UTC)
        cursor = load_cursor(text)
        warehouses = self.warehouses()
        items = max(1, limit // max(1, len(warehouses)))
        if cursor is None:
            position = present(self._client, SOURCES, self._settings.overlap)
            cursor = Cursor(position=position, full=True)
        if cursor.full:
            return self._pull_all(cursor, warehouses, items, as_of)
        overlap = self._settings.overlap
        events = changed(self._client, SOURCES, cursor.position.since(overlap))
        now, later = take(cursor.position.fresh(events), items)
        if not now:
            return Page(records=(), cursor=text, as_of=as_of)
        ids = sorted({event.id for event in now})
        after = Cursor(position=cursor.position.after(now, later, overlap))
        return Page(
            records=self._levels(self._codes([["id", "in", ids]]), warehouses, as_of),
            cursor=after.dump(),
            as_of=as_of,
            more=bool(later),
        )

    def _pull_all(
        self, cursor: Cursor, warehouses: dict[int, str], items: int, as_of: datetime
    ) -> Page[StockLevel]:
        domain = [["id", ">", cursor.after], GOODS]
        rows = self._client.search("product.product", domain, ["code"], limit=items)
        more = len(rows) == items
        after = Cursor(position=cursor.position, full=more, after=rows[-1]["id"] if rows else 0)
        codes = {row["id"]: row["code"] for row in rows if row["code"]}
        return Page(
            records=self._levels(codes, warehouses, as_of),
            cursor=after.dump(),
            as_of=as_of,
            more=more,
            complete=True,
        )

    def read(self, skus: Sequence[str]) -> list[StockLevel]:
        """Return these items' levels now."""
        as_of = datetime.now(UTC)
        codes = self._codes([["code", "in", sorted(set(skus))]]) if skus else {}
        return list(self._levels(codes, self.warehouses(), as_of))

    def _codes(self, domain: Sequence[object]) -> dict[int, str]:
        rows = self._client.search("product.product", [*domain, GOODS], ["code"])
        return {row["id"]: row["code"] for row in rows if row["code"]}

    def _levels(
        self, codes: dict[int, str], warehouses: dict[int, str], as_of: datetime
    ) -> tuple[StockLevel, ...]:
        if not codes:
            return ()
        # First what is promised, then what is there: a shipment that leaves in between is
        # then counted twice, for a moment, and not missed.
        promised = self._promised(list(codes), warehouses)
        found: list[StockLevel] = []
        for warehouse, code in warehouses.items():
            rows = self._client.read(
                "model.product.product.read",
                list(codes),
                ["quantity"],
                locations=[warehouse],
                stock_date_end=self._today(),
            )
            found += [
                StockLevel(
                    sku=codes[row["id"]],
                    warehouse=code,
                    on_hand=quantity(row["quantity"]),
                    reserved=promised.out.get((row["id"], warehouse), Decimal(0)),
                    incoming=promised.incoming.get((row["id"], warehouse), Decimal(0)),
                    as_of=as_of,
                )
                for row in rows
            ]
        return tuple(found)

    def _promised(self, items: list[int], warehouses: dict[int, str]) -> Promised:
        """Sum the open moves across each warehouse's border.

        Tryton's forecast would do for what goes out, but it adds what suppliers have
        only promised, and that cannot be sold yet.
        """
        fields = ["product", "internal_quantity", "from_location", "to_location"]
        moves = self._client.search("stock.move", [["product", "in", items], OPEN], fields)
        homes = self._homes(warehouses) if moves else {}
        out: defaultdict[tuple[int, int], Decimal] = defaultdict(Decimal)
        incoming: defaultdict[tuple[int, int], Decimal] = defaultdict(Decimal)
        for move in moves:
            source, target = homes.get(move["from_location"]), homes.get(move["to_location"])
            if source == target:
                continue
            amount = quantity(move["internal_quantity"])
            if source is not None:
                out[move["product"], source] += amount
            if target is not None:
                incoming[move["product"], target] += amount
        return Promised(out=dict(out), incoming=dict(incoming))

    def _homes(self, warehouses: dict[int, str]) -> dict[int, int]:
        """Return the warehouse of each location inside one."""
        inside = [["parent", "child_of", list(warehouses), "parent"]]
        rows = self._client.search("stock.location", inside, ["parent"])
        parents = {row["id"]: row["parent"] for row in rows}
        homes: dict[int, int] = {}
        for location in parents:
            above: int | None = location
            while above is not None and above not in warehouses:
                above = parents.get(above)
            if above is not None:
                homes[location] = above
        return homes

    def _today(self) -> date:
        return datetime.now(ZoneInfo(self._settings.time_zone)).date()
