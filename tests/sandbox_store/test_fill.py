"""A shop filled with many items at once: quick, quiet, and in every way like other items."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from . import bulk
from .shop import Ear, ShopClient, TestShop

LEVELS = """query($place: ID!, $after: String, $first: Int!) { location(id: $place) {
  inventoryLevels(first: $first, after: $after) {
    pageInfo { hasNextPage hasPreviousPage endCursor }
    nodes { item { id sku } quantities(names: ["available"]) { quantity } } } } }"""


def pages(shop: ShopClient, first: int) -> list[list[str]]:
    """The SKUs of each page of a location's levels."""
    found, after = [], None
    while True:
        data = shop.ask(LEVELS, place=shop.location(), after=after, first=first)
        page = data["location"]["inventoryLevels"]
        found.append([row["item"]["sku"] for row in page["nodes"]])
        assert page["pageInfo"]["hasPreviousPage"] is (len(found) > 1)
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


def test_ids_follow_the_skus(shop: TestShop) -> None:
    made = shop.control("POST", "/fill", {"items": 230, "available": 5, "location": "Valencia"})

    assert (made["count"], made["first_sku"], made["last_sku"]) == (
        230,
        "MASA-0000001",
        "MASA-0000230",
    )
    for place in (0, 99, 100, 229):
        item = f"gid://shopify/InventoryItem/{made['first_item_id'] + place}"
        data = shop.ask(
            """query($i: ID!, $p: ID!) { inventoryItem(id: $i) { sku tracked
            variant { title inventoryQuantity product { hasOnlyDefaultVariant } }
            inventoryLevel(locationId: $p) { quantities(names: ["on_hand"]) { quantity } } } }""",
            i=item,
            p=shop.location(1),
        )["inventoryItem"]
        assert data == {
            "sku": f"MASA-{place + 1:07d}",
            "tracked": True,
            "variant": {
                "title": str(place % 100 + 1),
                "inventoryQuantity": 5,
                "product": {"hasOnlyDefaultVariant": False},
            },
            "inventoryLevel": {"quantities": [{"quantity": 5}]},
        }


def test_it_is_one_entry_in_the_log_and_no_webhook(shop: TestShop, ear: Ear) -> None:
    for topic in ("PRODUCTS_CREATE", "INVENTORY_LEVELS_UPDATE", "INVENTORY_LEVELS_CONNECT"):
        shop.subscribe(topic, ear.url)
    last = shop.control("GET", "/log")["last"]

    shop.control("POST", "/fill", {"items": 50, "prefix": "LOTE-"})

    entries = shop.control("GET", f"/log?since={last}")["entries"]
    assert [(each["kind"], each["count"]) for each in entries] == [("fill", 50)]
    assert shop.flush() == {"delivered": 0, "failed": 0, "pending": 0}


def test_filled_items_sell_and_are_set_like_others(shop: TestShop) -> None:
    made = shop.control("POST", "/fill", {"items": 3, "available": 5})
    shop.order(("MASA-0000002", 2))
    row = {
        "inventoryItemId": f"gid://shopify/InventoryItem/{made['first_item_id'] + 1}",
        "locationId": shop.location(),
        "quantity": 9,
        "changeFromQuantity": 3,
    }
    data = {"name": "available", "reason": "correction", "quantities": [row]}

    assert shop.run("inventory_set", input=data, key="x")["userErrors"] == []

    state = shop.control("GET", "/state?parts=products")["products"][-1]["variants"]
    assert [each["levels"][0]["available"] for each in state] == [5, 9, 5]
    assert state[1]["levels"][0]["committed"] == 2


def test_the_same_skus_twice_are_refused(shop: TestShop) -> None:
    shop.control("POST", "/fill", {"items": 3})

    assert "first_number" in shop.refused("/fill", {"items": 3})
    made = shop.control("POST", "/fill", {"items": 3, "first_number": 4})
    assert made["first_sku"] == "MASA-0000004"


@pytest.mark.parametrize("first", [1, 3, 7, 100])
def test_pages_of_a_location_miss_and_double_nothing(shop: TestShop, first: int) -> None:
    shop.control("POST", "/fill", {"items": 5})

    found = pages(shop, first)

    skus = [sku for page in found for sku in page]
    assert skus == ["CAM-S", "CAM-M", *(f"MASA-{number:07d}" for number in range(1, 6))]
    assert {len(page) for page in found[:-1]} <= {first}


def test_pages_follow_what_comes_and_goes(shop: TestShop) -> None:
    shop.control("POST", "/fill", {"items": 2})
    assert pages(shop, 250) == [["CAM-S", "CAM-M", "MASA-0000001", "MASA-0000002"]]

    shop.control("DELETE", "/products?handle=camiseta")
    shop.control("POST", "/fill", {"items": 2, "prefix": "B-"})

    assert pages(shop, 3) == [
        ["MASA-0000001", "MASA-0000002", "B-0000001"],
        ["B-0000002"],
    ]
    skus = [row["sku"] for row in bulk.run(shop, bulk.STOCK) if "sku" in row]
    assert skus == ["MASA-0000001", "MASA-0000002", "B-0000001", "B-0000002"]


@pytest.mark.slow
def test_many_items_are_made_and_read_quickly(open_shop: Callable[..., ShopClient]) -> None:
    shop = open_shop(bucket={"size": 1_000_000, "restore_rate": 1_000_000})
    count = 60_000
    began = time.monotonic()
    shop.control("POST", "/fill", {"items": count, "available": 5})
    filled = time.monotonic() - began

    operation = bulk.begin(shop, bulk.STOCK)
    slowest = 0.0
    while bulk.status(shop, operation)["status"] in bulk.OPEN:
        began = time.monotonic()
        shop.ask(LEVELS, place=shop.location(), after=None, first=250)
        slowest = max(slowest, time.monotonic() - began)
        time.sleep(0.05)

    done = bulk.status(shop, operation)
    assert (done["status"], done["objectCount"]) == ("COMPLETED", str(2 * count))
    # Wide margins: the machine may be busy with other things.
    assert filled < count / 20_000
    assert slowest < 1
