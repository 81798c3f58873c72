"""Fulfilment orders (what a location must send) and fulfilments (what it sent)."""

from __future__ import annotations

from typing import Any

from . import ids, inventory, totals
from .order_records import (
    Fulfillment,
    FulfillmentLine,
    FulfillmentOrder,
    FulfillmentOrderLine,
    Hold,
    Line,
    Order,
    Tracking,
)
from .records import Shop
from .refusals import refuse
from .store import Action

Part = tuple[FulfillmentOrder, FulfillmentOrderLine, int]
OPEN = ("OPEN", "IN_PROGRESS")


def open_order(
    act: Action, order: Order, location: int, lines: list[Line], *, method: str = "SHIPPING"
) -> FulfillmentOrder:
    """Assign lines to a location and commit its stock to them."""
    made = FulfillmentOrder(
        id=act.shop.take_id(),
        order_id=order.id,
        location_id=location,
        created_at=act.now,
        updated_at=act.now,
        lines=[],
        method=method,
    )
    for line in lines:
        add_line(act, made, line, line.quantity)
    act.shop.fulfillment_orders[made.id] = made
    order.fulfillment_order_ids.append(made.id)
    act.tell("fulfillment_orders/order_routing_complete", made)
    return made


def add_line(act: Action, wanted: FulfillmentOrder, line: Line, quantity: int) -> None:
    row = FulfillmentOrderLine(
        id=act.shop.take_id(), line_id=line.id, total=quantity, remaining=quantity
    )
    wanted.lines.append(row)
    commit(act, wanted, row, line, quantity)


def commit(
    act: Action, wanted: FulfillmentOrder, row: FulfillmentOrderLine, line: Line, quantity: int
) -> None:
    """Move stock from available to committed; untracked items have none to move."""
    item = act.shop.items.get(line.item_id or 0)
    if item is None or not item.tracked:
        return
    level = inventory.stock_at(act, item.id, wanted.location_id)
    inventory.move(act, level, available=-quantity, committed=quantity)
    row.held += quantity


def release(
    act: Action,
    wanted: FulfillmentOrder,
    row: FulfillmentOrderLine,
    quantity: int,
    *,
    restock: bool,
) -> None:
    """Take units off a fulfilment order; back to available, or out of the house."""
    row.remaining -= quantity
    freed = min(row.held, quantity)
    row.held -= freed
    order = act.shop.orders[wanted.order_id]
    line = order.line(row.line_id)
    level = act.shop.level(line.item_id, wanted.location_id) if line and line.item_id else None
    if level is not None and freed:
        inventory.move(act, level, committed=-freed, available=freed if restock else 0)
    wanted.updated_at = act.now


def settle(act: Action, wanted: FulfillmentOrder, *, cancelled: bool = False) -> None:
    """Let the status follow what remains."""
    if any(row.remaining for row in wanted.lines):
        if any(row.remaining < row.total for row in wanted.lines) and wanted.status == "OPEN":
            wanted.status = "IN_PROGRESS"
    else:
        wanted.status = "CANCELLED" if cancelled else "CLOSED"
    wanted.updated_at = act.now


def hand_over(act: Action, order: Order) -> None:
    """What a till does: the goods leave with the customer."""
    for number in order.fulfillment_order_ids:
        wanted = act.shop.fulfillment_orders[number]
        _ship(act, [(wanted, row, row.remaining) for row in wanted.lines if row.remaining], [])


def create(act: Action, data: dict[str, Any]) -> Fulfillment:
    """`fulfillmentCreate`: one order, one location, never more than remains."""
    parts: list[Part] = []
    for asked in data["lineItemsByFulfillmentOrder"]:
        parts += _parts(act.shop, asked)
    if not parts:
        raise refuse(["fulfillment"], "The fulfillment order line items can't be blank.")
    if len({wanted.order_id for wanted, _, _ in parts}) > 1:
        raise refuse(["fulfillment"], "All fulfillment orders must belong to the same order.")
    if len({wanted.location_id for wanted, _, _ in parts}) > 1:
        message = "All fulfillment orders must be assigned to a single location."
        raise refuse(["fulfillment"], message)
    return _ship(act, parts, tracking(data.get("trackingInfo") or {}))


