"""Web orders for the tests of connectors."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import count
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

PLACED_AT = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
_numbers = count(1001)


@dataclass(frozen=True, kw_only=True)
class Sold:
    """One line as a test thinks of it; prices include tax."""

    sku: str
    quantity: int = 1
    price: str = "10.00"
    discount: str = "0"
    rate: str = "21"


def bag(amount: Decimal | str) -> MoneyBag:
    money = Money(amount=Decimal(amount), currency="EUR")
    return MoneyBag(shop=money, presentment=money)


HOME = Address(
    name="Lucía Ibáñez",
    line1="C/ Mayor 1, 2º B",
    zip="28013",
    city="Madrid",
    province_code="M",
    country_code="ES",
)
LUCIA = Customer(id="1", name="Lucía Ibáñez", email="lucia@example.com", phone="+34600000001")


def make_order(*sold: Sold, shipping: str = "0", **changes: Any) -> Order:
    """Return an order as the shop would report it, each line's tax rounded on its own."""
    number = next(_numbers)
    lines = tuple(_line(each, f"{number}{place}") for place, each in enumerate(sold, start=1))
    delivery = _delivery(shipping)
    taxes = [tax.amount.shop.amount for line in lines for tax in line.taxes]
    taxes += [tax.amount.shop.amount for tax in delivery.taxes]
    values: dict[str, Any] = {
        "reference": f"tienda.myshopify.com/{number}",
        "shopify_id": f"gid://shopify/Order/{number}",
        "name": f"#{number}",
        "placed_at": PLACED_AT,
        "updated_at": PLACED_AT,
        "currency": "EUR",
        "presentment_currency": "EUR",
        "prices_include_tax": True,
        "lines": lines,
        "total": bag(sum((line.total.shop.amount for line in lines), Decimal(shipping))),
        "tax_total": bag(sum(taxes, Decimal(0))),
        "discount_total": bag(sum((Decimal(each.discount) for each in sold), Decimal(0))),
        "shipping": (delivery,),
        "customer": LUCIA,
        "bill_to": HOME,
        "ship_to": HOME,
    }
    return Order(**{**values, **changes})


def _delivery(price: str) -> ShippingLine:
    return ShippingLine(title="Envío 24 h", total=bag(price), taxes=(_iva(Decimal(price), "21"),))


def _line(sold: Sold, key: str) -> OrderLine:
    total = Decimal(sold.price) * sold.quantity - Decimal(sold.discount)
    return OrderLine(
        id=f"gid://shopify/LineItem/{key}",
        sku=sold.sku,
        title=f"Artículo {sold.sku}",
        quantity=sold.quantity,
        unit_price=bag(sold.price),
        discount=bag(sold.discount),
        total=bag(total),
        taxes=(_iva(total, sold.rate),),
    )


def _iva(gross: Decimal, rate: str) -> TaxLine:
    tax = gross - gross / (1 + Decimal(rate) / 100)
    amount = tax.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    return TaxLine(title="IVA", rate=Decimal(rate), amount=bag(amount))
