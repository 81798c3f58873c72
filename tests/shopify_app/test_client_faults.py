"""What the client says about every way a call can go wrong."""

import time
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from pytest_django import Settings

from mapping.documents import CallRecord
from shopify_app import transport
from shopify_app.client import ShopifyClient
from shopify_app.errors import (
    ShopifyAccessDenied,
    ShopifyOutcomeUnknown,
    ShopifyRejected,
    ShopifyUnavailable,
)
from shopify_app.models import RateBudget, Shop
from tests.shopify_app import raw_server as wire
from tests.shopify_app.conftest import make_shop
from tests.shopify_app.raw_server import RawServer

READ = ("webhook_subscriptions", {"after": None})


KEYED = ("activate", {"item": "i", "location": "l"})


UNKEYED = ("publish", {"publication": "p", "add": []})


HTML = wire.respond(200, b"<html>maintenance</html>", Content_Type="text/html")


SOMETHING = wire.data({"something": {"userErrors": []}})


@pytest.fixture
def records() -> list[CallRecord]:
    return []


@pytest.fixture
def client(shop: Shop, shopify: RawServer, records: list[CallRecord]) -> ShopifyClient:
    return ShopifyClient.for_shop(shop, record=records.append)


@pytest.fixture
def short_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "TIMEOUT", httpx2.Timeout(0.5, connect=0.5))
    monkeypatch.setattr("shopify_app.client.PATIENCE", 0.4)


