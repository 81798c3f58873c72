"""Writes are values: stored and loaded unchanged, sent as they are, refused row by row."""

import json
from decimal import Decimal

import pytest

from shopify_app import commands
from shopify_app.client import ShopifyClient
from shopify_app.commands import (
    Command,
    MetafieldItem,
    MetafieldsSet,
    ProductSet,
    Publish,
    QuantityRow,
    Rejected,
    SetQuantities,
    VariantPrice,
    VariantsUpdate,
)
from shopify_app.errors import ShopifyOutcomeUnknown
from shopify_app.models import Shop
from shopify_app.schema import samples
from tests.shopify_app import raw_server as wire
from tests.shopify_app.raw_server import RawServer

STOCK = SetQuantities(
    location="l",
    rows=tuple(QuantityRow(item=f"i{n}", quantity=n, change_from=1) for n in range(3)),
)
PRICES = VariantsUpdate(
    product_id="p", variants=tuple(VariantPrice(id=str(n), price=Decimal(n)) for n in range(3))
)


@pytest.fixture
def client(shop: Shop, shopify: RawServer) -> ShopifyClient:
    return ShopifyClient.for_shop(shop)


@pytest.mark.parametrize("command", samples.COMMANDS, ids=lambda each: each.kind)
def test_a_command_is_loaded_as_it_was_stored(command: Command) -> None:
    stored = json.loads(json.dumps(commands.dump(command)))

    loaded = commands.load(command.kind, stored)

    assert loaded == command
    assert loaded.variables() == command.variables()


def test_every_kind_has_a_sample() -> None:
    assert {each.kind for each in samples.COMMANDS} == set(commands.COMMANDS)


def test_a_key_goes_into_the_document_that_has_a_place_for_it(
    client: ShopifyClient, shopify: RawServer
) -> None:
    shopify.script = [
        wire.data({"inventorySetQuantities": {"userErrors": []}}),
        wire.data({"publicationUpdate": {"userErrors": []}}),
    ]

    assert commands.send(STOCK, client, key="k-1").carried_out
    assert commands.send(
        Publish(publication="x", product_ids=("p",)), client, key="k-2"
    ).carried_out

    keyed, unkeyed = shopify.requests
    assert keyed.variables["key"] == "k-1"
    assert keyed.variables["input"]["quantities"][0]["changeFromQuantity"] == 1
    assert "key" not in unkeyed.variables


def test_one_stale_row_stops_the_batch_and_is_named(
    client: ShopifyClient, shopify: RawServer
) -> None:
    error = {
        "code": commands.STALE,
        "field": ["input", "quantities", "2", "changeFromQuantity"],
        "message": "stale",
    }
    shopify.script = [wire.data({"inventorySetQuantities": {"userErrors": [error]}})]

    result = commands.send(STOCK, client, key="k")

    assert result.rejected == (Rejected(index=2, code=commands.STALE, message="stale"),)
    assert not result.carried_out


@pytest.mark.parametrize(
    ("field", "index", "carried_out"),
    [(["variants", "1", "price"], 1, True), (["productId"], None, False)],
)
def test_a_refused_price_does_not_stop_the_others(
    client: ShopifyClient,
    shopify: RawServer,
    field: list[str],
    index: int | None,
    carried_out: bool,
) -> None:
    error = {"code": None, "field": field, "message": "no"}
    shopify.script = [wire.data({"productVariantsBulkUpdate": {"userErrors": [error]}})]

    result = commands.send(PRICES, client, key="k")

    assert result.rejected[0].index == index
    assert result.carried_out is carried_out


def test_a_refused_metafield_is_found_by_its_element(
    client: ShopifyClient, shopify: RawServer
) -> None:
    item = MetafieldItem(owner="o", namespace="n", key="k", value="v")
    error = {"code": "INVALID_VALUE", "field": ["metafields"], "message": "m", "elementIndex": 1}
    shopify.script = [wire.data({"metafieldsSet": {"userErrors": [error]}})]

    result = commands.send(MetafieldsSet(items=(item, item)), client, key="k")

    assert result.rejected == (Rejected(index=1, code="INVALID_VALUE", message="m"),)


@pytest.mark.parametrize(
    "payload",
    [
        None,
        {
            "userErrors": [
                {"code": "IDEMPOTENCY_CONCURRENT_REQUEST", "field": None, "message": "x"}
            ]
        },
    ],
)
def test_a_write_still_running_elsewhere_is_unknown(
    client: ShopifyClient, shopify: RawServer, payload: object
) -> None:
    shopify.script = [wire.data({"inventorySetQuantities": payload})]

    with pytest.raises(ShopifyOutcomeUnknown):
        commands.send(STOCK, client, key="k")


def test_a_product_asks_for_as_many_ids_as_it_has_variants() -> None:
    variants = [{"sku": str(n)} for n in range(3)]

    assert ProductSet(input={"variants": variants}).variables()["first"] == 3
    assert ProductSet(input={"title": "x"}).variables()["first"] == 1
    assert ProductSet(input={"variants": variants * 200}).variables()["first"] == 250


def test_batches_stay_within_shopifys_limits() -> None:
    row = QuantityRow(item="i", quantity=1, change_from=None)
    with pytest.raises(ValueError, match="250"):
        SetQuantities(location="l", rows=(row,) * 251)
    with pytest.raises(ValueError, match="50"):
        Publish(publication="p", product_ids=("x",) * 51)
    with pytest.raises(ValueError, match="25"):
        MetafieldsSet(items=())


def test_a_crossed_out_price_is_cleared_only_on_purpose() -> None:
    shown = VariantPrice(id="v", price=Decimal("9.90"), compare_at_price=Decimal("12.00"))
    cleared = VariantPrice(id="v", price=Decimal("9.90"))
    kept = VariantPrice(id="v", price=Decimal("9.90"), keep_compare_at=True)

    assert shown.as_input()["compareAtPrice"] == "12.00"
    assert cleared.as_input()["compareAtPrice"] is None
    assert "compareAtPrice" not in kept.as_input()
