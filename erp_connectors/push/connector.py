"""The connector for an ERP that calls our REST API: it pushes what it knows and fetches orders.

Nothing here leaves this machine. Products, prices and stock come in by the API; an order
waits in our own ledger until the ERP has fetched it and acknowledged it with its number.
So handing an order over writes nothing in the ERP, and doing it twice is the same as once.
"""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from erp_connectors.contract import (
    Capabilities,
    DeltaKind,
    Description,
    Entity,
    Found,
    Health,
    Lookup,
    Page,
    Pushed,
    PushResult,
)
from erp_connectors.models import ApiKey, ErpConnection
from mapping.documents import (
    ErpOrderStub,
    Order,
    Price,
    Product,
    Recorder,
    Shipment,
    StockLevel,
)


class PushConnector:
    """Stands for an ERP that cannot be asked. It never raises and never records a call."""

    def __init__(self, connection: ErpConnection) -> None:
        self._connection = connection

    @classmethod
    def open(cls, connection: ErpConnection, record: Recorder) -> "PushConnector":
        return cls(connection)

    def capabilities(self) -> Capabilities:
        return Capabilities(
            delta={
                Entity.PRODUCTS: DeltaKind.EVENTS,
                Entity.PRICES: DeltaKind.EVENTS,
                Entity.STOCK: DeltaKind.EVENTS,
                Entity.SHIPMENTS: DeltaKind.EVENTS,
                Entity.ORDERS: DeltaKind.NONE,
            },
            # The reference is unique in our ledger, and the ERP acknowledges by it.
            unique_reference=True,
            cancels_orders=True,
        )

    def describe(self) -> Description:
        return Description()

    def sample(self, entity: Entity, count: int) -> list[dict[str, Any]]:
        return []

    def health(self) -> Health:
        """Say whether the ERP can call us, and when it last did."""
        started = time.monotonic()
        keys = [key for key in ApiKey.objects.filter(connection=self._connection) if _lives(key)]
        calls = [key.last_used_at for key in keys if key.last_used_at]
        if not keys:
            message = _("The ERP has no valid API key: make one for it.")
        elif not calls:
            message = _("The ERP has not called yet.")
        else:
            when = timezone.localtime(max(calls))
            message = _("The ERP last called on %(when)s.") % {"when": f"{when:%d/%m/%Y %H:%M}"}
        milliseconds = round((time.monotonic() - started) * 1000)
        return Health(ok=bool(keys), message=message, milliseconds=milliseconds)

    def pull_products(self, cursor: str, *, limit: int = 100) -> Page[Product]:
        return _nothing(cursor)

    def pull_prices(self, cursor: str, *, limit: int = 500) -> Page[Price]:
        return _nothing(cursor)

    def pull_stock(self, cursor: str, *, limit: int = 500) -> Page[StockLevel]:
        return _nothing(cursor)

    def pull_shipments(self, cursor: str, *, limit: int = 100) -> Page[Shipment]:
        return _nothing(cursor)

    # Absent here means "ask what the ERP pushed last", never "gone".

    def read_products(self, codes: Sequence[str]) -> list[Product]:
        return []

    def read_prices(self, skus: Sequence[str], price_list: str) -> list[Price]:
        return []

    def read_stock(self, skus: Sequence[str]) -> list[StockLevel]:
        return []

    def lookup_order(self, reference: str) -> Lookup:
        """Return NOT_FOUND: we have written nothing in the ERP.

        Whether it has fetched and acknowledged the order stands in the ledger of sync,
        which must be asked first. That is not UNKNOWN: handing over again cannot double it.
        """
        return Lookup(found=Found.NOT_FOUND, reason="The ERP fetches its orders itself.")

    def list_orders(
        self, since: datetime, cursor: str = "", *, limit: int = 500
    ) -> Page[ErpOrderStub]:
        return _nothing(cursor)

    def push_order(self, order: Order, *, key: str) -> PushResult:
        return PushResult(outcome=Pushed.HANDED_OVER)

    def cancel_order(self, reference: str, *, reason: str) -> PushResult:
        """Leave the cancellation for the ERP to fetch. It may answer that it is too late."""
        return PushResult(outcome=Pushed.HANDED_OVER)

    def close(self) -> None:
        pass


def _nothing(cursor: str) -> Page[Any]:
    # Not `complete`: that would say that everything is gone.
    return Page(records=(), cursor=cursor, as_of=timezone.now())


def _lives(key: ApiKey) -> bool:
    return key.expires_at is None or key.expires_at > timezone.now()
