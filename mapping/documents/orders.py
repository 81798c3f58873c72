"""A web order as it happened. Amounts and tax lines are the shop's facts, never recomputed."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from mapping.documents.money import Money, MoneyBag


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxLine:
    """One tax on one line. `rate` is in percent: Decimal("21") is IVA general."""

    title: str
    rate: Decimal
    amount: MoneyBag


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldAt:
    """Units of a line that one of the shop's locations still has to send."""

    location: str
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """One line as sold.

    `unit_price` includes tax when the order's `prices_include_tax` is true.
    `discount` is everything taken off the whole line; `total` is
    unit_price * quantity - discount, in the same price mode. `quantity` is the
    current one: removals by an order edit or a restocked cancel are already out.
    `held_at` is filled in only where several locations ship the order.
    """

    id: str
    sku: str
    title: str
    quantity: int
    unit_price: MoneyBag
    discount: MoneyBag
    total: MoneyBag
    taxes: tuple[TaxLine, ...] = ()
    requires_shipping: bool = True
    is_gift_card: bool = False
    inventory_item: str = ""
    unfulfilled: int = 0
    held_at: tuple[HeldAt, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippingLine:
    title: str
    total: MoneyBag
    code: str = ""
    taxes: tuple[TaxLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    name: str = ""
    company: str = ""
    line1: str = ""
    line2: str = ""
    zip: str = ""
    city: str = ""
    province_code: str = ""
    country_code: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    id: str = ""
    name: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A confirmed sale.

    `reference` names it in every ERP and never changes: "{shop domain}/{order id}".
    `name` is what staff and customer read ("#1001"). `location` is the shop's
    location that will ship it, empty if more than one does. `warehouse` is the
    ERP's warehouse for that location, filled in by the mapping before the order is
    handed over.
    """

    reference: str
    shopify_id: str
    name: str
    placed_at: datetime
    updated_at: datetime
    currency: str
    presentment_currency: str
    prices_include_tax: bool
    lines: tuple[OrderLine, ...]
    total: MoneyBag
    tax_total: MoneyBag
    discount_total: MoneyBag
    shipping: tuple[ShippingLine, ...] = ()
    customer: Customer | None = None
    bill_to: Address | None = None
    ship_to: Address | None = None
    tax_id: str = ""
    financial_status: str = ""
    fulfilment_status: str = ""
    gateways: tuple[str, ...] = ()
    note: str = ""
    tags: tuple[str, ...] = ()
    location: str = ""
    warehouse: str = ""
    cancelled_at: datetime | None = None
    test: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ErpOrder:
    """The ERP's own reading of an order it holds: the other half of the money proof."""

    number: str
    id: str
    total: Money | None = None
    tax_total: Money | None = None
    rounding: Money | None = None
    cancelled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ErpOrderStub:
    """One web order in the ERP's own list: enough to see which side lacks it.

    `placed_at` is the ERP's moment for the order: when it was sold if it keeps that,
    else when it was entered.
    """

    reference: str
    number: str
    placed_at: datetime
    total: Money | None
    cancelled: bool