def _parts(shop: Shop, asked: dict[str, Any]) -> list[Part]:
    number = ids.number(asked["fulfillmentOrderId"], "FulfillmentOrder")
    wanted = shop.fulfillment_orders.get(number)
    if wanted is None:
        raise refuse(["fulfillment"], "Fulfillment order does not exist.")
    if wanted.status not in OPEN:
        status = wanted.status.lower()
        raise refuse(
            ["fulfillment"], f"Fulfillment order {number} has an unfulfillable status= {status}."
        )
    rows = asked.get("fulfillmentOrderLineItems")
    if not rows:
        return [(wanted, row, row.remaining) for row in wanted.lines if row.remaining]
    by_id = {ids.gid("FulfillmentOrderLineItem", row.id): row for row in wanted.lines}
    parts: list[Part] = []
    for each in rows:
        row = by_id.get(each["id"])
        if row is None:
            raise refuse(["fulfillment"], "Fulfillment order line item does not exist.")
        used = sum(quantity for _, other, quantity in parts if other is row)
        if not 0 < each["quantity"] <= row.remaining - used:
            raise refuse(
                ["fulfillment"], "Invalid fulfillment order line item quantity requested."
            )
        parts.append((wanted, row, each["quantity"]))
    return parts


def _ship(act: Action, parts: list[Part], labels: list[Tracking]) -> Fulfillment:
    shop, first = act.shop, parts[0][0]
    order = shop.orders[first.order_id]
    lines = []
    for wanted, row, quantity in parts:
        release(act, wanted, row, quantity, restock=False)
        lines.append(
            FulfillmentLine(
                id=shop.take_id(),
                line_id=row.line_id,
                quantity=quantity,
                fulfillment_order_id=wanted.id,
            )
        )
    for wanted in {wanted.id: wanted for wanted, _, _ in parts}.values():
        settle(act, wanted)
    made = Fulfillment(
        id=shop.take_id(),
        order_id=order.id,
        location_id=first.location_id,
        name=f"{order.name}-F{len(order.fulfillment_ids) + 1}",
        created_at=act.now,
        updated_at=act.now,
        lines=lines,
        tracking=labels,
    )
    shop.fulfillments[made.id] = made
    order.fulfillment_ids.append(made.id)
    _announce(act, order, made)
    return made


def _announce(act: Action, order: Order, made: Fulfillment) -> None:
    order.updated_at = act.now
    status = totals.fulfillment_status(act.shop, order)
    act.log(
        "order",
        event="fulfilled",
        order=order.id,
        name=order.name,
        fulfillment=made.id,
        quantities={str(line.line_id): line.quantity for line in made.lines},
        status=status,
    )
    act.tell("fulfillments/create", made)
    act.tell("orders/fulfilled" if status == "FULFILLED" else "orders/partially_fulfilled", order)
    act.tell("orders/updated", order)


def tracking(data: dict[str, Any]) -> list[Tracking]:
    numbers = data.get("numbers") or ([data["number"]] if data.get("number") else [])
    urls = data.get("urls") or ([data["url"]] if data.get("url") else [])
    company = data.get("company")
    count = max(len(numbers), len(urls), 1 if company else 0)
    return [
        Tracking(
            company=company,
            number=numbers[index] if index < len(numbers) else None,
            url=urls[index] if index < len(urls) else None,
        )
        for index in range(count)
    ]


def update_tracking(act: Action, number: str, data: dict[str, Any]) -> Fulfillment:
    made = act.shop.fulfillments.get(ids.number(number, "Fulfillment"))
    if made is None:
        raise refuse(["fulfillmentId"], "Fulfillment does not exist.")
    if made.status == "CANCELLED":
        raise refuse(["fulfillmentId"], "Cannot update tracking of a cancelled fulfillment.")
    made.tracking = tracking(data)
    made.updated_at = act.now
    order = act.shop.orders[made.order_id]
    order.updated_at = act.now
    act.tell("fulfillments/update", made)
    act.tell("orders/updated", order)
    return made


def hold(act: Action, wanted: FulfillmentOrder, reason: str) -> None:
    """What a merchant does to an order that must not leave yet."""
    if wanted.status not in OPEN:
        raise refuse(["id"], "The fulfillment order is not in an open state.")
    wanted.holds.append(Hold(id=act.shop.take_id(), reason=reason))
    wanted.status = "ON_HOLD"
    wanted.updated_at = act.now
    act.tell("fulfillment_orders/placed_on_hold", wanted)


def release_hold(act: Action, wanted: FulfillmentOrder) -> None:
    wanted.holds.clear()
    if wanted.status == "ON_HOLD":
        wanted.status = "OPEN"
        settle(act, wanted)
    act.tell("fulfillment_orders/hold_released", wanted)
