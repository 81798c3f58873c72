"""An order as rows for the ERP's staging tables, in our column names."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from erp_connectors.errors import ErpRejected
from mapping.documents import Address, Order, OrderLine, TaxLine

Row = dict[str, Any]
NO_ADDRESS = Address()


def rows(order: Order, *, batch: UUID) -> tuple[Row, list[Row]]:
    """Return the header and the lines, or raise ErpRejected for what cannot be said there.

    Amounts are those of the shop's currency, exactly as sold: the ERP adds up for itself.
    """
    lines = [line for line in order.lines if line.quantity > 0]
    if not lines:
        raise ErpRejected("The order has no lines.")
    return _header(order, batch), [
        _line(line, number, batch) for number, line in enumerate(lines, start=1)
    ]


def _header(order: Order, batch: UUID) -> Row:
    bill = order.bill_to or order.ship_to or NO_ADDRESS
    ship = order.ship_to or NO_ADDRESS
    customer = order.customer
    shipping = [line for line in order.shipping if line.total.shop.amount]
    rates = {_rate(line.taxes, "the delivery") for line in shipping}
    if len(rates) > 1:
        raise ErpRejected("The order has deliveries with different tax rates.")
    return {
        "batch": batch,
        "reference": order.reference,
        "name": order.name,
        "placed_at": order.placed_at,
        "warehouse": order.warehouse,
        "currency": order.currency,
        "tax_included": order.prices_include_tax,
        "customer_name": (customer.name if customer else "") or bill.company or bill.name,
        "customer_tax_id": order.tax_id,
        "customer_email": customer.email if customer else "",
        "customer_phone": (customer.phone if customer else "") or bill.phone or ship.phone,
        **_address("bill", bill),
        "ship_name": ship.name,
        **_address("ship", ship),
        "shipping": sum((line.total.shop.amount for line in shipping), Decimal(0)),
        "shipping_tax_rate": rates.pop() if rates else Decimal(0),
        "total": order.total.shop.amount,
        "payment": ", ".join(order.gateways),
        "note": order.note,
    }


def _address(prefix: str, address: Address) -> Row:
    return {
        f"{prefix}_street": ", ".join(part for part in (address.line1, address.line2) if part),
        f"{prefix}_zip": address.zip,
        f"{prefix}_city": address.city,
        f"{prefix}_province": address.province_code,
        f"{prefix}_country": address.country_code,
    }


def _line(line: OrderLine, number: int, batch: UUID) -> Row:
    return {
        "batch": batch,
        "number": number,
        "line_id": line.id,
        "sku": line.sku,
        "title": line.title,
        "quantity": line.quantity,
        "unit_price": line.unit_price.shop.amount,
        "discount": line.discount.shop.amount,
        "tax_rate": _rate(line.taxes, line.title or line.sku),
    }


def _rate(taxes: Sequence[TaxLine], name: str) -> Decimal:
    """Return the one rate of a line. A second tax would be lost without a trace."""
    charged = [tax for tax in taxes if tax.rate]
    if len(charged) > 1:
        titles = ", ".join(tax.title for tax in charged)
        raise ErpRejected(f"{name} bears more than one tax ({titles}); this ERP takes one.")
    return charged[0].rate if charged else Decimal(0)
