"""Goods that left the ERP's warehouse."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracking:
    number: str
    company: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentLine:
    """`line_id` is the web order's line if the ERP kept it; the SKU serves otherwise."""

    sku: str
    quantity: int
    line_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """One delivery note. `order_reference` is the reference the order was handed over with."""

    id: str
    order_reference: str
    lines: tuple[ShipmentLine, ...]
    shipped_at: datetime
    warehouse: str = ""
    tracking: tuple[Tracking, ...] = ()
