"""What a shop still has to send for one order, and what it has recorded as sent."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLine:
    """One line of a fulfilment order: `remaining` units still have to leave."""

    id: str
    line_item: str
    sku: str
    remaining: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FulfilmentOrder:
    id: str
    status: str
    location: str
    lines: tuple[OpenLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedFulfilment:
    """A fulfilment the shop already shows. `lines` are (line item id, quantity)."""

    id: str
    status: str
    tracking_numbers: tuple[str, ...]
    lines: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FulfilmentState:
    orders: tuple[FulfilmentOrder, ...]
    recorded: tuple[RecordedFulfilment, ...]
