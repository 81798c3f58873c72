"""Rows of a bulk file become the same values that single reads give."""

import json
import random
from decimal import Decimal
from pathlib import Path

import pytest

from shopify_app import products, reads
from shopify_app.client import ShopifyClient
from shopify_app.errors import ShopifyUnavailable
from shopify_app.models import Shop
from tests.shopify_app import raw_server as wire
from tests.shopify_app.raw_server import RawServer
from tests.shopify_app.test_bulk import completed, started

EXAMPLES = Path(__file__).parent / "bulk_examples"
GID = "gid://shopify/"


@pytest.fixture
def client(shop: Shop, shopify: RawServer) -> ShopifyClient:
    return ShopifyClient.for_shop(shop)


def example(name: str) -> list[str]:
    return (EXAMPLES / f"{name}.jsonl").read_text().splitlines()


def answer(shopify: RawServer, lines: list[str]) -> None:
    file = wire.respond(200, "\n".join(lines).encode())
    shopify.script = [started(), completed(shopify, objects=len(lines)), file]


def no_pause(_seconds: float) -> None:
    """A test does not wait."""


def test_every_item_and_every_level_is_told(client: ShopifyClient, shopify: RawServer) -> None:
    answer(shopify, example("levels"))

    found = list(reads.bulk_levels(client, pause=no_pause))

    alone = [(each.item, each.sku, each.tracked) for each in found if each.level is None]
    assert alone == [
        (GID + "InventoryItem/1011", "TAZA-Rojo", True),
        (GID + "InventoryItem/1012", "TAZA-Azul", True),
        (GID + "InventoryItem/1021", "", False),
    ]
    levels = {
        (each.sku, each.location): (each.level.available, each.level.committed, each.level.on_hand)
        for each in found
        if each.level
    }
    assert levels == {
        ("TAZA-Rojo", GID + "Location/7"): (10, 2, 12),
        ("TAZA-Azul", GID + "Location/7"): (-1, 1, 0),
        ("TAZA-Rojo", GID + "Location/8"): (3, 0, 3),
    }


@pytest.mark.parametrize("seed", range(5))
def test_levels_may_come_in_any_order(
    client: ShopifyClient, shopify: RawServer, seed: int
) -> None:
    answer(shopify, example("levels"))
    found = set(reads.bulk_levels(client, pause=no_pause))
    shuffled = example("levels")
    random.Random(seed).shuffle(shuffled)
    answer(shopify, shuffled)

    again = set(reads.bulk_levels(client, pause=no_pause))

    assert again == found


def test_products_are_put_together_from_their_rows(
    client: ShopifyClient, shopify: RawServer
) -> None:
    answer(shopify, example("products"))

    mug, card, bare = products.bulk_products(client, pause=no_pause)

    assert shopify.requests[0].variables["grouped"] is True
    assert (mug.product.title, mug.product.description_html) == ("Taza", "<p>A mano</p>")
    assert [each.value for each in mug.product.metafields] == ["gres"]
    red, blue = mug.product.variants
    assert (red.option_values, red.price, red.compare_at) == (
        ("Rojo",),
        Decimal("12.50"),
        Decimal("15.00"),
    )
    assert [each.value for each in red.metafields] == ["300", "A7"]
    assert [each.value for each in blue.metafields] == ["310"]
    assert [each.stocked for each in mug.variants] == ["", "bundle"]
    assert mug.variants[0].inventory_item == GID + "InventoryItem/1011"
    assert [(each.sku, each.stocked) for each in card.variants] == [("", "gift_card")]
    assert card.product.options == ()
    assert (bare.product.status, bare.product.variants) == ("DRAFT", ())


def test_a_product_whose_rows_are_elsewhere_is_not_built_without_them(
    client: ShopifyClient, shopify: RawServer
) -> None:
    rows = example("products")
    variant = next(row for row in rows if "TAZA-Azul" in row)
    moved = [row for row in rows if row != variant and json.loads(row)["id"][-3:] != "504"]
    answer(shopify, [*moved, variant])

    with pytest.raises(ShopifyUnavailable, match="not with its product"):
        list(products.bulk_products(client, pause=no_pause))
