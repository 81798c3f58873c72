"""The connector for an ERP that is a database."""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from erp_connectors.contract import (
    Capabilities,
    DeltaKind,
    Description,
    Entity,
    Health,
    Lookup,
    Page,
    PushResult,
)
from erp_connectors.errors import ErpError
from erp_connectors.models import ErpConnection
from erp_connectors.sql import describe, order_list
from erp_connectors.sql.config import SqlSettings, read_settings
from erp_connectors.sql.orders import Orders
from erp_connectors.sql.reads import Reader
from erp_connectors.sql.session import Session
from mapping.documents import (
    ErpOrderStub,
    Order,
    Price,
    Product,
    Recorder,
    Shipment,
    StockLevel,
)


class SqlConnector:
    """Speaks to one ERP's database; connects when first asked something."""

    def __init__(self, settings: SqlSettings, password: str, record: Recorder) -> None:
        self._settings = settings
        self._session = Session(settings, password, record)
        self._orders = Orders(self._session)

    @classmethod
    def open(cls, connection: ErpConnection, record: Recorder) -> "SqlConnector":
        password = str(connection.secrets.get("password", ""))
        return cls(read_settings(connection.settings), password, record)

    def capabilities(self) -> Capabilities:
        settings = self._settings
        entities = (Entity.PRODUCTS, Entity.PRICES, Entity.STOCK, Entity.SHIPMENTS)
        delta = {entity: settings.delta_of(entity) for entity in entities}
        return Capabilities(
            delta={**delta, Entity.ORDERS: DeltaKind.NONE},
            overlap=settings.overlap if DeltaKind.SINCE in delta.values() else timedelta(0),
            unique_reference=settings.unique_reference,
            looks_up_orders=settings.looks_up_orders,
            cancels_orders=settings.cancels_orders,
            lists_orders=settings.lists_orders,
            kits=self._shows_kits(),
            price_mode=settings.price_mode,
            price_decimals=settings.price_decimals,
            tax_rounding=settings.tax_rounding,
        )

    def _shows_kits(self) -> bool:
        with self._session.call("capabilities") as call:
            return ("components", "") not in call.absent

    def describe(self) -> Description:
        with self._session.call("describe") as call:
            return describe.description(call.connection, self._settings)

    def sample(self, entity: Entity, count: int) -> list[dict[str, Any]]:
        with self._session.call(f"sample_{entity}") as call:
            return describe.sample(call.connection, self._settings, entity, count)

    def health(self) -> Health:
        started = time.monotonic()
        try:
            with self._session.call("health") as call:
                version = describe.check(call.connection, self._settings)
        except ErpError as error:
            return Health(ok=False, message=str(error), milliseconds=_since(started))
        return Health(
            ok=True, message="The ERP answers.", milliseconds=_since(started), version=version
        )

    def pull_products(self, cursor: str, *, limit: int = 100) -> Page[Product]:
        return self._pull(Entity.PRODUCTS, cursor, limit)

    def pull_prices(self, cursor: str, *, limit: int = 500) -> Page[Price]:
        return self._pull(Entity.PRICES, cursor, limit)

    def pull_stock(self, cursor: str, *, limit: int = 500) -> Page[StockLevel]:
        return self._pull(Entity.STOCK, cursor, limit)

    def pull_shipments(self, cursor: str, *, limit: int = 100) -> Page[Shipment]:
        return self._pull(Entity.SHIPMENTS, cursor, limit)

    def read_products(self, codes: Sequence[str]) -> list[Product]:
        with self._session.call("read_products") as call:
            return Reader(call, self._settings).products(codes)

    def read_prices(self, skus: Sequence[str], price_list: str) -> list[Price]:
        with self._session.call("read_prices") as call:
            return Reader(call, self._settings).prices(skus, price_list)

    def read_stock(self, skus: Sequence[str]) -> list[StockLevel]:
        with self._session.call("read_stock") as call:
            return Reader(call, self._settings).stock(skus)

    def lookup_order(self, reference: str) -> Lookup:
        return self._orders.lookup(reference)

    def list_orders(
        self, since: datetime, cursor: str = "", *, limit: int = 500
    ) -> Page[ErpOrderStub]:
        if not self._settings.lists_orders:
            return Page(records=(), cursor=cursor, as_of=timezone.now())
        with self._session.call("list_orders") as call:
            return order_list.read(call, self._settings, since=since, cursor=cursor, limit=limit)

    def push_order(self, order: Order, *, key: str) -> PushResult:
        return self._orders.push(order, key=key)

    def cancel_order(self, reference: str, *, reason: str) -> PushResult:
        return self._orders.cancel(reference, reason=reason)

    def close(self) -> None:
        self._session.close()

    def _pull(self, entity: Entity, cursor: str, limit: int) -> Page[Any]:
        with self._session.call(f"pull_{entity}") as call:
            return Reader(call, self._settings).changes(entity, cursor, limit)


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
