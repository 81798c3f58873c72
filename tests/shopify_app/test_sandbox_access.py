"""Access, price and budget against a store that charges for its answers."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from mapping.documents import CallRecord
from shopify_app import auth, cost, documents, reads
from shopify_app.client import ShopifyClient
from shopify_app.errors import ShopifyAccessDenied, ShopifyRejected
from shopify_app.limiter import Priority
from shopify_app.models import RateBudget, Shop
from shopify_app.schema import samples
from shopify_app.scopes import SCOPES
from tests.shopify_app.conftest import make_shop
from tests.shopify_app.sandbox import Store


def test_the_store_tells_what_it_is_and_what_we_may(client: ShopifyClient, store: Store) -> None:
    info = reads.shop_info(client)

    assert (info.currency, info.taxes_included) == ("EUR", True)
    assert [each.id for each in info.locations] == [store.location]
    assert store.publication in [each.id for each in info.publications]
    assert set(SCOPES) <= set(info.scopes)


def test_a_token_that_expired_unnoticed_is_renewed(store: Store, db: None) -> None:
    shop = make_shop(domain=store.domain, credentials={})
    auth.exchange_token(shop, store.ask("session-token")["id_token"])
    first = shop.credentials["access_token"]
    store.ask("faults", kind="expired_token")

    reads.shop_info(ShopifyClient.for_shop(shop))

    assert Shop.objects.get(pk=shop.pk).credentials["access_token"] != first
    auth.renew(shop, refused=shop.credentials["access_token"])
    assert reads.shop_info(ShopifyClient.for_shop(shop)).currency == "EUR"


def test_an_own_app_gets_its_token_by_its_credentials(store: Store, db: None) -> None:
    app = store.made["app"]
    shop = make_shop(
        domain=store.domain,
        grant=Shop.Grant.CLIENT_CREDENTIALS,
        credentials={"client_id": app["client_id"], "client_secret": app["client_secret"]},
    )

    assert reads.shop_info(ShopifyClient.for_shop(shop)).name == "Tienda de prueba"


def test_the_session_token_of_the_admin_is_known(store: Store) -> None:
    session = auth.verify_session_token(store.ask("session-token")["id_token"])

    assert session.shop_domain == store.domain


def test_a_missing_scope_is_said_in_words(
    client: ShopifyClient, store: Store, product: reads.ShownProduct
) -> None:
    store.ask("app", scopes=["read_products"])

    with pytest.raises(ShopifyAccessDenied, match="read_inventory"):
        reads.levels(client, [product.variants[0].inventory_item], store.location)


@pytest.mark.parametrize("name", documents.names())
def test_the_price_we_expect_is_the_price_that_is_asked(
    client: ShopifyClient, store: Store, name: str
) -> None:
    for variables in samples.VARIABLES[name]:
        since = store.look("counters")["last"]
        expected = cost.cost_of(name, variables)

        _run_anyway(client, name, variables)

        assert store.look(f"counters?since={since}")["points_requested"] == expected


def _run_anyway(client: ShopifyClient, name: str, variables: dict[str, Any]) -> None:
    """Things named in the samples do not exist; only the price counts here."""
    key = variables.get("key", "")
    try:
        client.run(name, {k: v for k, v in variables.items() if k != "key"}, idempotency_key=key)
    except ShopifyRejected:
        return


def test_the_budget_follows_the_shop(client: ShopifyClient, store: Store) -> None:
    records: list[CallRecord] = []
    counted = ShopifyClient.for_shop(client.shop, record=records.append)

    for _ in range(5):
        reads.shop_info(counted)

    shown = store.look("counters")["throttle"]["currentlyAvailable"]
    budget = RateBudget.objects.get(shop=client.shop)
    assert budget.maximum == 2000
    assert budget.available <= shown + 1
    assert all(record.cost is not None and record.request_id for record in records)


@pytest.fixture
def small_bucket(store: Store) -> Callable[[], dict[str, Any]]:
    store.change(bucket={"size": 200, "restore_rate": 400})
    return lambda: store.look("counters")


def test_a_flood_of_calls_is_never_throttled(
    client: ShopifyClient, small_bucket: Callable[[], dict[str, Any]]
) -> None:
    for priority in (Priority.STOCK, Priority.BULK):
        busy = ShopifyClient.for_shop(client.shop, priority=priority)
        for _ in range(15):
            reads.shop_info(busy)

    assert small_bucket()["throttled"] <= 1  # the first call cannot know the bucket's size
    assert small_bucket()["calls"] >= 30


@pytest.mark.django_db(transaction=True)
def test_workers_that_share_a_bucket_are_never_throttled(
    store: Store, small_bucket: Callable[[], dict[str, Any]]
) -> None:
    credentials = {"access_token": store.made["access_token"]}
    shop = make_shop(domain=store.domain, credentials=credentials, token_expires_at=None)
    reads.shop_info(ShopifyClient.for_shop(shop))  # now the bucket's size is known

    def work(number: int) -> None:
        mine = Shop.objects.get(pk=shop.pk)
        busy = ShopifyClient.for_shop(mine, priority=Priority(number % 4))
        for _ in range(10):
            reads.shop_info(busy)
        connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))

    counters = small_bucket()
    assert counters["calls"] == 81
    assert counters["throttled"] <= 1  # the very first call