def send(client: ShopifyClient, call: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    operation, variables = call
    return client.run(operation, variables, idempotency_key="key-1" if call is KEYED else "")


@pytest.mark.parametrize("call", [KEYED, UNKEYED])
@pytest.mark.parametrize(
    "fault",
    [
        wire.truncated,
        wire.reset,
        HTML,
        wire.answer({}, 500),
        wire.answer({}, 502),
        wire.answer({}, 503),
        wire.answer(["not", "an", "object"]),
        wire.answer({"data": None}),
        wire.respond(200, b'{"data": {"x": NaN}}'),
        wire.respond(200, b"[" * 100_000),
        wire.answer(
            {"errors": [{"message": "?", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]}
        ),
        wire.answer({"errors": [{"message": "?"}], "data": {"publicationUpdate": {"x": 1}}}),
    ],
)
def test_a_write_whose_answer_is_lost_is_unknown_and_not_repeated(
    client: ShopifyClient,
    shopify: RawServer,
    records: list[CallRecord],
    call: tuple[str, dict[str, Any]],
    fault: wire.Step,
) -> None:
    shopify.script = [fault, SOMETHING]

    with pytest.raises(ShopifyOutcomeUnknown):
        send(client, call)

    assert len(shopify.requests) == 1
    assert [(each.outcome, each.is_write) for each in records] == [("unknown", True)]


@pytest.mark.parametrize(
    "fault", [wire.truncated, wire.reset, HTML, wire.answer({}, 500), wire.answer({}, 503)]
)
def test_a_read_whose_answer_is_lost_is_asked_again(
    client: ShopifyClient, shopify: RawServer, records: list[CallRecord], fault: wire.Step
) -> None:
    shopify.script = [fault, SOMETHING]

    assert send(client, READ) == {"something": {"userErrors": []}}
    assert [each.outcome for each in records] == ["unavailable", "ok"]
    assert records[1].request_id == "req-1"
    assert records[1].cost == 1


@pytest.mark.usefixtures("short_timeouts")
def test_a_server_that_hangs_is_left_in_time(client: ShopifyClient, shopify: RawServer) -> None:
    shopify.script = [wire.hang, wire.hang]
    started = time.monotonic()

    with pytest.raises(ShopifyOutcomeUnknown):
        send(client, KEYED)
    with pytest.raises(ShopifyUnavailable):
        send(client, READ)

    assert time.monotonic() - started < 2.5


@pytest.mark.parametrize("call", [READ, KEYED, UNKEYED])
def test_a_write_that_never_left_may_be_sent_again(
    client: ShopifyClient,
    settings: Settings,
    records: list[CallRecord],
    call: tuple[str, dict[str, Any]],
) -> None:
    settings.SHOPIFY_BASE_URL = "http://127.0.0.1:9/{shop}"
    # So slow a refill that only what is given back can fill it up.
    RateBudget.objects.create(shop=client.shop, available=1000, restore_rate=0.001)

    with pytest.raises(ShopifyUnavailable):
        send(client, call)

    assert [each.outcome for each in records] == ["unavailable"] * 3
    # What never left has cost nothing.
    assert RateBudget.objects.get().available == pytest.approx(1000, abs=1)


@pytest.mark.parametrize("call", [READ, KEYED, UNKEYED])
def test_too_many_requests_waits_as_long_as_it_is_told(
    client: ShopifyClient, shopify: RawServer, call: tuple[str, dict[str, Any]]
) -> None:
    shopify.script = [wire.answer({}, 429, Retry_After="0.3"), SOMETHING]
    started = time.monotonic()

    send(client, call)

    assert time.monotonic() - started >= 0.3


@pytest.mark.parametrize("value", ["60", "nonsense", "-1", "nan", "inf", "1e9"])
def test_a_long_or_odd_retry_after_does_not_hold_the_worker(
    client: ShopifyClient,
    shopify: RawServer,
    monkeypatch: pytest.MonkeyPatch,
    value: str,
) -> None:
    monkeypatch.setattr("shopify_app.client.PATIENCE", 1.0)
    shopify.script = [wire.answer({}, 429, Retry_After=value)]

    with pytest.raises(ShopifyUnavailable) as raised:
        send(client, READ)

    expected = 60 if value == "60" else 2
    assert raised.value.retry_after == timedelta(seconds=expected)


@pytest.mark.parametrize("call", [READ, KEYED])
def test_a_throttled_call_that_is_safe_to_repeat_is_repeated(
    client: ShopifyClient, shopify: RawServer, call: tuple[str, dict[str, Any]]
) -> None:
    shopify.script = [wire.throttled(), SOMETHING]

    send(client, call)

    assert len(shopify.requests) == 2
    assert shopify.requests[0].body == shopify.requests[1].body


def test_a_throttled_write_without_a_key_is_looked_up_before_it_is_repeated(
    client: ShopifyClient, shopify: RawServer
) -> None:
    shopify.script = [wire.throttled(), SOMETHING]

    with pytest.raises(ShopifyOutcomeUnknown):
        send(client, UNKEYED)

    assert len(shopify.requests) == 1


@pytest.mark.parametrize("status", [402, 403, 404, 423, 301])
def test_a_closed_door_needs_a_person(
    client: ShopifyClient, shopify: RawServer, status: int
) -> None:
    shopify.script = [wire.answer({}, status, Location="http://127.0.0.1:9/")]

    with pytest.raises(ShopifyAccessDenied):
        send(client, KEYED)

    assert Shop.objects.get().last_error.startswith("activate: HTTP")


def test_a_search_shopify_did_not_understand_is_an_error(
    client: ShopifyClient, shopify: RawServer
) -> None:
    warnings = [{"path": ["orders"], "warnings": [{"code": "invalid_field", "field": "nope"}]}]
    shopify.script = [wire.answer({"data": {"orders": {}}, "extensions": {"search": warnings}})]

    with pytest.raises(ShopifyRejected, match="invalid_field"):
        send(client, READ)


def test_a_document_shopify_refuses_is_rejected_with_its_reasons(
    client: ShopifyClient, shopify: RawServer, records: list[CallRecord]
) -> None:
    error = {"message": "Field 'x' doesn't exist", "extensions": {"code": "undefinedField"}}
    shopify.script = [wire.answer({"errors": [error]})]

    with pytest.raises(ShopifyRejected) as raised:
        send(client, KEYED)

    assert raised.value.messages == ["Field 'x' doesn't exist"]
    assert records[0].outcome == "refused"


def test_user_errors_are_returned_and_recorded_as_a_refusal(
    client: ShopifyClient, shopify: RawServer, records: list[CallRecord]
) -> None:
    errors = [{"field": ["input", "quantities", "71"], "message": "no", "code": "X"}]
    shopify.script = [wire.data({"inventoryActivate": {"userErrors": errors}})]

    found = send(client, KEYED)

    assert found["inventoryActivate"]["userErrors"] == errors
    assert (records[0].outcome, records[0].idempotency_key) == ("refused", "key-1")
    assert records[0].answer["userErrors"][0]["code"] == "X"


def test_a_keyed_document_is_never_sent_without_a_key(client: ShopifyClient) -> None:
    with pytest.raises(ValueError, match="idempotency key"):
        client.run(*KEYED)


def test_an_answer_without_end_is_cut(
    client: ShopifyClient, shopify: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "LARGEST_ANSWER", 1000)
    shopify.script = [wire.respond(200, b" " * 100_000)]

    with pytest.raises(ShopifyOutcomeUnknown, match="too large"):
        send(client, KEYED)


@pytest.mark.parametrize(
    "domain", ["evil.com", "a.myshopify.com.evil.com", "a.myshopify.com/../x", "a.myshopify.com\n"]
)
def test_no_call_leaves_for_a_host_that_is_no_store(
    shopify: RawServer, db: None, domain: str
) -> None:
    client = ShopifyClient.for_shop(make_shop(domain=domain))

    with pytest.raises(ShopifyRejected):
        send(client, READ)

    assert shopify.requests == []


def test_a_cookie_of_one_store_never_reaches_another(shopify: RawServer, db: None) -> None:
    shopify.script = [wire.answer({"data": {}}, Set_Cookie="session=1; Path=/"), SOMETHING]

    send(ShopifyClient.for_shop(make_shop()), READ)
    send(ShopifyClient.for_shop(make_shop()), READ)

    assert "cookie" not in shopify.requests[1].headers
