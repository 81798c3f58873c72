"""Parcels: what may be sent, from where, and what it does to stock."""

from __future__ import annotations

from typing import Any

from .shop import TestShop


def parcel(shop: TestShop, *parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    return shop.run("fulfillment_create", f={"lineItemsByFulfillmentOrder": list(parts), **more})


def rows(wanted: dict[str, Any], *quantities: int) -> dict[str, Any]:
    lines = zip(wanted["lines"], quantities, strict=False)
    items = [
        {"id": f"gid://shopify/FulfillmentOrderLineItem/{line['id']}", "quantity": quantity}
        for line, quantity in lines
    ]
    return {"fulfillmentOrderId": wanted["gid"], "fulfillmentOrderLineItems": items}


def test_a_parcel_takes_committed_units_out_of_the_house(shop: TestShop) -> None:
    wanted = shop.order(("CAM-S", 3))["fulfillment_orders"][0]

    made = parcel(shop, rows(wanted, 2), trackingInfo={"company": "SEUR", "number": "A1"})

    assert made["fulfillment"]["status"] == "SUCCESS"
    assert made["fulfillment"]["trackingInfo"][0]["number"] == "A1"
    levels = shop.levels()
    assert (levels["available"], levels["committed"], levels["on_hand"]) == (7, 1, 8)


def test_the_order_shows_what_is_left(shop: TestShop) -> None:
    placed = shop.order(("CAM-S", 3))
    wanted = placed["fulfillment_orders"][0]

    parcel(shop, rows(wanted, 2))
    partly = shop.order_state(placed["id"])
    parcel(shop, {"fulfillmentOrderId": wanted["gid"]})
    whole = shop.order_state(placed["id"])

    assert partly["fulfillment_status"] == "PARTIALLY_FULFILLED"
    assert partly["fulfillment_orders"][0]["status"] == "IN_PROGRESS"
    assert whole["fulfillment_status"] == "FULFILLED"
    assert whole["fulfillment_orders"][0]["status"] == "CLOSED"


def test_more_than_remains_is_refused(shop: TestShop) -> None:
    wanted = shop.order(("CAM-S", 1))["fulfillment_orders"][0]

    refused = parcel(shop, rows(wanted, 2))

    message = "Invalid fulfillment order line item quantity requested."
    assert refused["userErrors"][0]["message"] == message
    assert shop.levels()["committed"] == 1


def test_a_closed_fulfilment_order_is_refused(shop: TestShop) -> None:
    wanted = shop.order(("CAM-S", 1))["fulfillment_orders"][0]
    parcel(shop, rows(wanted, 1))

    refused = parcel(shop, rows(wanted, 1))

    message = f"Fulfillment order {wanted['id']} has an unfulfillable status= closed."
    assert refused["userErrors"][0]["message"] == message


def test_a_held_fulfilment_order_waits(shop: TestShop) -> None:
    placed = shop.order(("CAM-S", 1))
    shop.control("POST", f"/orders/{placed['id']}/hold", {"reason": "INCORRECT_ADDRESS"})
    wanted = placed["fulfillment_orders"][0]

    refused = parcel(shop, rows(wanted, 1))
    shop.control("POST", f"/orders/{placed['id']}/hold", {"release": True})
    made = parcel(shop, rows(wanted, 1))

    assert "unfulfillable status= on_hold" in refused["userErrors"][0]["message"]
    assert made["userErrors"] == []


def test_two_locations_do_not_share_a_parcel(shop: TestShop) -> None:
    shop.control("POST", "/inventory", {"sku": "CAM-S", "available": 0})
    shop.control("POST", "/inventory", {"sku": "CAM-S", "location": "Valencia", "available": 5})
    first, second = shop.order(("CAM-S", 1), ("CAM-M", 1))["fulfillment_orders"]

    refused = parcel(shop, rows(first, 1), rows(second, 1))

    message = "All fulfillment orders must be assigned to a single location."
    assert refused["userErrors"][0]["message"] == message


def test_two_orders_do_not_share_a_parcel(shop: TestShop) -> None:
    first = shop.order(("CAM-S", 1))["fulfillment_orders"][0]
    second = shop.order(("CAM-S", 1))["fulfillment_orders"][0]

    refused = parcel(shop, rows(first, 1), rows(second, 1))

    message = "All fulfillment orders must belong to the same order."
    assert refused["userErrors"][0]["message"] == message


def test_a_sent_order_is_not_cancelled(shop: TestShop) -> None:
    placed = shop.order(("CAM-S", 1))
    parcel(shop, {"fulfillmentOrderId": placed["fulfillment_orders"][0]["gid"]})

    payload = shop.run(
        "order_cancel", id=placed["gid"], reason="CUSTOMER", restock=True, m=None, note=None
    )

    error = payload["orderCancelUserErrors"][0]
    assert error["message"] == "Cannot cancel an order with outstanding fulfillments."
    assert error["code"] == "INVALID"
