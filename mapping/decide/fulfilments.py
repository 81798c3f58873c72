"""Which open lines of a web order an ERP shipment closes. Pure."""

from dataclasses import dataclass, replace

from mapping.documents.fulfilment import FulfilmentOrder, FulfilmentState, RecordedFulfilment
from mapping.documents.shipments import Shipment, ShipmentLine

_OPEN = {"OPEN", "IN_PROGRESS"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """`take` units of one open line of one fulfilment order."""

    fulfilment_order: str
    line: str
    line_item: str
    sku: str
    location: str
    take: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FulfilmentPlan:
    """What to send, one group per location, as the shop wants it; `missing` fits nowhere."""

    groups: tuple[tuple[Allocation, ...], ...]
    missing: tuple[tuple[str, int], ...]


def already_recorded(
    lines: tuple[tuple[str, int], ...],
    state: FulfilmentState,
    *,
    numbers: frozenset[str],
    claimed: frozenset[str] = frozenset(),
) -> RecordedFulfilment | None:
    """Return the fulfilment that a write with a lost answer made, or None.

    The shop has no key for this write, so it is found again by its lines (line item
    id, quantity) and tracking numbers. `claimed` are fulfilments of other shipments.
    """
    wanted = _summed(lines)
    for each in state.recorded:
        if each.id in claimed or each.status == "CANCELLED":
            continue
        if numbers <= set(each.tracking_numbers) and _summed(each.lines) == wanted:
            return each
    return None


def _summed(lines: tuple[tuple[str, int], ...]) -> dict[str, int]:
    found: dict[str, int] = {}
    for line, quantity in lines:
        found[line] = found.get(line, 0) + quantity
    return found


def plan_fulfilment(shipment: Shipment, state: FulfilmentState) -> FulfilmentPlan:
    """Spread a shipment's lines over the open fulfilment orders, in their order."""
    rest = {(order.id, line.id): line.remaining for order in state.orders for line in order.lines}
    chosen: list[Allocation] = []
    missing: list[tuple[str, int]] = []
    for line in shipment.lines:
        left = line.quantity
        for allocation in _fitting(line, state.orders):
            take = min(left, rest[allocation.fulfilment_order, allocation.line])
            if take > 0:
                rest[allocation.fulfilment_order, allocation.line] -= take
                left -= take
                chosen.append(replace(allocation, take=take))
        if left:
            missing.append((line.sku, left))
    return FulfilmentPlan(groups=_by_location(chosen), missing=tuple(missing))


def _fitting(line: ShipmentLine, orders: tuple[FulfilmentOrder, ...]) -> list[Allocation]:
    return [
        Allocation(
            fulfilment_order=order.id,
            line=each.id,
            line_item=each.line_item,
            sku=each.sku,
            location=order.location,
            take=0,
        )
        for order in orders
        if order.status in _OPEN
        for each in order.lines
        if (each.line_item == line.line_id if line.line_id else each.sku == line.sku)
    ]


def _by_location(chosen: list[Allocation]) -> tuple[tuple[Allocation, ...], ...]:
    places = list(dict.fromkeys(each.location for each in chosen))
    return tuple(tuple(each for each in chosen if each.location == place) for place in places)
