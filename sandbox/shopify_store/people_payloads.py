"""Webhook payloads about people, and how payloads write times."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .ids import gid
from .order_records import Address, Customer
from .store import Action


def when(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")


def address(address: Address | None) -> dict[str, Any] | None:
    if address is None:
        return None
    names = [part for part in (address.first_name, address.last_name) if part]
    return {
        "first_name": address.first_name,
        "last_name": address.last_name,
        "name": " ".join(names),
        "company": address.company,
        "address1": address.address1,
        "address2": address.address2,
        "city": address.city,
        "province_code": address.province_code,
        "zip": address.zip,
        "country_code": address.country_code,
        "phone": address.phone,
    }


def customer(act: Action, record: Customer) -> dict[str, Any]:
    return {
        "id": record.id,
        "admin_graphql_api_id": gid("Customer", record.id),
        "created_at": when(record.created_at),
        "updated_at": when(record.updated_at),
        "first_name": record.first_name,
        "last_name": record.last_name,
        "email": record.email,
        "phone": record.phone,
        "note": record.note,
        "tags": ", ".join(record.tags),
        "tax_exempt": record.tax_exempt,
        "default_address": address(record.addresses[0]) if record.addresses else None,
    }
