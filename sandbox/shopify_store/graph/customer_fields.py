"""Customers."""

from __future__ import annotations

from typing import Any

from .. import customers
from ..order_records import Customer
from .common import identity
from .order_fields import address
from .registry import Ask, resolve


def _email(customer: Customer, ask: Ask) -> dict[str, Any] | None:
    return {"emailAddress": customer.email} if customer.email else None


def _phone(customer: Customer, ask: Ask) -> dict[str, Any] | None:
    return {"phoneNumber": customer.phone} if customer.phone else None


def _name(customer: Customer, ask: Ask) -> str:
    parts = (customer.first_name, customer.last_name)
    return " ".join(part for part in parts if part) or customer.email or ""


def _orders(customer: Customer, ask: Ask) -> Any:
    return [o for o in ask.shop.orders.values() if o.customer_id == customer.id]


identity("Customer")
resolve(
    "Customer",
    firstName=lambda c, ask: c.first_name,
    lastName=lambda c, ask: c.last_name,
    displayName=_name,
    email=lambda c, ask: c.email,
    phone=lambda c, ask: c.phone,
    note=lambda c, ask: c.note,
    tags=lambda c, ask: c.tags,
    locale=lambda c, ask: c.locale,
    taxExempt=lambda c, ask: c.tax_exempt,
    state=lambda c, ask: "DISABLED",
    defaultEmailAddress=_email,
    defaultPhoneNumber=_phone,
    defaultAddress=lambda c, ask: address(c.addresses[0]) if c.addresses else None,
    addresses=lambda c, ask: ask.first([address(each) for each in c.addresses]),
    numberOfOrders=lambda c, ask: str(len(_orders(c, ask))),
    orders=lambda c, ask: ask.page(_orders(c, ask)),
)


def _customers(_: Any, ask: Ask) -> Any:
    fields: dict[str, Any] = {
        "id": lambda c: [c.id],
        "email": lambda c: [c.email],
        "phone": lambda c: [c.phone],
        "first_name": lambda c: [c.first_name],
        "last_name": lambda c: [c.last_name],
        "tag": lambda c: c.tags,
        "updated_at": lambda c: [c.updated_at],
        "customer_date": lambda c: [c.created_at],
    }
    rows = ask.search(
        ask.shop.customers.values(), fields, lambda c: [c.first_name, c.last_name, c.email]
    )
    by_time = ask.args.get("sortKey") == "UPDATED_AT"
    return ask.page(rows, (lambda c: (c.updated_at.isoformat(), c.id)) if by_time else None)


resolve(
    "QueryRoot",
    customer=lambda _, ask: ask.shop.customers.get(ask.id("id", "Customer")),
    customers=_customers,
)
resolve(
    "Mutation",
    customerSet=lambda _, ask: {
        "customer": customers.customer_set(ask.act, ask.args.get("identifier"), ask.args["input"])
    },
)
