"""Orders, parcels and notices against Shopify's real schema."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from mapping.decide.orders import check_order
from mapping.documents.fulfilment import RecordedFulfilment
from shopify_app import commands, reads
from shopify_app.client import ShopifyClient
from shopify_app.commands import CreateFulfilment
from shopify_app.errors import ShopifyRejected
from shopify_app.webhooks import TOPICS, ensure_subscriptions, verify
from tests.shopify_app.raw_server import RawServer, answer
from tests.shopify_app.sandbox import Store
from tests.shopify_app.sandbox_shop import HOME, sold

URI = "https://puente.example/shopify/webhooks"


@pytest.mark.usefixtures("stocked")
@pytest.mark.parametrize(
    "wishes",
    [
        {},
        {"taxes_included": False},
        {"discount": {"code": "VERANO", "percentage": "15"}},
        {"discount": {"code": "FIJO", "amount": "5.01"}},
        {"lines": [{"sku": "TAZA-Rojo", "quantity": 60}]},
        {"lines": [{"sku": "TAZA-Rojo", "quantity": 1, "price": "0.10"}] * 70},
        {"address": HOME | {"province_code": "GC", "zip": "35001"}},
    ],
)
def test_an_order_is_read_whole_and_adds_up(
    client: ShopifyClient, store: Store, wishes: dict[str, Any]
) -> None:
    order = reads.order(client, sold(store, **wishes))

    assert order is not None
    assert check_order(order) == ()
    assert order.location == store.location
    assert order.reference.startswith(store.domain + "/")
    assert all(line.inventory_item for line in order.lines)


@pytest.mark.usefixtures("stocked")
@pytest.mark.parametrize("place", ["localized", "attributes", "company"])
def test_the_tax_number_is_found_where_this_shop_keeps_it(
    client: ShopifyClient, store: Store, place: str
) -> None:
    order = reads.order(client, sold(store, nif="12345678Z", nif_in=place))

    assert order is not None
    assert order.tax_id == "12345678Z"


@pytest.mark.usefixtures("stocked")
def test_an_edited_order_shows_what_is_left_of_it(client: ShopifyClient, store: Store) -> None:
    gid = sold(store, discount={"code": "VERANO", "percentage": "10"})
    before = reads.order(client, gid)
    assert before is not None
    number, line = gid.rsplit("/", 1)[-1], before.lines[0].id.rsplit("/", 1)[-1]
    store.ask(f"orders/{number}/edit", lines=[{"line_id": int(line), "quantity": 1}])

    after = reads.order(client, gid)

    assert after is not None
    assert [each.quantity for each in after.lines] == [1, 1]
    assert check_order(after) == ()
    # Shopify's moments are whole seconds: a change may not show in them.
    assert after.updated_at >= before.updated_at


@pytest.mark.usefixtures("stocked")
def test_a_cancelled_order_has_no_lines_left(client: ShopifyClient, store: Store) -> None:
    gid = sold(store)
    store.ask(f"orders/{gid.rsplit('/', 1)[-1]}/cancel")

    order = reads.order(client, gid)

    assert order is not None
    assert order.cancelled_at is not None
    assert order.lines == ()


def test_an_order_that_is_not_there_is_none(client: ShopifyClient) -> None:
    assert reads.order(client, "gid://shopify/Order/1") is None


@pytest.mark.usefixtures("stocked")
def test_a_sweep_finds_what_changed_since(client: ShopifyClient, store: Store) -> None:
    start = timezone.now() - timedelta(minutes=1)
    first = sold(store)
    second = sold(store, test=True)

    found, cursor = reads.orders_updated_since(client, start)
    none, _ = reads.orders_updated_since(client, timezone.now() + timedelta(hours=1))

    assert {each.id: each.test for each in found} == {first: False, second: True}
    assert cursor is None
    assert none == []


@pytest.mark.usefixtures("stocked")
def test_a_parcel_is_recorded_and_then_seen(client: ShopifyClient, store: Store) -> None:
    gid = sold(store)
    state = reads.fulfilment_state(client, gid)
    (order,) = state.orders
    parcel = CreateFulfilment(
        order=gid,
        by_fulfilment_order={order.id: ((order.lines[0].id, 1),)},
        tracking_number="ES123",
        company="Correos",
        url="https://www.correos.es/ES123",
    )

    assert commands.send(parcel, client, key="k").carried_out

    after = reads.fulfilment_state(client, gid)
    assert [line.remaining for line in after.orders[0].lines] == [1, 1]
    (recorded,) = after.recorded
    assert isinstance(recorded, RecordedFulfilment)
    assert (recorded.status, recorded.tracking_numbers) == ("SUCCESS", ("ES123",))
    assert recorded.lines == ((order.lines[0].line_item, 1),)


@pytest.mark.usefixtures("stocked")
def test_more_than_is_left_cannot_be_sent(client: ShopifyClient, store: Store) -> None:
    gid = sold(store)
    (order,) = reads.fulfilment_state(client, gid).orders
    parcel = CreateFulfilment(
        order=gid, by_fulfilment_order={order.id: ((order.lines[0].id, 99),)}
    )

    result = commands.send(parcel, client, key="k")

    assert result.rejected
    assert not result.carried_out


def test_the_state_of_no_order_is_no_empty_state(client: ShopifyClient) -> None:
    with pytest.raises(ShopifyRejected):
        reads.fulfilment_state(client, "gid://shopify/Order/1")


def test_subscriptions_are_made_once_and_mended(client: ShopifyClient) -> None:
    assert ensure_subscriptions(client, URI) == list(TOPICS)
    assert ensure_subscriptions(client, URI) == []
    assert ensure_subscriptions(client, URI + "/2") == list(TOPICS)
    assert ensure_subscriptions(client, URI + "/2") == []


@pytest.mark.usefixtures("stocked")
def test_notices_of_the_store_are_proved_and_read(
    client: ShopifyClient, store: Store, settings: Settings
) -> None:
    receiver = RawServer(otherwise=answer({}))
    ensure_subscriptions(client, receiver.url + "/shopify/webhooks")

    gid = sold(store)
    store.ask("webhooks/flush")
    receiver.close()

    secrets = ["another", *settings.SHOPIFY_CLIENT_SECRETS]
    deliveries = [verify(each.headers, each.body, secrets=secrets) for each in receiver.requests]
    created = next(each for each in deliveries if each.topic == "orders/create")
    assert created.shop_domain == store.domain
    assert created.payload["admin_graphql_api_id"] == gid
    assert created.triggered_at is not None
    assert len({each.id for each in deliveries}) == len(deliveries)
