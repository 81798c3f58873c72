"""Reads what left the ERP's warehouses for web orders, with tracking numbers."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from erp_connectors.contract import Page
from erp_connectors.tryton.catalogue import quantity
from erp_connectors.tryton.changes import Source, changed, present
from erp_connectors.tryton.client import Row, TrytonClient
from erp_connectors.tryton.cursors import Cursor, load_cursor, take
from erp_connectors.tryton.settings import TrytonSettings
from erp_connectors.tryton.shipped_kits import ShippedKits, read_kits
from erp_connectors.tryton.shop import WebShop
from mapping.documents import Shipment, ShipmentLine, Tracking

LEFT = ["state", "in", ["shipped", "done"]]
ORIGIN = "sale.line,"
FIELDS = ["number", "state", "effective_date", "last_modified_at", "warehouse.code",
          "carrier.party.name", "outgoing_moves.product.code", "outgoing_moves.internal_quantity",
          "outgoing_moves.origin", "outgoing_moves.state", "packages.shipping_reference",
          "packages.shipping_tracking_url"]  # fmt: skip


class Shipments:
    """The ERP's customer shipments that belong to orders of our web shop."""

    def __init__(self, client: TrytonClient, settings: TrytonSettings, shop: WebShop) -> None:
        self._client = client
        self._settings = settings
        self._shop = shop

    def _sources(self) -> list[Source]:
        return [
            ("stock.shipment.out", [LEFT], "id"),
            # A tracking number that is typed in later changes the parcel only.
            ("stock.package", [["shipment", "like", "stock.shipment.out,%"]], "shipment"),
        ]

    def pull(self, text: str, limit: int) -> Page[Shipment]:
        """Return shipments that left, or whose tracking changed, oldest change first."""
        as_of = datetime.now(UTC)
        overlap = self._settings.overlap
        cursor = load_cursor(text)
        if cursor is None:
            cursor = Cursor(position=present(self._client, self._sources(), overlap), full=True)
        if cursor.full:
            rows = self._client.search(
                "stock.shipment.out", [["id", ">", cursor.after], LEFT], ["id"], limit=limit
            )
            more = len(rows) == limit
            ids = [row["id"] for row in rows]
            after = Cursor(position=cursor.position, full=more, after=ids[-1] if ids else 0)
            return Page(
                records=self._read(ids), cursor=after.dump(), as_of=as_of, more=more, complete=True
            )
        events = changed(self._client, self._sources(), cursor.position.since(overlap))
        now, later = take(cursor.position.fresh(events), limit)
        if not now:
            return Page(records=(), cursor=text, as_of=as_of)
        after = Cursor(position=cursor.position.after(now, later, overlap))
        return Page(
            records=self._read(sorted({event.id for event in now})),
            cursor=after.dump(),
            as_of=as_of,
            more=bool(later),
        )

    def _read(self, ids: Sequence[int]) -> tuple[Shipment, ...]:
        if not ids:
            return ()
        rows = self._client.search("stock.shipment.out", [["id", "in", list(ids)], LEFT], FIELDS)
        orders = self._orders(rows)
        origins = {str(move["origin"]) for row in rows for move in row["outgoing_moves."]}
        kits = read_kits(self._client, origins, self._shop.id())
        return tuple(shipment for row in rows for shipment in self._documents(row, orders, kits))

    def _orders(self, rows: Sequence[Row]) -> dict[str, str]:
        """Return the web order's reference of each sale line that these shipments carry."""
        lines = {
            int(move["origin"].removeprefix(ORIGIN))
            for row in rows
            for move in row["outgoing_moves."]
            if (move["origin"] or "").startswith(ORIGIN)
        }
        if not lines:
            return {}
        domain = [["id", "in", sorted(lines)], ["sale.web_shop", "=", self._shop.id()]]
        found = self._client.search("sale.line", domain, ["sale.web_id"])
        return {f"{ORIGIN}{row['id']}": row["sale."]["web_id"] for row in found}

    def _documents(self, row: Row, orders: dict[str, str], kits: ShippedKits) -> list[Shipment]:
        """Return one shipment per order: Tryton may send several orders in one parcel."""
        lines: dict[str, list[ShipmentLine]] = defaultdict(list)
        for move in row["outgoing_moves."]:
            order = orders.get(move["origin"] or "")
            count = quantity(move["internal_quantity"])
            if not order or move["state"] == "cancelled" or count <= 0:
                continue
            lines[order].append(ShipmentLine(sku=move["product."]["code"], quantity=int(count)))
        for order, sku, units in kits.of(row["id"]):
            lines[order].append(ShipmentLine(sku=sku, quantity=units))
        number = row["number"] or str(row["id"])
        return [
            Shipment(
                id=number if len(lines) == 1 else f"{number}/{order}",
                order_reference=order,
                lines=tuple(sent),
                shipped_at=self._shipped_at(row),
                warehouse=(row["warehouse."] or {}).get("code") or "",
                tracking=_tracking(row),
            )
            for order, sent in lines.items()
        ]

    def _shipped_at(self, row: Row) -> datetime:
        """Return when it left: Tryton keeps the day, and the last change if it is of that day."""
        changed_at: datetime = row["last_modified_at"]
        zone = ZoneInfo(self._settings.time_zone)
        day = row["effective_date"]
        if day is None or changed_at.astimezone(zone).date() == day:
            return changed_at
        return datetime.combine(day, time(12), tzinfo=zone).astimezone(UTC)


def _tracking(row: Row) -> tuple[Tracking, ...]:
    carrier = ((row["carrier."] or {}).get("party.") or {}).get("name") or ""
    return tuple(
        Tracking(
            number=package["shipping_reference"],
            company=carrier,
            url=package["shipping_tracking_url"] or "",
        )
        for package in row["packages."]
        if package["shipping_reference"]
    )
