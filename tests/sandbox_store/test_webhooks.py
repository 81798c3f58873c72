"""Webhooks: signed, retried, told apart, and given up on in the end."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable

import pytest

from .shop import Ear, ShopClient, TestShop


def signature(secret: str, body: bytes) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def test_an_order_is_told_with_a_signature_over_the_raw_body(shop: TestShop, ear: Ear) -> None:
    shop.subscribe("ORDERS_CREATE", ear.url)

    placed = shop.order(("CAM-S", 2), customer={"first_name": "Ana", "email": "ana@example.com"})
    heard = ear.wait(1)[0]

    secret = shop.facts["app"]["client_secret"]
    assert heard.headers["x-shopify-hmac-sha256"] == signature(secret, heard.body)
    assert heard.headers["x-shopify-topic"] == "orders/create"
    assert heard.headers["x-shopify-shop-domain"] == shop.domain
    assert heard.headers["x-shopify-api-version"] == "2026-10"
    for name in ("webhook-id", "event-id", "triggered-at"):
        assert heard.headers[f"x-shopify-{name}"]
    body = json.loads(heard.body)
    assert body["admin_graphql_api_id"] == placed["gid"]
    assert (body["id"], body["name"], body["total_price"]) == (placed["id"], "#1001", "39.90")
    assert body["line_items"][0]["sku"] == "CAM-S"
    assert body["customer"]["email"] == "ana@example.com"


def test_topics_of_one_action_share_an_event_and_differ_in_id(shop: TestShop, ear: Ear) -> None:
    for topic in ("ORDERS_CREATE", "ORDERS_PAID", "INVENTORY_LEVELS_UPDATE"):
        shop.subscribe(topic, ear.url)

    shop.order(("CAM-S", 1))
    heard = ear.wait(3)

    assert sorted(ear.topics()) == ["inventory_levels/update", "orders/create", "orders/paid"]
    assert len({each.headers["x-shopify-event-id"] for each in heard}) == 1
    assert len({each.headers["x-shopify-webhook-id"] for each in heard}) == 3


def test_a_stock_write_comes_back_as_an_echo(shop: TestShop, ear: Ear) -> None:
    shop.subscribe("INVENTORY_LEVELS_UPDATE", ear.url)

    shop.set_stock(4, was=10)

    body = json.loads(ear.wait(1)[0].body)
    assert body["available"] == 4
    assert shop.item().endswith(str(body["inventory_item_id"]))


def test_the_whole_life_of_an_order_is_told(shop: TestShop, ear: Ear) -> None:
    topics = (
        "ORDERS_CANCELLED",
        "ORDERS_EDITED",
        "ORDERS_FULFILLED",
        "FULFILLMENTS_CREATE",
        "FULFILLMENTS_UPDATE",
        "REFUNDS_CREATE",
    )
    for topic in topics:
        shop.subscribe(topic, ear.url)
    placed = shop.order(("CAM-S", 2))
    line = placed["lines"][0]["id"]

    shop.control(
        "POST", f"/orders/{placed['id']}/edit", {"lines": [{"line_id": line, "quantity": 1}]}
    )
    shop.control("POST", f"/orders/{placed['id']}/fulfil", {"tracking": {"number": "A1"}})
    made = shop.order_state(placed["id"])["fulfillments"][0]["gid"]
    shop.run("fulfillment_tracking", id=made, t={"number": "A2"}, n=False)
    other = shop.order(("CAM-S", 1))
    shop.control("POST", f"/orders/{other['id']}/cancel", {})
    shop.flush()

    assert set(ear.topics()) == {
        "orders/cancelled",
        "orders/edited",
        "orders/fulfilled",
        "fulfillments/create",
        "fulfillments/update",
        "refunds/create",
    }


def test_a_refused_webhook_is_repeated_under_the_same_id(shop: TestShop, ear: Ear) -> None:
    shop.subscribe("ORDERS_CREATE", ear.url)
    ear.status = 500

    shop.order(("CAM-S", 1))
    ear.wait(3)
    ear.status = 200
    shop.flush()

    heard = ear.heard
    assert len(heard) >= 3
    assert len({each.headers["x-shopify-webhook-id"] for each in heard}) == 1
    assert len({each.body for each in heard}) == 1
    assert shop.control("GET", "/state?parts=deliveries")["deliveries"] == []


def test_after_eight_retries_without_success_the_subscription_is_gone(
    shop: TestShop, ear: Ear
) -> None:
    shop.subscribe("ORDERS_CREATE", ear.url)
    ear.status = 503

    shop.order(("CAM-S", 1))
    ear.wait(9)
    shop.flush()

    assert len(ear.heard) == 9
    assert shop.run("webhooks_list", after=None)["nodes"] == []
    gone = [entry for entry in shop.log("subscription") if entry["event"] == "deleted"]
    assert gone[0]["reason"] == "8 consecutive failures"


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("http://puente.example/hooks", "Address protocol http:// is not supported"),
        ("https://puente.example/a b", "Address is invalid"),
        ("", "Address can't be blank"),
        ("https://otra.myshopify.com/hooks", "internal domain"),
        ("pubsub://proyecto:tema", "not modelled"),
    ],
)
def test_a_bad_address_is_refused(shop: TestShop, uri: str, words: str) -> None:
    payload = shop.subscribe("ORDERS_CREATE", uri)

    assert payload["webhookSubscription"] is None
    assert words in payload["userErrors"][0]["message"]
    assert payload["userErrors"][0]["field"] == ["webhookSubscription", "callbackUrl"]


def test_the_same_address_twice_for_a_topic_is_refused(shop: TestShop, ear: Ear) -> None:
    shop.subscribe("ORDERS_CREATE", ear.url)

    payload = shop.subscribe("ORDERS_CREATE", ear.url)

    assert "already been taken" in payload["userErrors"][0]["message"]


def test_a_subscription_can_be_moved_and_removed(shop: TestShop, ear: Ear) -> None:
    made = shop.subscribe("ORDERS_CREATE", "https://puente.example/hooks")["webhookSubscription"]
    update = """mutation($id: ID!, $sub: WebhookSubscriptionInput!) {
      webhookSubscriptionUpdate(id: $id, webhookSubscription: $sub)
      { webhookSubscription { uri } userErrors { message } } }"""
    delete = """mutation($id: ID!) { webhookSubscriptionDelete(id: $id)
      { deletedWebhookSubscriptionId userErrors { message } } }"""

    shop.ask(update, id=made["id"], sub={"uri": ear.url})
    shop.order(("CAM-S", 1))
    ear.wait(1)
    gone = shop.ask(delete, id=made["id"])["webhookSubscriptionDelete"]

    assert ear.topics() == ["orders/create"]
    assert gone["deletedWebhookSubscriptionId"] == made["id"]


@pytest.mark.parametrize(
    ("fault", "options", "count"),
    [
        ("webhook_drop", {}, 1),
        ("webhook_double", {"copies": 3}, 4),
        ("webhook_shuffle", {"seconds": 0.3}, 2),
    ],
)
def test_webhooks_can_be_lost_doubled_or_shuffled(
    shop: TestShop, ear: Ear, fault: str, options: dict[str, object], count: int
) -> None:
    shop.subscribe("ORDERS_CREATE", ear.url)
    shop.fault(fault, match="orders/create", **options)

    shop.order(("CAM-S", 1))
    shop.order(("CAM-S", 1))
    shop.control("POST", "/webhooks/flush", {"all": True})

    assert len(ear.heard) == count


def test_a_delayed_webhook_comes_when_its_time_has_come(shop: TestShop, ear: Ear) -> None:
    shop.subscribe("ORDERS_CREATE", ear.url)
    shop.fault("webhook_delay", seconds=600)

    shop.order(("CAM-S", 1))
    shop.control("POST", "/webhooks/flush", {"all": False})
    before = len(ear.heard)
    shop.http.post(f"{shop.url}/control/clock", json={"advance_seconds": 601})
    ear.wait(1)

    assert (before, len(ear.heard)) == (0, 1)


def test_uninstalling_kills_the_token_and_tells_the_app(
    open_shop: Callable[..., ShopClient], ear: Ear
) -> None:
    shop = open_shop()
    shop.subscribe("APP_UNINSTALLED", ear.url)

    shop.control("POST", "/app", {"uninstall": True})

    assert json.loads(ear.wait(1)[0].body)["myshopify_domain"] == shop.domain
    assert shop.post("{ shop { name } }").status_code == 401


def test_a_rotated_secret_signs_from_then_on(shop: TestShop, ear: Ear) -> None:
    shop.subscribe("ORDERS_CREATE", ear.url)
    shop.control("POST", "/app", {"client_secret": "nuevo"})

    shop.order(("CAM-S", 1))

    heard = ear.wait(1)[0]
    assert heard.headers["x-shopify-hmac-sha256"] == signature("nuevo", heard.body)
