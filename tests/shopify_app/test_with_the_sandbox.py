"""Our documents, reads and writes against a store that executes Shopify's real schema."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from mapping.decide.orders import check_order
from mapping.documents import CallRecord
from mapping.documents.fulfilment import RecordedFulfilment
from shopify_app import auth, commands, cost, documents, reads
from shopify_app.client import ShopifyClient
from shopify_app.commands import (
    Activate,
    CreateFulfilment,
    MetafieldItem,
    MetafieldsSet,
    ProductSet,
    Publish,
    QuantityRow,
    SetQuantities,
    VariantPrice,
    VariantsUpdate,
)
from shopify_app.errors import ShopifyAccessDenied, ShopifyOutcomeUnknown, ShopifyRejected
from shopify_app.limiter import Priority
from shopify_app.models import RateBudget, Shop
from shopify_app.schema import samples
from shopify_app.scopes import SCOPES
from shopify_app.webhooks import TOPICS, ensure_subscriptions, verify
from tests.shopify_app.conftest import make_shop
from tests.shopify_app.raw_server import RawServer, answer
from tests.shopify_app.sandbox import Store

URI = "https://puente.example/shopify/webhooks"
HOME = {
    "first_name": "María",
    "last_name": "Núñez",
    "address1": "Mayor 1",
    "zip": "08001",
    "city": "Barcelona",
    "country_code": "ES",
    "province_code": "B",
}


def mugs(*colours: str) -> dict[str, Any]:
    return {
        "title": "Taza",
        "productOptions": [{"name": "Color", "values": [{"name": each} for each in colours]}],
        "variants": [
            {
                "sku": f"TAZA-{each}",
                "price": "12.50",
                "optionValues": [{"optionName": "Color", "name": each}],
                "inventoryItem": {"tracked": True},
            }
            for each in colours
        ],
    }


@pytest.fixture
def product(client: ShopifyClient) -> reads.ShownProduct:
    """Mugs in red and blue, made by our own write and read back."""
    made = commands.send(ProductSet(input=mugs("Rojo", "Azul")), client, key="p")
    shown = reads.shown_product(client, made.data["product"]["id"])
    assert shown is not None
    return shown


def show(client: ShopifyClient, store: Store, item: str, quantity: int, key: str) -> None:
    row = QuantityRow(item=item, quantity=quantity, change_from=None)
    assert commands.send(
        SetQuantities(location=store.location, rows=(row,)), client, key=key
    ).carried_out


def test_the_store_tells_what_it_is_and_what_we_may(client: ShopifyClient, store: Store) -> None:
    info = reads.shop_info(client)

    assert (info.currency, info.taxes_included) == ("EUR", True)
    assert [each.id for each in info.locations] == [store.location]
    assert store.publication in [each.id for each in info.publications]
    assert set(SCOPES) <= set(info.scopes)


def test_a_product_is_read_back_as_it_was_written(
    client: ShopifyClient, product: reads.ShownProduct
) -> None:
    assert product.product.title == "Taza"
    assert product.product.options == ("Color",)
    assert [each.sku for each in product.product.variants] == ["TAZA-Rojo", "TAZA-Azul"]
    assert product.product.variants[0].price == Decimal("12.50")


def test_a_product_write_answers_with_every_variants_ids(client: ShopifyClient) -> None:
    made = commands.send(ProductSet(input=mugs(*[f"c{n}" for n in range(40)])), client, key="p")

    variants = made.data["product"]["variants"]["nodes"]

    assert len(variants) == 40
    assert all(each["inventoryItem"]["id"] for each in variants)


def test_a_product_without_options_is_read_without(client: ShopifyClient) -> None:
    bare = {
        "title": "Jabón",
        "productOptions": [{"name": "Title", "values": [{"name": "Default Title"}]}],
        "variants": [
            {
                "sku": "JABON",
                "price": "3.00",
                "optionValues": [{"optionName": "Title", "name": "Default Title"}],
            }
        ],
    }
    made = commands.send(ProductSet(input=bare), client, key="p")

    shown = reads.product(client, made.data["product"]["id"])

    assert shown is not None
    assert (shown.options, shown.variants[0].option_values) == ((), ())


def test_a_product_that_is_not_there_is_none(client: ShopifyClient) -> None:
    assert reads.product(client, "gid://shopify/Product/1") is None


def test_variants_are_found_by_their_exact_sku(
    client: ShopifyClient, product: reads.ShownProduct
) -> None:
    found = reads.find_products_by_skus(client, ["TAZA-Rojo", "taza-azul", "NADA", 'A"B\\C'])

    assert set(found) == {"TAZA-Rojo"}
    assert found["TAZA-Rojo"][0].product == product.id


def test_one_refused_price_does_not_stop_the_others(
    client: ShopifyClient, product: reads.ShownProduct
) -> None:
    red, blue = product.variants
    update = VariantsUpdate(
        product_id=product.id,
        variants=(
            VariantPrice(id=red.id, price=Decimal("-1")),
            VariantPrice(id=blue.id, price=Decimal("9.95"), compare_at_price=Decimal("12.50")),
        ),
    )

    result = commands.send(update, client, key="k")

    assert [row.index for row in result.rejected] == [0]
    shown = reads.product(client, product.id)
    assert shown is not None
    assert [each.price for each in shown.variants] == [Decimal("12.50"), Decimal("9.95")]
    assert shown.variants[1].compare_at == Decimal("12.50")


def test_metafields_are_written_and_read(
    client: ShopifyClient, product: reads.ShownProduct
) -> None:
    kind = "single_line_text_field"
    items = tuple(
        MetafieldItem(owner=owner, namespace="erp", key="material", value="loza", type=kind)
        for owner in (product.id, product.variants[1].id)
    )

    assert commands.send(MetafieldsSet(items=items), client, key="k").carried_out

    shown = reads.product(client, product.id)
    assert shown is not None
    assert [each.value for each in shown.metafields] == ["loza"]
    assert [len(each.metafields) for each in shown.variants] == [0, 1]


def test_products_are_published_in_one_call(
    client: ShopifyClient, store: Store, product: reads.ShownProduct
) -> None:
    publish = Publish(publication=store.publication, product_ids=(product.id,))

    assert commands.send(publish, client, key="k").carried_out
    assert commands.send(publish, client, key="k").carried_out

    (shown,) = store.look("state?parts=products")["products"]
    assert "Online Store" in shown["published"]


def test_stock_is_written_and_read_back(
    client: ShopifyClient, store: Store, product: reads.ShownProduct
) -> None:
    red, blue = (each.inventory_item for each in product.variants)
    assert commands.send(Activate(item=blue, location=store.location), client, key="a").carried_out
    show(client, store, red, 10, "k")

    found = reads.levels(client, [red, blue, "gid://shopify/InventoryItem/1"], store.location)
    rows, cursor = reads.location_levels(client, store.location)

    assert {item: level.available for item, level in found.items()} == {red: 10, blue: 0}
    assert {row.sku: row.level.on_hand for row in rows} == {"TAZA-Rojo": 10, "TAZA-Azul": 0}
    assert cursor is None


def test_one_stale_row_stops_the_whole_batch(
    client: ShopifyClient, store: Store, product: reads.ShownProduct
) -> None:
    red, blue = (each.inventory_item for each in product.variants)
    show(client, store, red, 10, "first")
    batch = SetQuantities(
        location=store.location,
        rows=(
            QuantityRow(item=blue, quantity=5, change_from=None),
            QuantityRow(item=red, quantity=5, change_from=9),
        ),
    )

    result = commands.send(batch, client, key="second")

    assert [(row.index, row.code) for row in result.rejected] == [(1, commands.STALE)]
    assert not result.carried_out
    assert reads.levels(client, [red], store.location)[red].available == 10


@pytest.mark.parametrize("kind", ["applied_then_error", "truncated_json", "applied_then_timeout"])
def test_a_write_whose_answer_was_lost_is_repeated_with_its_key_and_done_once(
    client: ShopifyClient, store: Store, product: reads.ShownProduct, kind: str
) -> None:
    red = product.variants[0].inventory_item
    show(client, store, red, 10, "first")
    write = SetQuantities(
        location=store.location, rows=(QuantityRow(item=red, quantity=7, change_from=10),)
    )
    store.ask("faults", kind=kind, mutations_only=True)

    with pytest.raises(ShopifyOutcomeUnknown):
        commands.send(write, client, key="second")
    again = commands.send(write, client, key="second")

    # Without the key the repeat would be stale: the shop shows 7 by now.
    assert again.carried_out
    assert reads.levels(client, [red], store.location)[red].available == 7


def sold(store: Store, **wishes: Any) -> str:
    lines = [{"sku": "TAZA-Rojo", "quantity": 2}, {"sku": "TAZA-Azul", "quantity": 1}]
    order = {"lines": lines, "shipping": {}, "email": "maria@example.com", "address": HOME}
    return str(store.ask("orders", **(order | wishes))["gid"])


@pytest.fixture
def stocked(client: ShopifyClient, store: Store, product: reads.ShownProduct) -> None:
    for number, variant in enumerate(product.variants):
        show(client, store, variant.inventory_item, 100, f"stock-{number}")


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
