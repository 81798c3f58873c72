"""What sync asks of an ERP. Each connector package implements this once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from mapping.documents import (
    ErpOrder,
    ErpOrderStub,
    Order,
    Price,
    Product,
    Shipment,
    StockLevel,
)


class Entity(StrEnum):
    PRODUCTS = "products"
    PRICES = "prices"
    STOCK = "stock"
    ORDERS = "orders"
    SHIPMENTS = "shipments"


class DeltaKind(StrEnum):
    """How an ERP tells what changed."""

    NONE = "none"
    SINCE = "since"  # a time stamp; always read with an overlap
    CURSOR = "cursor"  # a sequence that only grows
    EVENTS = "events"  # it calls us
    SNAPSHOT = "snapshot"  # the whole list, compared by us


class PriceMode(StrEnum):
    """How the ERP holds a line's price, which decides where cents can go astray."""

    GROSS = "gross"
    NET = "net"
    LINE_AMOUNTS = "line_amounts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What this ERP can do. The engine adapts to it, never the reverse."""

    delta: Mapping[Entity, DeltaKind]
    overlap: timedelta = timedelta(0)
    unique_reference: bool = False
    looks_up_orders: bool = True
    cancels_orders: bool = False
    lists_orders: bool = False  # `list_orders` tells the truth; without it, it is empty
    kits: bool = False  # products say what their kits are made of
    price_mode: PriceMode = PriceMode.NET
    price_decimals: int = 4
    tax_rounding: str = "line"  # or "rate"


Record = TypeVar("Record", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Record]):
    """Some records and the cursor that follows them.

    `more`: ask again at once. `complete`: these pages are everything there is (a
    snapshot), so what is absent is gone; otherwise absence means nothing.
    `as_of`: not later than the moment the ERP read them.
    """

    records: tuple[Record, ...]
    cursor: str
    as_of: datetime
    more: bool = False
    complete: bool = False


class Found(StrEnum):
    FOUND = "found"
    NOT_FOUND = "not_found"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """Answer to "do you hold this order?". UNKNOWN must never lead to a creation."""

    found: Found
    order: ErpOrder | None = None
    reason: str = ""


class Pushed(StrEnum):
    ACCEPTED = "accepted"
    ALREADY = "already"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    # The ERP will fetch the order itself and acknowledge it (REST API connections).
    HANDED_OVER = "handed_over"


@dataclass(frozen=True, slots=True, kw_only=True)
class PushResult:
    """`order` is set for ACCEPTED and ALREADY; `message` says why otherwise, for staff."""

    outcome: Pushed
    order: ErpOrder | None = None
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    ok: bool
    message: str
    milliseconds: int
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDescription:
    """One attribute, price list or warehouse that this ERP really has."""

    code: str
    label: str
    kind: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """The ERP as it is, for the mapping screens."""

    attributes: tuple[FieldDescription, ...] = ()
    price_lists: tuple[FieldDescription, ...] = ()
    warehouses: tuple[FieldDescription, ...] = ()
    tax_rates: tuple[FieldDescription, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)


class ErpConnector(Protocol):
    """One ERP of one company.

    Every method raises the errors of erp_connectors.errors and no others. Calls
    block; none holds a database transaction of ours open. A connector is used by
    one thread at a time and closed with `close()`.
    """

    def capabilities(self) -> Capabilities: ...

    def describe(self) -> Description: ...

    def sample(self, entity: Entity, count: int) -> list[dict[str, Any]]:
        """Return a few raw records as the ERP gives them, for the mapping bench."""

    def health(self) -> Health: ...

    def pull_products(self, cursor: str, *, limit: int = 100) -> Page[Product]:
        """Return products changed since `cursor` ("" = all), each whole.

        The same cursor returns at least the same records: a caller that crashes
        repeats it.
        """

    def pull_prices(self, cursor: str, *, limit: int = 500) -> Page[Price]: ...

    def pull_stock(self, cursor: str, *, limit: int = 500) -> Page[StockLevel]: ...

    def pull_shipments(self, cursor: str, *, limit: int = 100) -> Page[Shipment]:
        """Return what left the warehouse since `cursor`, for orders we handed over."""

    def read_products(self, codes: Sequence[str]) -> list[Product]:
        """Read these products now. An unknown code is simply not in the answer."""

    def read_prices(self, skus: Sequence[str], price_list: str) -> list[Price]: ...

    def read_stock(self, skus: Sequence[str]) -> list[StockLevel]:
        """Read these items now in every warehouse the ERP keeps them in."""

    def lookup_order(self, reference: str) -> Lookup: ...

    def list_orders(
        self, since: datetime, cursor: str = "", *, limit: int = 500
    ) -> Page[ErpOrderStub]:
        """Return the web orders the ERP holds, of every store, oldest first.

        It finds what `lookup_order` finds: every order placed since `since`, and perhaps
        some placed before it and entered after. One that comes in while the list is read
        may be missing, so nobody may say that an order is missing without looking it up.
        A page may be asked for again, by the cursor before it and the same `since`. An
        order that was entered twice comes twice. `complete` is said of the last page only.
        """

    def push_order(self, order: Order, *, key: str) -> PushResult:
        """Enter an order once. A second call with the same key is ALREADY.

        A refusal is returned as REJECTED; a lost answer is returned as UNKNOWN.
        """

    def cancel_order(self, reference: str, *, reason: str) -> PushResult:
        """Cancel an order the ERP holds. REJECTED when it is too late or it cannot."""

    def close(self) -> None: ...
