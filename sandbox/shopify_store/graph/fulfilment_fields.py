"""Fulfilment orders and fulfilments: read, created, tracked, held."""

from __future__ import annotations

from typing import Any

from .. import fulfilment, ids
from ..order_records import (
    Fulfillment,
    FulfillmentLine,
    FulfillmentOrder,
    FulfillmentOrderLine,
    Line,
)
from ..records import Shop
from ..refusals import refuse
from .common import identity, when
from .order_parts import order_of
from .registry import Ask, record_type, resolve

record_type(FulfillmentLine, "FulfillmentLineItem")

_ACTIONS = {
    "OPEN": ["CREATE_FULFILLMENT", "MOVE", "HOLD", "SPLIT"],
    "IN_PROGRESS": ["CREATE_FULFILLMENT", "HOLD"],
    "ON_HOLD": ["RELEASE_HOLD", "HOLD"],
}


def _assigned(wanted: FulfillmentOrder, ask: Ask) -> dict[str, Any]:
    place = ask.shop.locations.get(wanted.location_id)
    return {
        "name": place.name if place else "",
        "location": place,
        "countryCode": place.country if place else "ES",
        "zip": place.zip if place else None,
        "city": place.city if place else None,
    }


def _holds(wanted: FulfillmentOrder, ask: Ask) -> list[dict[str, Any]]:
    return [
        {
            "__typename": "FulfillmentHold",
            "id": ids.gid("FulfillmentHold", each.id),
            "reason": each.reason,
            "displayReason": each.reason.replace("_", " ").capitalize(),
            "reasonNotes": None,
            "handle": None,
        }
        for each in wanted.holds
    ]


def _made_from(wanted: FulfillmentOrder, ask: Ask) -> list[Fulfillment]:
    order = order_of(wanted, ask)
    made = [ask.shop.fulfillments[number] for number in order.fulfillment_ids]
    return [each for each in made if any(x.fulfillment_order_id == wanted.id for x in each.lines)]


identity("FulfillmentOrder", legacy=False)
resolve(
    "FulfillmentOrder",
    status=lambda w, ask: w.status,
    requestStatus=lambda w, ask: w.request_status,
    fulfillAt=when("created_at"),
    fulfillBy=lambda w, ask: None,
    assignedLocation=_assigned,
    deliveryMethod=lambda w, ask: {
        "__typename": "DeliveryMethod",
        "id": ids.gid("DeliveryMethod", w.id),
        "methodType": w.method,
        "presentedName": None,
    },
    supportedActions=lambda w, ask: [{"action": each} for each in _ACTIONS.get(w.status, [])],
    fulfillmentHolds=_holds,
    order=order_of,
    orderId=lambda w, ask: ids.gid("Order", w.order_id),
    orderName=lambda w, ask: order_of(w, ask).name,
    lineItems=lambda w, ask: ask.page(w.lines),
    fulfillments=lambda w, ask: ask.page(_made_from(w, ask)),
)


def line_of(row: FulfillmentOrderLine | FulfillmentLine, shop: Shop) -> Line:
    for order in reversed(shop.orders.values()):
        if (line := order.line(row.line_id)) is not None:
            return line
    raise LookupError(row.line_id)


def _item_gid(row: FulfillmentOrderLine, ask: Ask) -> str | None:
    line = line_of(row, ask.shop)
    return ids.gid("InventoryItem", line.item_id) if line.item_id else None


