"""The shop's customers."""

from __future__ import annotations

from typing import Any

import msgspec

from . import catalogue, ids
from .order_records import Address, Customer
from .order_request import CustomerRequest
from .records import Shop
from .refusals import refuse
from .store import Action

_ADDRESS_KEYS = {
    "firstName": "first_name",
    "lastName": "last_name",
    "company": "company",
    "address1": "address1",
    "address2": "address2",
    "city": "city",
    "provinceCode": "province_code",
    "zip": "zip",
    "countryCode": "country_code",
    "phone": "phone",
}


def by_email(shop: Shop, email: str) -> Customer | None:
    wanted = email.lower()
    return next((c for c in shop.customers.values() if (c.email or "").lower() == wanted), None)


def by_phone(shop: Shop, phone: str) -> Customer | None:
    return next((c for c in shop.customers.values() if c.phone == phone), None)


def add(act: Action) -> Customer:
    made = Customer(id=act.shop.take_id(), created_at=act.now, updated_at=act.now)
    act.shop.customers[made.id] = made
    return made


def find_or_add(act: Action, request: CustomerRequest, address: Address | None) -> Customer:
    """Guests with one e-mail address are one customer, as at Shopify's checkout."""
    known = by_email(act.shop, request.email) if request.email else None
    customer = known or add(act)
    for name in ("first_name", "last_name", "email", "phone"):
        if getattr(request, name):
            setattr(customer, name, getattr(request, name))
    customer.tax_exempt = request.tax_exempt or customer.tax_exempt
    customer.tags = catalogue.tidy_tags([*customer.tags, *request.tags])
    if address is not None and address not in customer.addresses:
        customer.addresses.insert(0, msgspec.structs.replace(address))
    customer.updated_at = act.now
    act.tell("customers/update" if known else "customers/create", customer)
    return customer


def address_from_input(data: dict[str, Any]) -> Address:
    given = {name: data[key] for key, name in _ADDRESS_KEYS.items() if data.get(key) is not None}
    return Address(**given)


def customer_set(act: Action, identifier: dict[str, Any] | None, data: dict[str, Any]) -> Customer:
    """Upsert a customer; the list of addresses, when sent, replaces all."""
    if identifier and data.get("id"):
        raise refuse(
            ["input"], "The id field is not allowed if identifier is provided.", "ID_NOT_ALLOWED"
        )
    customer = _find(act.shop, identifier, data)
    _check(act.shop, customer, data)
    created = customer is None
    customer = customer or add(act)
    for key, name in (
        ("firstName", "first_name"),
        ("lastName", "last_name"),
        ("email", "email"),
        ("phone", "phone"),
        ("note", "note"),
        ("locale", "locale"),
        ("taxExempt", "tax_exempt"),
    ):
        if key in data:
            setattr(customer, name, data[key])
    if data.get("tags") is not None:
        customer.tags = catalogue.tidy_tags(data["tags"])
    if data.get("addresses") is not None:
        customer.addresses = [address_from_input(each) for each in data["addresses"]]
    customer.updated_at = act.now
    act.tell("customers/create" if created else "customers/update", customer)
    return customer


def _find(shop: Shop, identifier: dict[str, Any] | None, data: dict[str, Any]) -> Customer | None:
    if not identifier:
        return shop.customers.get(ids.number(data["id"], "Customer")) if data.get("id") else None
    key, value = next(iter(identifier.items()))
    if key == "id":
        found = shop.customers.get(ids.number(value, "Customer"))
        if found is None:
            raise refuse(
                ["identifier"], "Resource matching the identifier was not found.", "NOT_FOUND"
            )
        return found
    if key == "customId":
        raise refuse(["identifier"], "sandbox: customerSet by customId is not modelled", "INVALID")
    if not data.get(key):
        message = "The input field corresponding to the identifier is required."
        raise refuse(["input"], message, "MISSING_FIELD_REQUIRED")
    if data[key] != value:
        message = (
            "The identifier value does not match "
            "the value of the corresponding field in the input."
        )
        raise refuse(["input"], message, "INPUT_MISMATCH")
    return by_email(shop, value) if key == "email" else by_phone(shop, value)


def _check(shop: Shop, customer: Customer | None, data: dict[str, Any]) -> None:
    for key, find in (("email", by_email), ("phone", by_phone)):
        holder = find(shop, data[key]) if data.get(key) else None
        if holder is not None and holder is not customer:
            raise refuse(["input", key], f"{key.title()} has already been taken", "TAKEN")
    email = data.get("email")
    if email and "@" not in email:
        raise refuse(["input", "email"], "Email is invalid", "INVALID")
