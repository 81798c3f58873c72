"""Changes to a placed order: lines added, raised or lowered; payments that come later."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from . import fulfilment, pricing, refunds, totals
from .order_records import FulfillmentOrder, Line, Order
from .order_request import LineRequest, OrderRefused, OrderRequest
from .orders import add_transaction, make_line
from .routing import assign
from .store import Action


class QuantityEdit(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The quantity a line shall have from now on; 0 removes it."""

    quantity: int
    line_id: int | None = None
    sku: str | None = None


class EditRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    lines: list[QuantityEdit] = []
    add: list[LineRequest] = []
    restock: bool = True
    note: str | None = None


def edit(act: Action, order: Order, request: EditRequest) -> Order:
    """Edit quantities and lines. Discounts stay at what they were given for, as at Shopify."""
    if order.cancelled_at is not None:
        raise OrderRefused("a cancelled order cannot be edited")
    found = [(_find(order, each), each.quantity) for each in request.lines]
    changes = [(line, wanted - totals.current_quantity(order, line)) for line, wanted in found]
    new = [_new_line(act, order, row) for row in request.add]
    _check(act, order, changes, new)
    for line, change in changes:
        if change > 0:
            _raise(act, order, line, change)
    _lower(act, order, [(line, -change) for line, change in changes if change < 0], request)
    for line in new:
        _add(act, order, line)
    order.edited, order.updated_at = True, act.now
    _announce_edit(act, order, changes, new)
    return order


def _check(act: Action, order: Order, changes: list[tuple[Line, int]], new: list[Line]) -> None:
    """Refuse the whole edit before any part of it has happened."""
    for line, change in changes:
        if -change > totals.unfulfilled_quantity(act.shop, order, line):
            raise OrderRefused("only units that were not sent can be removed")
    more = [msgspec.structs.replace(line, quantity=n) for line, n in changes if n > 0]
    if more or new:
        assign(act.shop, [*more, *new], OrderRequest(lines=[]))


def _announce_edit(
    act: Action, order: Order, changes: list[tuple[Line, int]], new: list[Line]
) -> None:
    raised = {line.id: change for line, change in changes if change > 0}
    raised |= {line.id: line.quantity for line in new}
    told = {
        "added": {str(number): count for number, count in raised.items()},
        "removed": {str(line.id): -change for line, change in changes if change < 0},
    }
    act.log("order", event="edited", order=order.id, name=order.name, **told)
    act.tell("orders/edited", (order, told), order.id)
    act.tell("orders/updated", order)


def _find(order: Order, wanted: QuantityEdit) -> Line:
    for line in order.lines:
        if line.id == wanted.line_id or (wanted.line_id is None and line.sku == wanted.sku):
            return line
    raise OrderRefused("the order has no such line")


def _raise(act: Action, order: Order, line: Line, more: int) -> None:
    extra = msgspec.structs.replace(line, quantity=more)
    request = OrderRequest(lines=[], address=order.shipping)
    location = next(iter(assign(act.shop, [extra], request)))
    line.quantity += more
    title = line.taxes[0].title if line.taxes else "IVA"
    pricing.tax(line, title, included=order.taxes_included)
    wanted = _open_at(act, order, location)
    row = next((each for each in wanted.lines if each.line_id == line.id), None)
    if row is None:
        fulfilment.add_line(act, wanted, line, more)
    else:
        row.total += more
        row.remaining += more
        fulfilment.commit(act, wanted, row, line, more)


def _open_at(act: Action, order: Order, location: int) -> FulfillmentOrder:
    for number in order.fulfillment_order_ids:
        wanted = act.shop.fulfillment_orders[number]
        if wanted.location_id == location and wanted.status in fulfilment.OPEN:
            wanted.updated_at = act.now
            return wanted
    return fulfilment.open_order(act, order, location, [])


def _lower(
    act: Action, order: Order, lowered: list[tuple[Line, int]], request: EditRequest
) -> None:
    """A removal is kept as a refund without a transaction: lines go, money does not move."""
    kind = "CANCEL" if request.restock else "NO_RESTOCK"
    rows = [
        refunds.RefundLineRequest(line_id=line.id, quantity=count, restock_type=kind)
        for line, count in lowered
    ]
    if rows:
        asked = refunds.RefundRequest(lines=rows, amount=Decimal(0), note=request.note)
        made = refunds.refund(act, order, asked)
        made.adjustments.clear()


def _new_line(act: Action, order: Order, row: LineRequest) -> Line:
    request = OrderRequest(lines=[row], address=order.shipping)
    line = make_line(act, row, _rate(order), order.shipping, request)
    line.order_id = order.id
    return line


def _add(act: Action, order: Order, line: Line) -> None:
    request = OrderRequest(lines=[], address=order.shipping)
    location = next(iter(assign(act.shop, [line], request)))
    pricing.tax(line, "IVA", included=order.taxes_included)
    order.lines.append(line)
    fulfilment.add_line(act, _open_at(act, order, location), line, line.quantity)


def _rate(order: Order) -> Decimal:
    whole = totals.grand_total(order)
    return whole.presentment / whole.shop if whole.shop else Decimal(1)


def pay(act: Action, order: Order) -> None:
    """Record that the customer paid what is outstanding, by the order's gateway."""
    due = totals.outstanding(order)
    if due.shop <= 0:
        raise OrderRefused("nothing is outstanding")
    pending = next((t for t in order.transactions if t.status == "PENDING"), None)
    paid = add_transaction(act, order, "SALE", due, parent=pending.id if pending else None)
    if pending is not None:
        order.transactions.remove(pending)
        paid.parent_id = None
    _announce_payment(act, order, paid.id)


def capture(act: Action, order: Order) -> None:
    """Take the money that a card had reserved."""
    held = next((t for t in order.transactions if t.kind == "AUTHORIZATION"), None)
    if held is None or totals.received(order).shop > 0:
        raise OrderRefused("there is no authorisation to capture")
    paid = add_transaction(act, order, "CAPTURE", held.amount, parent=held.id)
    _announce_payment(act, order, paid.id)


def _announce_payment(act: Action, order: Order, number: int) -> None:
    order.updated_at = act.now
    act.log("order", event="paid", order=order.id, name=order.name)
    act.tell("order_transactions/create", (order, order.transaction(number)), number)
    act.tell("orders/paid", order)
    act.tell("orders/updated", order)
