"""Cancelling an order: the goods go back, or not, and so does the money."""

from __future__ import annotations

from . import fulfilment, totals
from .order_records import Order, Refund, Transaction
from .order_request import OrderRefused
from .orders import add_transaction
from .refunds import RefundLineRequest, RefundRequest, refund_shipping, take_back
from .store import Action


def cancel(
    act: Action,
    order: Order,
    *,
    reason: str,
    restock: bool,
    pay_back: bool,
    note: str | None = None,
) -> Refund | None:
    """Cancel what was not sent; the goods go back, or not, and so does the money."""
    if order.cancelled_at is not None:
        raise OrderRefused("The order has already been cancelled.")
    if order.fulfillment_ids:
        raise OrderRefused("Cannot cancel an order with outstanding fulfillments.")
    made = Refund(id=act.shop.take_id(), order_id=order.id, created_at=act.now, note=note)
    _take_all(act, order, made, restock=restock)
    made.shipping = refund_shipping(act, order, RefundRequest(full_shipping=True))
    order.refunds.append(made)
    order.cancelled_at, order.cancel_reason = act.now, reason
    order.closed_at = act.now
    _void_or_pay_back(act, order, made, pay_back)
    for number in order.fulfillment_order_ids:
        fulfilment.settle(act, act.shop.fulfillment_orders[number], cancelled=True)
    order.updated_at = act.now
    act.log(
        "order", event="cancelled", order=order.id, name=order.name, reason=reason, restock=restock
    )
    act.tell("orders/cancelled", order)
    act.tell("orders/updated", order)
    act.tell("refunds/create", (order, made), made.id)
    return made


def _take_all(act: Action, order: Order, made: Refund, *, restock: bool) -> None:
    kind = "CANCEL" if restock else "NO_RESTOCK"
    for line in order.lines:
        if left := totals.current_quantity(order, line):
            asked = RefundLineRequest(line_id=line.id, quantity=left, restock_type=kind)
            made.lines += take_back(act, order, line, asked)


def _void_or_pay_back(act: Action, order: Order, made: Refund, pay_back: bool) -> None:
    net = totals.net_payment(order)
    first: Transaction | None = next(iter(order.transactions), None)
    if net.shop > 0:
        if pay_back:
            paid = add_transaction(act, order, "REFUND", net, parent=first.id if first else None)
            made.transaction_ids.append(paid.id)
            act.tell("order_transactions/create", (order, paid), paid.id)
    elif first is not None and first.kind == "AUTHORIZATION":
        add_transaction(act, order, "VOID", first.amount, parent=first.id)
