"""Control calls about orders: what customers and merchants do to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import cancellations, catalogue, edits, fulfilment, orders, refunds, views
from .control_calls import Handler, NotFound, Running, read
from .ids import gid
from .order_records import Order
from .order_request import OrderRefused, OrderRequest
from .records import Shop
from .store import Action, OpenShop


def _place(control: Running, opened: OpenShop, body: dict[str, Any], query: dict[str, str]) -> Any:
    with control.store.action(opened, "order placed") as act:
        placed = orders.place(act, read(OrderRequest, body))
        return views.order(act.shop, placed)


def find_order(shop: Shop, text: str) -> Order:
    """By number, global id or name (with or without #)."""
    for each in shop.orders.values():
        if text in (str(each.id), gid("Order", each.id), each.name, each.name.lstrip("#")):
            return each
    raise NotFound(f"no order {text}")


def _on_order(what: str, work: Callable[[Action, Order, dict[str, Any]], Any]) -> Handler:
    def handler(
        control: Running, opened: OpenShop, body: dict[str, Any], query: dict[str, str]
    ) -> Any:
        with control.store.action(opened, f"order {what}") as act:
            order = find_order(act.shop, query["order"])
            work(act, order, body)
            return views.order(act.shop, order)

    return handler


def _cancel(act: Action, order: Order, body: dict[str, Any]) -> None:
    cancellations.cancel(
        act,
        order,
        reason=body.get("reason", "CUSTOMER"),
        restock=body.get("restock", True),
        pay_back=body.get("refund", True),
        note=body.get("note"),
    )


def _hold(act: Action, order: Order, body: dict[str, Any]) -> None:
    for number in order.fulfillment_order_ids:
        wanted = act.shop.fulfillment_orders[number]
        if body.get("release"):
            fulfilment.release_hold(act, wanted)
        elif wanted.status in fulfilment.OPEN:
            fulfilment.hold(act, wanted, body.get("reason", "OTHER"))


def _fulfil(act: Action, order: Order, body: dict[str, Any]) -> None:
    """What a merchant does in the admin: send all that is left at the first open location."""
    for number in order.fulfillment_order_ids:
        wanted = act.shop.fulfillment_orders[number]
        if wanted.status in fulfilment.OPEN:
            rows = [{"fulfillmentOrderId": gid("FulfillmentOrder", wanted.id)}]
            info = body.get("tracking") or {}
            fulfilment.create(act, {"lineItemsByFulfillmentOrder": rows, "trackingInfo": info})
            return
    raise OrderRefused("nothing is left to fulfil")


def _update(act: Action, order: Order, body: dict[str, Any]) -> None:
    """Change note or tags by hand, or only touch the order."""
    order.note = body.get("note", order.note)
    order.tags = catalogue.tidy_tags(body.get("tags", order.tags))
    order.updated_at = act.now
    act.tell("orders/updated", order)


ORDER_HANDLERS: dict[str, Handler] = {
    "place": _place,
    "cancel": _on_order("cancelled", _cancel),
    "refund": _on_order(
        "refunded",
        lambda act, order, body: refunds.refund(act, order, read(refunds.RefundRequest, body)),
    ),
    "edit": _on_order(
        "edited", lambda act, order, body: edits.edit(act, order, read(edits.EditRequest, body))
    ),
    "pay": _on_order("paid", lambda act, order, body: edits.pay(act, order)),
    "capture": _on_order("captured", lambda act, order, body: edits.capture(act, order)),
    "hold": _on_order("held", _hold),
    "fulfil": _on_order("fulfilled by hand", _fulfil),
    "update": _on_order("updated by hand", _update),
}
