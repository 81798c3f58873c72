"""Bulk operations against Shopify's real schema: the same truth as page by page."""

import time
from typing import Any

import pytest

from shopify_app import bulk, commands, product_input, products, reads
from shopify_app.client import ShopifyClient
from shopify_app.commands import Activate, MetafieldItem, MetafieldsSet, ProductSet
from shopify_app.errors import ShopifyRejected, ShopifyUnavailable
from shopify_app.own_fields import OwnFields
from tests.shopify_app.sandbox import Store
from tests.shopify_app.sandbox_shop import mugs, sold


def briefly(_seconds: float) -> None:
    time.sleep(0.03)


def every_level(client: ShopifyClient, location: str) -> dict[str, reads.LevelRead]:
    found, cursor = reads.location_levels(client, location)
    while cursor:
        more, cursor = reads.location_levels(client, location, cursor)
        found += more
    return {each.item: each.level for each in found}


OWN = OwnFields(product=("erp.material",), variant=("erp.peso",))


def set_metafield(client: ShopifyClient, owner: str, key: str, value: str) -> None:
    item = MetafieldItem(
        owner=owner, namespace="erp", key=key, value=value, type="single_line_text_field"
    )
    assert commands.send(MetafieldsSet(items=(item,)), client, key=key).carried_out


@pytest.fixture
def catalogue(client: ShopifyClient, product: reads.ShownProduct) -> list[str]:
    """Mugs with metafields, a product of 60 variants, and one without options."""
    set_metafield(client, product.id, "material", "gres")
    for number, each in enumerate(product.variants):
        set_metafield(client, each.id, "peso", str(300 + number))
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
    wide = mugs(*[f"c{number}" for number in range(60)])
    made = [commands.send(ProductSet(input=each), client, key="p") for each in (bare, wide)]
    return [product.id, *(each.data["product"]["id"] for each in made)]


def test_bulk_levels_are_the_levels_of_every_location(
    client: ShopifyClient, store: Store, product: reads.ShownProduct, stocked: None
) -> None:
    store.change(add_locations=[{"name": "Tienda"}])
    places = [each.id for each in reads.shop_info(client).locations]
    red = product.variants[0].inventory_item
    assert commands.send(Activate(item=red, location=places[1]), client, key="a").carried_out
    sold(store)

    found = list(reads.bulk_levels(client, pause=briefly))

    assert {each.item for each in found if each.level is None} == {
        each.inventory_item for each in product.variants
    }
    for place in places:
        levels = {each.item: each.level for each in found if each.location == place}
        assert levels == every_level(client, place)
    assert len(places) == 2


def test_bulk_products_are_the_products_of_single_reads(
    client: ShopifyClient, catalogue: list[str]
) -> None:
    single = {gid: reads.shown_product(client, gid, OWN) for gid in catalogue}

    in_bulk = {each.id: each for each in products.bulk_products(client, pause=briefly)}
    paged, cursor = products.pages(client, OWN)

    assert in_bulk == single
    assert {each.id: each for each in paged} == single
    assert cursor is None


def test_the_answer_of_a_creation_says_what_is_stocked(client: ShopifyClient) -> None:
    wishes = mugs("Rojo", "Azul", "Juego")
    wishes["variants"][1]["inventoryItem"] = {"tracked": False}
    wishes["variants"][2]["requiresComponents"] = True
    card = mugs("25") | {"giftCard": True}
    card["variants"][0]["inventoryItem"] = {"tracked": False}

    made = [commands.send(ProductSet(input=each), client, key="p") for each in (wishes, card)]

    expected = {
        "TAZA-Rojo": "",
        "TAZA-Azul": "untracked",
        "TAZA-Juego": "bundle",
        "TAZA-25": "gift_card",
    }
    answers = [ids for each in made if (ids := product_input.ids(each.data))]
    assert {sku: why for ids in answers for sku, why in ids.stocked.items()} == expected
    found = {each.sku: each for each in products.all_variants(client)}
    assert {sku: each.stocked for sku, each in found.items()} == expected
    asked = reads.how_stocked(client, [each.inventory_item for each in found.values()])
    assert {sku: asked[each.inventory_item] for sku, each in found.items()} == expected
    in_bulk = products.bulk_products(client, pause=briefly)
    assert {each.sku: each.stocked for one in in_bulk for each in one.variants} == expected


def test_what_the_store_has_is_told_from_what_it_has_not(
    client: ShopifyClient, store: Store, product: reads.ShownProduct, stocked: None
) -> None:
    order, no_order = sold(store), "gid://shopify/Order/1"
    no_product = "gid://shopify/Product/1"

    assert reads.order_exists(client, [order, no_order, product.id]) == {order}
    assert products.products_exist(client, [product.id, no_product, order]) == {product.id}


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "bulk_fail", "code": "INTERNAL_SERVER_ERROR", "lines": 1},
        {"kind": "bulk_fail", "code": "TIMEOUT", "lines": 0},
        {"kind": "bulk_expired_url"},
    ],
)
def test_nothing_comes_of_an_operation_that_did_not_succeed(
    client: ShopifyClient, store: Store, stocked: None, fault: dict[str, Any]
) -> None:
    store.ask("faults", **fault)

    with pytest.raises(ShopifyUnavailable):
        next(reads.bulk_levels(client, pause=briefly))


def test_an_operation_in_the_way_is_stopped_and_says_so(
    client: ShopifyClient, store: Store, stocked: None
) -> None:
    store.ask("faults", kind="bulk_slow", seconds=60)
    operation = bulk.start(client, "levels")
    assert bulk.state(client, operation).status in {"CREATED", "RUNNING"}

    bulk.cancel(client, operation)

    with pytest.raises(ShopifyUnavailable, match="CANCELED"):
        bulk.wait(client, operation, pause=briefly)


def test_an_empty_store_has_no_file(client: ShopifyClient) -> None:
    assert list(reads.bulk_levels(client, pause=briefly)) == []


def test_only_whole_queries_are_taken(
    client: ShopifyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = "{ products { nodes { id } } }"
    monkeypatch.setattr("shopify_app.documents.bulk_text", lambda _name: query)

    with pytest.raises(ShopifyRejected, match="edges"):
        bulk.start(client, "levels")
