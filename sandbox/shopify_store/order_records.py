"""What a shop remembers about orders, their money, their parcels and their customers."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import msgspec

from .money import Pair, total


class Address(msgspec.Struct, kw_only=True):
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    address1: str | None = None
    address2: str | None = None
    city: str | None = None
    province_code: str | None = None
    zip: str | None = None
    country_code: str = "ES"
    phone: str | None = None


class TaxLine(msgspec.Struct, kw_only=True):
    title: str
    rate: Decimal
    price: Pair


class Allocation(msgspec.Struct, kw_only=True):
    """The part of discount number `index` that fell on one line."""

    index: int
    amount: Pair


class Line(msgspec.Struct, kw_only=True):
    """A line as it was ordered; what left it later is in the order's refunds."""

    id: int
    title: str
    quantity: int
    unit_price: Pair
    order_id: int = 0
    variant_id: int | None = None
    product_id: int | None = None
    item_id: int | None = None
    sku: str | None = None
    variant_title: str | None = None
    vendor: str | None = None
    requires_shipping: bool = True
    taxable: bool = True
    gift_card: bool = False
    rate: Decimal = Decimal(0)
    attributes: dict[str, str] = {}
    allocations: list[Allocation] = []
    taxes: list[TaxLine] = []

    @property
    def gross(self) -> Pair:
        return self.unit_price.times(self.quantity)

    @property
    def discount(self) -> Pair:
        return total(each.amount for each in self.allocations)

    @property
    def net(self) -> Pair:
        return self.gross - self.discount

    @property
    def tax(self) -> Pair:
        return total(each.price for each in self.taxes)


class ShippingLine(msgspec.Struct, kw_only=True):
    id: int
    title: str
    price: Pair
    order_id: int
    code: str | None = None
    taxes: list[TaxLine] = []

    @property
    def tax(self) -> Pair:
        return total(each.price for each in self.taxes)


class DiscountApplication(msgspec.Struct, kw_only=True):
    code: str
    percentage: Decimal | None = None
    amount: Pair | None = None


class Transaction(msgspec.Struct, kw_only=True):
    id: int
    order_id: int
    kind: str
    status: str
    gateway: str
    amount: Pair
    created_at: datetime
    test: bool = False
    parent_id: int | None = None
    manual: bool = False


class RefundLine(msgspec.Struct, kw_only=True):
    id: int
    line_id: int
    quantity: int
    restock_type: str
    subtotal: Pair
    tax: Pair
    location_id: int | None = None
    restocked: bool = False


class RefundShipping(msgspec.Struct, kw_only=True):
    id: int
    shipping_line_id: int
    subtotal: Pair
    tax: Pair


class Adjustment(msgspec.Struct, kw_only=True):
    id: int
    reason: str
    amount: Pair
    tax: Pair


class Refund(msgspec.Struct, kw_only=True):
    id: int
    order_id: int
    created_at: datetime
    note: str | None = None
    lines: list[RefundLine] = []
    shipping: list[RefundShipping] = []
    adjustments: list[Adjustment] = []
    transaction_ids: list[int] = []


class LocalizedField(msgspec.Struct, kw_only=True):
    key: str
    value: str


class Order(msgspec.Struct, kw_only=True):
    id: int
    name: str
    number: int
    created_at: datetime
    updated_at: datetime
    processed_at: datetime
    currency: str
    presentment: str
    lines: list[Line]
    # Search answers late; this is when the order becomes findable.
    visible_at: datetime
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None
    closed_at: datetime | None = None
    test: bool = False
    edited: bool = False
    taxes_included: bool = True
    tax_exempt: bool = False
    shipping_lines: list[ShippingLine] = []
    discounts: list[DiscountApplication] = []
    transactions: list[Transaction] = []
    refunds: list[Refund] = []
    fulfillment_order_ids: list[int] = []
    fulfillment_ids: list[int] = []
    customer_id: int | None = None
    billing: Address | None = None
    shipping: Address | None = None
    attributes: dict[str, str] = {}
    localized: list[LocalizedField] = []
    note: str | None = None
    tags: list[str] = []
    email: str | None = None
    phone: str | None = None
    po_number: str | None = None
    source_name: str = "web"
    source_identifier: str | None = None
    locale: str = "es"
    gateway: str = "shopify_payments"
    confirmation_number: str = ""
    retail_location_id: int | None = None
    app_client_id: str | None = None

    def line(self, number: int) -> Line | None:
        return next((line for line in self.lines if line.id == number), None)

    def transaction(self, number: int) -> Transaction | None:
        return next((each for each in self.transactions if each.id == number), None)


class FulfillmentOrderLine(msgspec.Struct, kw_only=True):
    id: int
    line_id: int
    total: int
    remaining: int
    # Units this row holds as committed stock; fewer than remaining when the item is untracked.
    held: int = 0


class Hold(msgspec.Struct, kw_only=True):
    id: int
    reason: str


class FulfillmentOrder(msgspec.Struct, kw_only=True):
    id: int
    order_id: int
    location_id: int
    created_at: datetime
    updated_at: datetime
    lines: list[FulfillmentOrderLine]
    status: str = "OPEN"
    request_status: str = "UNSUBMITTED"
    holds: list[Hold] = []
    method: str = "SHIPPING"


class Tracking(msgspec.Struct, kw_only=True):
    company: str | None = None
    number: str | None = None
    url: str | None = None


class FulfillmentLine(msgspec.Struct, kw_only=True):
    id: int
    line_id: int
    quantity: int
    fulfillment_order_id: int = 0


class Fulfillment(msgspec.Struct, kw_only=True):
    id: int
    order_id: int
    location_id: int
    name: str
    created_at: datetime
    updated_at: datetime
    lines: list[FulfillmentLine]
    status: str = "SUCCESS"
    display_status: str = "FULFILLED"
    tracking: list[Tracking] = []


class Customer(msgspec.Struct, kw_only=True):
    id: int
    created_at: datetime
    updated_at: datetime
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    note: str | None = None
    tags: list[str] = []
    tax_exempt: bool = False
    locale: str = "es"
    addresses: list[Address] = []
