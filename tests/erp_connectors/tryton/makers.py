"""Web orders as the shop would hand them over."""

import itertools
import secrets
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from mapping.documents import (
    Address,
    Customer,
    Money,
    MoneyBag,
    Order,
    OrderLine,
    ShippingLine,
    TaxLine,
)

SHOP = "calzados.myshopify.test"
# Numbers from the tax agency's own rule; none is a person's on purpose.
LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
HOME = Address(
    name="Lucía Pérez Gómez",
    line1="Gran Vía 12",
    line2="3.º B",
    zip="28013",
    city="Madrid",
    province_code="M",
    country_code="ES",
    phone="+34600111222",
)
_numbers = itertools.count(1)


def bag(amount: str | Decimal) -> MoneyBag:
    money = Money(amount=Decimal(amount), currency="EUR")
    return MoneyBag(shop=money, presentment=money)


def iva(total: Decimal, rate: str) -> tuple[TaxLine, ...]:
    """Return the tax inside a gross total, rounded per line as Shopify rounds it."""
    tax = (total * Decimal(rate) / (100 + Decimal(rate))).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return (TaxLine(title=f"IVA {rate}%", rate=Decimal(rate), amount=bag(tax)),)


def make_line(
    sku: str, quantity: int = 1, price: str = "79.95", *, discount: str = "0", rate: str = "21"
) -> OrderLine:
    total = Decimal(price) * quantity - Decimal(discount)
    return OrderLine(
        id=f"gid://shopify/LineItem/{next(_numbers)}",
        sku=sku,
        title=f"Artículo {sku}",
        quantity=quantity,
        unit_price=bag(price),
        discount=bag(discount),
        total=bag(total),
        taxes=iva(total, rate),
    )


def make_order(*lines: OrderLine, shipping: str = "4.95", **fields: Any) -> Order:
    number = next(_numbers)
    fee = Decimal(shipping)
    sent = (ShippingLine(title="Envío 24 h", total=bag(fee), taxes=iva(fee, "21")),) if fee else ()
    taxed = [*lines, *sent]
    total = sum((each.total.shop.amount for each in taxed), Decimal(0))
    tax = sum((t.amount.shop.amount for each in taxed for t in each.taxes), Decimal(0))
    values: dict[str, Any] = {
        "reference": f"{SHOP}/{secrets.randbelow(10**12)}",
        "shopify_id": f"gid://shopify/Order/{number}",
        "name": f"#{1000 + number}",
        "placed_at": datetime.now(UTC),
        "updated_at": datetime.now(UTC),
        "currency": "EUR",
        "presentment_currency": "EUR",
        "prices_include_tax": True,
        "lines": lines,
        "total": bag(total),
        "tax_total": bag(tax),
        "discount_total": bag("0"),
        "shipping": sent,
        "customer": make_customer(),
        "ship_to": HOME,
        "warehouse": "MAD",
    }
    return Order(**{**values, **fields})


def make_customer() -> Customer:
    name = f"lucia_{secrets.token_hex(4)}"
    return Customer(name="Lucía Pérez Gómez", email=f"{name}@example.com", phone="+34600111222")


def make_nif() -> str:
    number = secrets.randbelow(10**8)
    return f"{number:08d}{LETTERS[number % 23]}"
