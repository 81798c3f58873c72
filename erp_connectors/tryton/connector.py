"""Tryton behind the contract that every ERP answers."""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from erp_connectors.contract import (
    Capabilities,
    DeltaKind,
    Description,
    Entity,
    FieldDescription,
    Health,
    Lookup,
    Page,
    PriceMode,
    PushResult,
)
from erp_connectors.errors import ErpError
from erp_connectors.models import ErpConnection
from erp_connectors.tryton.cancellation import Cancellation
from erp_connectors.tryton.catalogue import SOLD, Catalogue
from erp_connectors.tryton.client import TrytonClient
from erp_connectors.tryton.order_list import OrderList
from erp_connectors.tryton.orders import Orders
from erp_connectors.tryton.prices import Prices
from erp_connectors.tryton.settings import TrytonSettings, read_settings
from erp_connectors.tryton.shipments import Shipments
from erp_connectors.tryton.shop import WebShop
from erp_connectors.tryton.stock import Stock
from erp_connectors.tryton.taxes import Taxes
from mapping.documents import (
    ErpOrderStub,
    Order,
    Price,
    Product,
    Recorder,
    Shipment,
    StockLevel,
    dump,
)

SAMPLED = {
    Entity.PRODUCTS: ("product.product", [SOLD], ["code", "name", "attributes", "template.name"]),
    Entity.PRICES: ("product.product", [SOLD], ["code", "list_price_used"]),
    Entity.STOCK: ("stock.move", [], ["product.code", "quantity", "state", "from_location.code",
                                      "to_location.code"]),
    Entity.ORDERS: ("sale.sale", [], ["number", "reference", "web_id", "state", "total_amount"]),
    Entity.SHIPMENTS: ("stock.shipment.out", [], ["number", "state", "effective_date"]),
}  # fmt: skip


class TrytonConnector:
    """One Tryton database, of version 8.0 or newer, with the web_shop module."""

    def __init__(self, settings: TrytonSettings, record: Recorder) -> None:
        self._settings = settings
        self._client = TrytonClient(settings, record)
        self._shop = WebShop(self._client, settings)
        self._catalogue = Catalogue(self._client, settings)
        self._prices = Prices(self._client, settings)
        self._stock = Stock(self._client, settings)
        self._shipments = Shipments(self._client, settings, self._shop)
        self._orders = Orders(self._client, settings, self._catalogue, self._shop)

    @classmethod
    def open(cls, connection: ErpConnection, record: Recorder) -> "TrytonConnector":
        """Return a connector for a connection; raises ErpMisconfigured, and calls nothing."""
        return cls(read_settings(connection.settings, connection.secrets), record)

    def capabilities(self) -> Capabilities:
        return Capabilities(
            # Orders are ours to bring; what becomes of them shows in the shipments.
            delta={**dict.fromkeys(Entity, DeltaKind.SINCE), Entity.ORDERS: DeltaKind.NONE},
            overlap=self._settings.overlap,
            unique_reference=True,
            looks_up_orders=True,
            cancels_orders=True,
            lists_orders=True,
            kits=self._catalogue.shows_kits(),
            price_mode=PriceMode.NET,
            price_decimals=4,
            tax_rounding=self._tax_rounding(),
        )

    def _tax_rounding(self) -> str:
        try:
            rows = self._client.read("model.account.configuration.read", [1], ["tax_rounding"])
        except ErpError:
            # Tryton's own default; only a description depends on it.
            return "rate"
        return "line" if rows and rows[0]["tax_rounding"] == "line" else "rate"

    def describe(self) -> Description:
        types = self._catalogue.attribute_types().values()
        return Description(
            attributes=tuple(
                FieldDescription(
                    code=each.name,
                    label=each.label,
                    kind=each.kind.value,
                    values=tuple(each.labels.values()),
                )
                for each in types
            ),
            price_lists=tuple(
                FieldDescription(
                    code=each.code,
                    label=each.code,
                    kind="gross" if each.tax_included else "net",
                    values=tuple(f"{least:f}" for least in each.breaks),
                )
                for each in self._prices.lists()
            ),
            warehouses=tuple(
                FieldDescription(code=code, label=code, kind="warehouse")
                for code in self._stock.warehouses().values()
            ),
            tax_rates=tuple(
                FieldDescription(
                    code=str(row["id"]), label=row["name"], kind=f"{row['rate'] * 100:.2f}"
                )
                for row in Taxes(self._client).all()
            ),
            counts=self._counts(),
        )

    def _counts(self) -> dict[str, int]:
        count = "model.{}.search_count".format
        return {
            "products": self._client.read(count("product.template"), [SOLD]),
            "variants": self._client.read(count("product.product"), [SOLD]),
            "orders": self._client.read(count("sale.sale"), []),
        }

    def sample(self, entity: Entity, count: int) -> list[dict[str, Any]]:
        model, domain, fields = SAMPLED[entity]
        rows = self._client.search(model, domain, fields, limit=max(0, min(count, 100)))
        return [dict(dump(row)) for row in rows]

    def health(self) -> Health:
        """Say whether Tryton answers and our web shop is there; never raises."""
        started = time.monotonic()
        try:
            self._shop.id()
            rows = self._client.search("ir.module", [["name", "=", "web_shop"]], ["version"])
        except ErpError as error:
            return Health(ok=False, message=str(error), milliseconds=_since(started))
        return Health(
            ok=True,
            message="",
            milliseconds=_since(started),
            version=f"Tryton {rows[0]['version']}" if rows else "Tryton",
        )

    def pull_products(self, cursor: str, *, limit: int = 100) -> Page[Product]:
        return self._catalogue.pull(cursor, limit)

    def pull_prices(self, cursor: str, *, limit: int = 500) -> Page[Price]:
        return self._prices.pull(cursor, limit)

    def pull_stock(self, cursor: str, *, limit: int = 500) -> Page[StockLevel]:
        return self._stock.pull(cursor, limit)

    def pull_shipments(self, cursor: str, *, limit: int = 100) -> Page[Shipment]:
        return self._shipments.pull(cursor, limit)

    def read_products(self, codes: Sequence[str]) -> list[Product]:
        return self._catalogue.read_codes(codes)

    def read_prices(self, skus: Sequence[str], price_list: str) -> list[Price]:
        return self._prices.read(skus, price_list)

    def read_stock(self, skus: Sequence[str]) -> list[StockLevel]:
        return self._stock.read(skus)

    def lookup_order(self, reference: str) -> Lookup:
        return self._orders.lookup(reference)

    def list_orders(
        self, since: datetime, cursor: str = "", *, limit: int = 500
    ) -> Page[ErpOrderStub]:
        return OrderList(self._client, self._settings, self._shop).read(since, cursor, limit)

    def push_order(self, order: Order, *, key: str) -> PushResult:
        return self._orders.push(order, key=key)

    def cancel_order(self, reference: str, *, reason: str) -> PushResult:
        return Cancellation(self._client, self._orders).cancel(reference, reason=reason)

    def close(self) -> None:
        self._client.close()


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
