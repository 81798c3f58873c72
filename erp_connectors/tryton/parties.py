"""Finds the customer of a web order in the ERP, or creates one. Never merges on a guess."""

import re
from collections.abc import Sequence
from typing import Any

from erp_connectors.errors import ErpRejected
from erp_connectors.tryton.client import TrytonClient
from erp_connectors.tryton.settings import TrytonSettings
from mapping.documents import Address, Order

# What a Spanish tax number may look like once dots, dashes and the country are off.
SPANISH = re.compile(r"^(ES)?([A-Z0-9]\d{7}[A-Z0-9])$")
EUROPEAN = re.compile(r"^[A-Z]{2}[A-Z0-9]{2,12}$")


class Parties:
    """The ERP's customers and their addresses."""

    def __init__(self, client: TrytonClient, settings: TrytonSettings) -> None:
        self._client = client
        self._settings = settings

    def of_order(self, order: Order, *, key: str) -> int:
        """Return the party to bill: by tax number, then by e-mail, else a new one.

        An order that names nobody goes to the generic customer.
        """
        tax_id = normalized_tax_id(order.tax_id)
        email = order.customer.email.strip() if order.customer else ""
        if tax_id and (found := self._by_tax_id(tax_id, email)):
            return found
        if email and (found := self._by_email(email, tax_id)):
            return found
        name = _name(order)
        if not tax_id and not email:
            return self._generic()
        return self._create(order, name or email or tax_id, tax_id, email, key=key)

    def _by_tax_id(self, tax_id: str, email: str) -> int | None:
        domain = [["identifiers.code", "in", _spellings(tax_id)]]
        found = self._ids(domain)
        if len(found) < 2 or not email:
            return found[0] if len(found) == 1 else None
        narrowed = self._ids([*domain, *_has_email(email)])
        return narrowed[0] if len(narrowed) == 1 else None

    def _by_email(self, email: str, tax_id: str) -> int | None:
        domain = _has_email(email)
        if tax_id:
            # The same address with another tax number is somebody else: a shared mailbox.
            domain = [*domain, ["identifiers", "=", None]]
        found = self._ids(domain)
        return found[0] if len(found) == 1 else None

    def _ids(self, domain: Sequence[Any]) -> list[int]:
        return [row["id"] for row in self._client.search("party.party", domain, ["id"], limit=2)]

    def _generic(self) -> int:
        code = self._settings.generic_party
        found = self._ids([["code", "=", code]])
        if not found:
            raise ErpRejected(
                f"The order names no customer and Tryton has no generic one with code {code!r}."
            )
        return found[0]

    def _create(self, order: Order, name: str, tax_id: str, email: str, *, key: str) -> int:
        contacts = [{"type": "email", "value": email}] if email else []
        if order.customer and order.customer.phone:
            contacts.append({"type": "mobile", "value": order.customer.phone})
        values: dict[str, Any] = {"name": name[:250]}
        if contacts:
            values["contact_mechanisms"] = [["create", contacts]]
        if tax_id:
            values["identifiers"] = [["create", [_identifier(tax_id)]]]
        created = self._client.write("model.party.party.create", [values], key=key)
        return int(created[0])

    def address(self, party: int, address: Address | None, *, key: str) -> int:
        """Return the party's address that reads like this one, adding it if there is none."""
        domain: list[Any] = [["party", "=", party]]
        if address is None:
            found = self._client.search("party.address", domain, ["id"], limit=1)
            return int(found[0]["id"]) if found else self._add_address({"party": party}, key)
        values = {
            "party_name": (address.company or address.name)[:250],
            "street": "\n".join(part for part in (address.line1, address.line2) if part),
            "postal_code": address.zip,
            "city": address.city,
            "country": self._country(address.country_code),
        }
        given = {name: value for name, value in values.items() if value}
        wanted = [[name, "=", values[name] or None] for name in ("postal_code", "city", "country")]
        fields = ["party_name", "street"]
        for row in self._client.search("party.address", [*domain, *wanted], fields):
            same = all((row[name] or "") == (values[name] or "") for name in fields)
            if same:
                return int(row["id"])
        return self._add_address({"party": party, **given}, key)

    def _add_address(self, values: dict[str, Any], key: str) -> int:
        values = {**values, "invoice": True, "delivery": True}
        created = self._client.write("model.party.address.create", [values], key=key)
        return int(created[0])

    def _country(self, code: str) -> int | None:
        if not code:
            return None
        found = self._client.search("country.country", [["code", "=", code]], ["id"], limit=1)
        if not found:
            raise ErpRejected(f"Tryton has no country {code!r}: add it, then try again.")
        return int(found[0]["id"])


def normalized_tax_id(text: str) -> str:
    """Return a tax number as it is compared: no spaces, dots or dashes, in capitals."""
    return re.sub(r"[\s.\-/]", "", text).upper()[:40]


def _spellings(tax_id: str) -> list[str]:
    bare = SPANISH.match(tax_id)
    # Tryton keeps a Spanish number without its country; people type it either way.
    return sorted({tax_id, bare.group(2), f"ES{bare.group(2)}"} if bare else {tax_id})


def _identifier(tax_id: str) -> dict[str, str]:
    """Say which kind of number it is. Tryton checks it, and refuses the party if it is wrong."""
    if EUROPEAN.match(tax_id) and not tax_id.startswith("ES"):
        return {"type": "eu_vat", "code": tax_id}
    return {"type": "es_vat", "code": tax_id.removeprefix("ES")}


def _has_email(email: str) -> list[Any]:
    # An underscore is a wildcard for ilike, and common in addresses.
    pattern = re.sub(r"([\\%_])", r"\\\1", email)
    mail = [["type", "=", "email"], ["value", "ilike", pattern]]
    return [["contact_mechanisms", "where", mail]]


def _name(order: Order) -> str:
    bill = order.bill_to or order.ship_to
    if order.tax_id and bill and bill.company:
        return bill.company.strip()
    return ((order.customer and order.customer.name) or (bill and bill.name) or "").strip()
