"""Enters web orders as Tryton's sales, once each, and reads back what Tryton made of them."""

from contextlib import suppress
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from erp_connectors.contract import Found, Lookup, Pushed, PushResult
from erp_connectors.errors import ErpOutcomeUnknown, ErpRejected, ErpUnavailable
from erp_connectors.tryton.amounts import Line, lines_of, rounding_needed
from erp_connectors.tryton.catalogue import Catalogue
from erp_connectors.tryton.client import Row, TrytonClient
from erp_connectors.tryton.parties import Parties
from erp_connectors.tryton.settings import TrytonSettings
from erp_connectors.tryton.shop import WebShop
from erp_connectors.tryton.taxes import Taxes
from mapping.documents import ErpOrder, Money, Order

ROUNDING = "Redondeo"
UNFINISHED = ("draft", "quotation", "confirmed")
FIELDS = ["number", "state", "total_amount", "tax_amount", "currency.code", "shipments",
          "lines.description", "lines.product", "lines.amount"]  # fmt: skip


class Orders:
    """The ERP's sales that came from our web shop."""

    def __init__(
        self, client: TrytonClient, settings: TrytonSettings, catalogue: Catalogue, shop: WebShop
    ) -> None:
        self._client = client
        self._settings = settings
        self._catalogue = catalogue
        self._shop = shop
        self._parties = Parties(client, settings)
        self._taxes = Taxes(client)

    def lookup(self, reference: str) -> Lookup:
        """Say whether Tryton holds an order. Anything but a clear answer is UNKNOWN."""
        try:
            row = self.find(reference)
        except (ErpUnavailable, ErpOutcomeUnknown) as error:
            return Lookup(found=Found.UNKNOWN, reason=str(error))
        if row is None:
            return Lookup(found=Found.NOT_FOUND)
        return Lookup(found=Found.FOUND, order=self._erp_order(row))

    def find(self, reference: str) -> Row | None:
        """Return the sale with this reference, which Tryton keeps unique per web shop."""
        domain = [["web_shop", "=", self._shop.id()], ["web_id", "=", reference]]
        rows = self._client.search("sale.sale", domain, FIELDS, limit=1)
        return rows[0] if rows else None

    def push(self, order: Order, *, key: str) -> PushResult:
        """Enter an order, or finish entering one that an earlier call began."""
        if held := self.find(order.reference):
            return self._settled(order, held["id"], Pushed.ALREADY, key=key)
        try:
            values = self._values(order, key=key)
            (sale,) = self._client.write("model.sale.sale.create", [values], key=key)
        except ErpOutcomeUnknown as error:
            return PushResult(outcome=Pushed.UNKNOWN, message=str(error))
        except ErpRejected as refused:
            # Another worker may have entered it a moment ago: the reference is unique.
            if held := self.find(order.reference):
                return self._settled(order, held["id"], Pushed.ALREADY, key=key)
            return PushResult(outcome=Pushed.REJECTED, message=str(refused))
        return self._settled(order, sale, Pushed.ACCEPTED, key=key)

    def _settled(self, order: Order, sale: int, outcome: Pushed, *, key: str) -> PushResult:
        """Confirm a sale that is not yet confirmed, and read it back."""
        try:
            before = self._read(sale)
            try:
                message = self._confirm(order, before, key=key)
            except ErpRejected as refused:
                return self._refused(
                    before, str(refused), ours=outcome is Pushed.ACCEPTED, key=key
                )
            row = self._read(sale)
        except (ErpUnavailable, ErpOutcomeUnknown) as error:
            return PushResult(outcome=Pushed.UNKNOWN, message=str(error))
        return PushResult(outcome=outcome, order=self._erp_order(row), message=message)

    def _refused(self, before: Row, message: str, *, ours: bool, key: str) -> PushResult:
        """Say what a refused confirmation means: it may be that another worker was faster."""
        state = self._read(before["id"])["state"]
        if not ours and state != before["state"]:
            return PushResult(outcome=Pushed.UNKNOWN, message="Another worker is entering it.")
        if ours and state in ("draft", "quotation"):
            # Nothing of it may stay, so that a corrected order can come.
            with suppress(ErpRejected):
                self._client.write("model.sale.sale.cancel", [before["id"]], key=key)
                self._client.write("model.sale.sale.delete", [before["id"]], key=key)
        return PushResult(outcome=Pushed.REJECTED, message=message)

    def _confirm(self, order: Order, row: Row, *, key: str) -> str:
        """Bring a sale to the warehouse, unless its total differs by more than rounding."""
        sale = row["id"]
        if row["state"] not in UNFINISHED:
            return ""
        if row["state"] == "draft":
            gap = rounding_needed(order, row["total_amount"])
            if gap:
                self._add_rounding(sale, gap, key=key)
                row = {**row, **self._read(sale)}
            if row["total_amount"] != order.total.shop.amount:
                return (
                    f"Left as a draft in Tryton: its total is {row['total_amount']}, "
                    f"the shop's is {order.total.shop.amount}."
                )
            self._client.write("model.sale.sale.quote", [sale], key=key)
        if row["state"] in ("draft", "quotation"):
            self._client.write("model.sale.sale.confirm", [sale], key=key)
        self._reserve(sale, key=key)
        return ""

    def _reserve(self, sale: int, *, key: str) -> None:
        """Have the goods reserved by the time we answer.

        An ERP with queue workers leaves that to them, and may not let us do it.
        """
        if self._read(sale)["state"] == "confirmed":
            with suppress(ErpRejected):
                self._client.write("model.sale.sale.process", [sale], key=key)

    def _add_rounding(self, sale: int, gap: Decimal, *, key: str) -> None:
        line = {
            "sale": sale,
            "type": "line",
            "quantity": 1.0 if gap > 0 else -1.0,
            "unit_price": abs(gap),
            "description": ROUNDING,
        }
        self._client.write("model.sale.line.create", [line], key=key)

    def _values(self, order: Order, *, key: str) -> dict[str, Any]:
        # Lines first: whatever is wrong with them must show before anything is written.
        lines = self._lines(lines_of(order))
        warehouse = self._warehouse(order.warehouse)
        currency = self._currency(order.currency)
        party = self._parties.of_order(order, key=key)
        bill = self._parties.address(party, order.bill_to or order.ship_to, key=key)
        ship = bill
        if order.ship_to and order.ship_to != (order.bill_to or order.ship_to):
            ship = self._parties.address(party, order.ship_to, key=key)
        values: dict[str, Any] = {
            "party": party,
            "reference": order.name,
            "description": f"{order.name} {order.reference.partition('/')[0]}".strip(),
            "web_shop": self._shop.id(),
            "web_id": order.reference,
            "sale_date": order.placed_at.astimezone(ZoneInfo(self._settings.time_zone)).date(),
            "currency": currency,
            "invoice_address": bill,
            "shipment_address": ship,
            "comment": order.note or None,
            "lines": [["create", lines]],
        }
        if warehouse:
            values["warehouse"] = warehouse
        if self._client.has_field("sale.sale", "shipment_cost_method"):
            # Its default is kept on creation and refused on confirmation without a carrier.
            values["shipment_cost_method"] = None
        return values

    def _lines(self, lines: list[Line]) -> list[dict[str, Any]]:
        items = self._catalogue.find_items([line.sku for line in lines if line.sku])
        missing = sorted({line.sku for line in lines if line.sku and line.sku not in items})
        if missing:
            raise ErpRejected(
                f"Tryton has no product, or more than one, with this SKU: {', '.join(missing)}."
            )
        return [self._line(line, items.get(line.sku)) for line in lines]

    def _line(self, line: Line, item: Row | None) -> dict[str, Any]:
        own = (item or {}).get("account_category.") or {}
        taxes = self._taxes.ids(line.rates, preferred=own.get("customer_taxes") or ())
        return {
            "type": "line",
            "product": item["id"] if item else None,
            "quantity": float(line.quantity),
            "unit": (item["sale_uom"] or item["default_uom"]) if item else None,
            "unit_price": line.unit_price,
            "taxes": [["add", taxes]] if taxes else [],
            "description": line.text,
        }

    def _warehouse(self, code: str) -> int | None:
        if not code:
            return None
        domain = [["type", "=", "warehouse"], ["OR", ["code", "=", code], ["name", "=", code]]]
        rows = self._client.search("stock.location", domain, ["id"], limit=2)
        if len(rows) != 1:
            raise ErpRejected(f"Tryton has no warehouse {code!r}, or more than one.")
        return int(rows[0]["id"])

    def _currency(self, code: str) -> int:
        rows = self._client.search("currency.currency", [["code", "=", code]], ["id"], limit=1)
        if not rows:
            raise ErpRejected(f"Tryton has no currency {code!r}.")
        return int(rows[0]["id"])

    def _read(self, sale: int) -> Row:
        rows: list[Row] = self._client.read("model.sale.sale.read", [sale], FIELDS)
        return rows[0]

    def _erp_order(self, row: Row) -> ErpOrder:
        currency = row["currency."]["code"]
        rounding = sum(
            (
                line["amount"]
                for line in row["lines."]
                if line["product"] is None and line["description"] == ROUNDING
            ),
            Decimal(0),
        )
        return ErpOrder(
            number=row["number"] or f"#{row['id']}",
            id=str(row["id"]),
            total=Money(amount=row["total_amount"], currency=currency),
            tax_total=Money(amount=row["tax_amount"], currency=currency),
            rounding=Money(amount=rounding, currency=currency) if rounding else None,
            cancelled=row["state"] == "cancelled" or self._is_called_off(row),
        )

    def _is_called_off(self, row: Row) -> bool:
        """Say whether a sale lives on in name only: every shipment of it was cancelled."""
        if not row["shipments"]:
            return False
        rows = self._client.read("model.stock.shipment.out.read", row["shipments"], ["state"])
        return all(shipment["state"] == "cancelled" for shipment in rows)
