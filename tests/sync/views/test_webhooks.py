import json
from collections.abc import Mapping
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from mapping.models import Channel
from shopify_app import webhooks
from shopify_app.models import Shop
from sync.models import InboxMessage, Status
from tests.sync.makers import SECRET, make_channel

pytestmark = pytest.mark.django_db

ORDER = {
    "id": 5001,
    "admin_graphql_api_id": "gid://shopify/Order/5001",
    "updated_at": "2026-11-24T08:31:00+01:00",
    "email": "lucia@example.com",
    "shipping_address": {"name": "Lucía Ejemplo"},
}


@pytest.fixture(autouse=True)
def _one_app(settings: Settings) -> None:
    settings.SHOPIFY_CLIENT_SECRETS = [SECRET]


@pytest.fixture
def channel() -> Channel:
    return make_channel()


def deliver(
    channel: Channel | None,
    body: bytes | dict[str, Any],
    *,
    topic: str = "orders/create",
    secret: str = SECRET,
    changes: Mapping[str, str | None] | None = None,
) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers: dict[str, str | None] = {
        "X-Shopify-Hmac-Sha256": webhooks.sign(raw, secret),
        "X-Shopify-Webhook-Id": "delivery-1",
        "X-Shopify-Event-Id": "event-1",
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": channel.shop.domain if channel else "nobody.myshopify.com",
        "X-Shopify-Triggered-At": "2026-11-24T07:31:00Z",
    }
    headers |= {
        f"X-Shopify-{name.replace('_', '-')}": value for name, value in (changes or {}).items()
    }
    return Client(raise_request_exception=False).post(
        "/shopify/webhooks",
        raw,
        content_type="application/json",
        headers={name: value for name, value in headers.items() if value is not None},
    )


def test_a_signed_order_notice_is_stored_without_personal_data(channel: Channel) -> None:
    response = deliver(channel, ORDER)

    message = InboxMessage.objects.get()
    assert response.status_code == 200
    assert (message.topic, message.key) == ("shopify/order", "gid://shopify/Order/5001")
    assert "lucia" not in json.dumps(message.payload)
    assert "Ejemplo" not in json.dumps(message.payload)


def test_a_repeated_delivery_is_stored_once(channel: Channel) -> None:
    for _ in range(3):
        assert deliver(channel, ORDER).status_code == 200

    assert InboxMessage.objects.count() == 1


@pytest.mark.parametrize(
    ("_case", "changes"),
    [
        ("no signature", {"Hmac_Sha256": None}),
        ("an empty signature", {"Hmac_Sha256": ""}),
        ("a signature cut short", {"Hmac_Sha256": "abc"}),
        ("a signature that is not ASCII", {"Hmac_Sha256": "ñandú"}),
        ("a doubled signature, as servers join them", {"Hmac_Sha256": "a,a"}),
        ("no delivery id", {"Webhook_Id": None}),
        ("no topic", {"Topic": None}),
        ("a store that is no store", {"Shop_Domain": "evil.example"}),
        ("a store named twice", {"Shop_Domain": "a.myshopify.com,b.myshopify.com"}),
        ("a NUL in the store's name", {"Shop_Domain": "a\0.myshopify.com"}),
    ],
)
def test_what_shopify_did_not_sign_is_a_401(
    channel: Channel, _case: str, changes: dict[str, str | None]
) -> None:
    response = deliver(channel, ORDER, changes=changes)

    assert response.status_code == 401
    assert not InboxMessage.objects.exists()


def test_one_changed_byte_is_a_401(channel: Channel) -> None:
    signed = webhooks.sign(json.dumps(ORDER).encode(), SECRET)

    assert (
        deliver(channel, {**ORDER, "id": 5002}, changes={"Hmac_Sha256": signed}).status_code == 401
    )


def test_the_old_secret_still_counts_while_it_is_rotated(
    channel: Channel, settings: Settings
) -> None:
    settings.SHOPIFY_CLIENT_SECRETS = ["new", SECRET]

    assert deliver(channel, ORDER).status_code == 200


