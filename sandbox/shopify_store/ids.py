"""Shopify's global ids: `gid://shopify/Product/7240118730921`."""

from __future__ import annotations

import re
from dataclasses import dataclass

_GID = re.compile(r"^gid://shopify/([A-Za-z]+)/(\d+)(?:\?(.*))?$")


class BadId(ValueError):
    """The text is not a global id, or not one of the kind asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gid:
    kind: str
    number: int
    query: str = ""


def gid(kind: str, number: int) -> str:
    return f"gid://shopify/{kind}/{number}"


def level_gid(item: int, location: int) -> str:
    """A level has no number of its own that a client could rely on."""
    return f"gid://shopify/InventoryLevel/{location}?inventory_item_id={item}"


def parse(text: object) -> Gid:
    found = _GID.match(text) if isinstance(text, str) else None
    if found is None:
        raise BadId(text)
    return Gid(kind=found[1], number=int(found[2]), query=found[3] or "")


def number(text: object, kind: str) -> int:
    """Return the number of a global id; 0, which no record has, if it names another kind."""
    parsed = parse(text)
    return parsed.number if parsed.kind == kind else 0