resolve(
    "FulfillmentOrderLineItem",
    id=lambda x, ask: ids.gid("FulfillmentOrderLineItem", x.id),
    totalQuantity=lambda x, ask: x.total,
    remainingQuantity=lambda x, ask: x.remaining,
    sku=lambda x, ask: line_of(x, ask.shop).sku,
    inventoryItemId=_item_gid,
    lineItem=lambda x, ask: line_of(x, ask.shop),
    productTitle=lambda x, ask: line_of(x, ask.shop).title,
    variantTitle=lambda x, ask: line_of(x, ask.shop).variant_title,
    vendor=lambda x, ask: line_of(x, ask.shop).vendor,
    requiresShipping=lambda x, ask: line_of(x, ask.shop).requires_shipping,
    variant=lambda x, ask: ask.shop.variants.get(line_of(x, ask.shop).variant_id or 0),
)
identity("Fulfillment")
resolve(
    "Fulfillment",
    name=lambda f, ask: f.name,
    status=lambda f, ask: f.status,
    displayStatus=lambda f, ask: f.display_status,
    location=lambda f, ask: ask.shop.locations.get(f.location_id),
    order=order_of,
    totalQuantity=lambda f, ask: sum(line.quantity for line in f.lines),
    requiresShipping=lambda f, ask: True,
    deliveredAt=lambda f, ask: None,
    inTransitAt=lambda f, ask: None,
    estimatedDeliveryAt=lambda f, ask: None,
    trackingInfo=lambda f, ask: ask.first(
        [{"company": t.company, "number": t.number, "url": t.url} for t in f.tracking]
    ),
    fulfillmentLineItems=lambda f, ask: ask.page(f.lines),
    fulfillmentOrders=lambda f, ask: ask.page(
        [ask.shop.fulfillment_orders[n] for n in {x.fulfillment_order_id for x in f.lines}]
    ),
)
resolve(
    "FulfillmentLineItem",
    id=lambda x, ask: ids.gid("FulfillmentLineItem", x.id),
    quantity=lambda x, ask: x.quantity,
    lineItem=lambda x, ask: line_of(x, ask.shop),
)


def _fulfillment_orders(_: Any, ask: Ask) -> Any:
    rows = list(ask.shop.fulfillment_orders.values())
    if not ask.args.get("includeClosed"):
        rows = [row for row in rows if row.status not in ("CLOSED", "CANCELLED")]
    fields: dict[str, Any] = {
        "id": lambda w: [w.id],
        "status": lambda w: [w.status],
        "updated_at": lambda w: [w.updated_at],
        "assigned_location_id": lambda w: [w.location_id],
    }
    rows = ask.search(rows, fields, lambda w: [])
    by_time = ask.args.get("sortKey") == "UPDATED_AT"
    return ask.page(rows, (lambda w: (w.updated_at.isoformat(), w.id)) if by_time else None)


resolve(
    "QueryRoot",
    fulfillmentOrder=lambda _, ask: ask.shop.fulfillment_orders.get(
        ask.id("id", "FulfillmentOrder")
    ),
    fulfillmentOrders=_fulfillment_orders,
    fulfillment=lambda _, ask: ask.shop.fulfillments.get(ask.id("id", "Fulfillment")),
)


def _wanted(ask: Ask) -> FulfillmentOrder:
    wanted = ask.shop.fulfillment_orders.get(ask.id("id", "FulfillmentOrder"))
    if wanted is None:
        raise refuse(["id"], "Fulfillment order not found.", "FULFILLMENT_ORDER_NOT_FOUND")
    return wanted


def _hold(_: Any, ask: Ask) -> dict[str, Any]:
    wanted = _wanted(ask)
    fulfilment.hold(ask.act, wanted, ask.args["fulfillmentHold"]["reason"])
    held = _holds(wanted, ask)[-1]
    return {"fulfillmentOrder": wanted, "fulfillmentHold": held, "remainingFulfillmentOrder": None}


def _release(_: Any, ask: Ask) -> dict[str, Any]:
    wanted = _wanted(ask)
    fulfilment.release_hold(ask.act, wanted)
    return {"fulfillmentOrder": wanted}


resolve(
    "Mutation",
    fulfillmentCreate=lambda _, ask: {
        "fulfillment": fulfilment.create(ask.act, ask.args["fulfillment"])
    },
    fulfillmentTrackingInfoUpdate=lambda _, ask: {
        "fulfillment": fulfilment.update_tracking(
            ask.act, ask.args["fulfillmentId"], ask.args["trackingInfoInput"]
        )
    },
    fulfillmentOrderHold=_hold,
    fulfillmentOrderReleaseHold=_release,
)