def test_a_store_with_its_own_app_is_not_opened_by_another_stores_secret(
    channel: Channel, settings: Settings
) -> None:
    settings.SHOPIFY_CLIENT_SECRETS = []
    other = make_channel()
    for each, secret in ((channel, "mine"), (other, "theirs")):
        each.shop.credentials = {"client_secret": secret}
        each.shop.save()

    assert deliver(channel, ORDER, secret="theirs").status_code == 401
    assert deliver(channel, ORDER, secret="mine").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"not json",
        b"[1]",
        b'{"id": NaN}',
        b'{"id": 1, "id": 2}',
        b"[" * 100_000,
        b'{"a":' * 1000 + b"1" + b"}" * 1000,
        b"\xff\xfe",
        b"",
    ],
)
def test_a_signed_body_that_cannot_be_read_is_a_400(channel: Channel, body: bytes) -> None:
    assert deliver(channel, body).status_code == 400
    assert not InboxMessage.objects.exists()


def test_a_huge_body_is_refused_unread(channel: Channel) -> None:
    response = Client().post(
        "/shopify/webhooks",
        b"{}",
        content_type="application/json",
        CONTENT_LENGTH=str(webhooks.LARGEST_BODY + 1),
    )

    assert response.status_code == 413


@pytest.mark.parametrize(
    ("topic", "payload", "stored", "key"),
    [
        ("orders/updated", {"id": 7}, "shopify/order", "gid://shopify/Order/7"),
        ("refunds/create", {"id": 1, "order_id": 7}, "shopify/order", "gid://shopify/Order/7"),
        (
            "fulfillments/create",
            {"id": 1, "order_id": 7},
            "shopify/order",
            "gid://shopify/Order/7",
        ),
        (
            "order_transactions/create",
            {"id": 1, "order_id": 7},
            "shopify/order",
            "gid://shopify/Order/7",
        ),
        (
            "inventory_levels/update",
            {"inventory_item_id": 3, "location_id": 4, "available": 5},
            "shopify/level",
            "gid://shopify/InventoryItem/3@gid://shopify/Location/4",
        ),
        ("app/uninstalled", {"id": 9}, "shopify/app", "app/uninstalled"),
        ("customers/redact", {"shop_id": 9}, "shopify/app", "customers/redact"),
    ],
)
def test_each_topic_becomes_a_message_about_its_record(
    channel: Channel, topic: str, payload: dict[str, Any], stored: str, key: str
) -> None:
    assert deliver(channel, payload, topic=topic).status_code == 200

    message = InboxMessage.objects.get()
    assert (message.topic, message.key, message.status) == (stored, key, Status.WAITING)


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("products/update", {"id": 1}),
        ("orders/create", {}),
        ("orders/create", {"id": "1; DROP TABLE"}),
        ("orders/create", {"id": True}),
        ("inventory_levels/update", {"inventory_item_id": 3}),
    ],
)
def test_a_notice_we_do_not_use_is_answered_and_kept_in_sight(
    channel: Channel, topic: str, payload: dict[str, Any]
) -> None:
    for _ in range(2):
        assert deliver(channel, payload, topic=topic).status_code == 200

    assert InboxMessage.objects.get().status == Status.IGNORED


def test_a_store_we_do_not_know_is_told_so(channel: Channel) -> None:
    assert deliver(None, ORDER).status_code == 404
    assert deliver(None, {"shop_id": 1}, topic="shop/redact").status_code == 200
    assert not InboxMessage.objects.exists()


def test_the_store_shows_when_its_last_notice_came(channel: Channel) -> None:
    deliver(channel, ORDER)

    assert Shop.objects.get(channel=channel).last_webhook_at is not None


def test_a_notice_costs_few_questions_to_the_database(channel: Channel) -> None:
    deliver(channel, ORDER)

    with CaptureQueriesContext(connection) as queries:
        deliver(channel, {**ORDER, "id": 6}, changes={"Webhook_Id": "delivery-2"})

    assert len(queries) <= 6, [query["sql"] for query in queries]


def test_only_post_is_allowed() -> None:
    assert Client().get("/shopify/webhooks").status_code == 405
