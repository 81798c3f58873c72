"""What a customer, a merchant or a test asks for when an order is placed."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from .order_records import Address, TaxLine


class OrderRefused(Exception):
    """The order cannot be placed or changed like this; the text says why, for a person."""


class LineRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A variant by id or SKU; without either, a custom line with title and price."""

    quantity: int = 1
    sku: str | None = None
    variant_id: int | str | None = None
    price: Decimal | None = None
    title: str | None = None
    requires_shipping: bool | None = None
    taxable: bool = True
    attributes: dict[str, str] = {}
    taxes: list[TaxLine] | None = None


class ShippingRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    title: str = "Envío estándar"
    price: Decimal = Decimal("4.95")
    code: str | None = None
    taxes: list[TaxLine] | None = None


class DiscountRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    code: str
    percentage: Decimal | None = None
    amount: Decimal | None = None


class CustomerRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    tax_exempt: bool = False
    tags: list[str] = []


class OrderRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`payment` is paid, pending or authorized; `nif_in` says where this shop keeps the tax id."""

    lines: list[LineRequest]
    discount_code: str | None = None
    discount: DiscountRequest | None = None
    shipping: ShippingRequest | None = None
    customer: CustomerRequest | None = None
    customer_id: int | None = None
    address: Address | None = None
    billing: Address | None = None
    nif: str | None = None
    nif_in: str = "localized"
    note: str | None = None
    tags: list[str] = []
    attributes: dict[str, str] = {}
    email: str | None = None
    phone: str | None = None
    po_number: str | None = None
    payment: str = "paid"
    gateway: str | None = None
    taxes_included: bool | None = None
    presentment_currency: str | None = None
    test: bool = False
    pos: bool = False
    location: str | int | None = None
    source_name: str | None = None
    source_identifier: str | None = None
    # False for orders that an app writes down without touching stock.
    stock: bool = True
    ignore_policy: bool = False
    app_client_id: str | None = None
