"""Stock that is not counted, or not set by anybody: untracked items, gift cards, bundles."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .shop import Ear, TestShop, variant_input

ITEM_UPDATE = """mutation($id: ID!, $input: InventoryItemInput!) {
  inventoryItemUpdate(id: $id, input: $input) {
    inventoryItem { tracked } userErrors { field message } } }"""
CARD = {"title": "Tarjeta", "handle": "tarjeta", "giftCard": True}
CARD_VARIANT = {
    "optionValues": [{"optionName": "Importe", "name": "25"}],
    "price": "25.00",
    "inventoryItem": {"sku": "TAR-25"},
}
READ = """query($h: String!) { productByHandle(handle: $h) { isGiftCard tracksInventory
  variants(first: 5) { nodes { requiresComponents inventoryItem { id tracked requiresShipping
  trackedEditable { locked } } } } } }"""


def set_rows(shop: TestShop, item: str) -> dict[str, Any]:
    row = {
        "inventoryItemId": item,
        "locationId": shop.location(),
        "quantity": 4,
        "changeFromQuantity": None,
    }
    data = {"name": "available", "reason": "correction", "quantities": [row]}
    return shop.run("inventory_set", input=data, key=f"k{item}")


def gift_card(shop: TestShop, **changes: Any) -> Any:
    data = CARD | {
        "productOptions": [{"name": "Importe", "values": [{"name": "25"}]}],
        "variants": [CARD_VARIANT | changes],
    }
    return shop.run("product_set", identifier={"handle": "tarjeta"}, input=data, sync=True)


def test_sales_and_refunds_of_an_untracked_item_move_no_stock(shop: TestShop) -> None:
    shop.ask(ITEM_UPDATE, id=shop.item(), input={"tracked": False})

    placed = shop.order(("CAM-S", 30))
    lines = [{"line_id": placed["lines"][0]["id"], "quantity": 30, "restock_type": "CANCEL"}]
    shop.control("POST", f"/orders/{placed['id']}/refund", {"lines": lines})

    levels = shop.levels()
    assert (levels["available"], levels["committed"]) == (10, 0)


def test_an_order_taken_while_tracked_gives_back_what_it_took(shop: TestShop) -> None:
    placed = shop.order(("CAM-S", 3))
    shop.ask(ITEM_UPDATE, id=shop.item(), input={"tracked": False})

    shop.control("POST", f"/orders/{placed['id']}/cancel", {})

    assert shop.levels()["committed"] == 0


def test_tracked_is_set_by_the_item_and_by_the_variant(shop: TestShop) -> None:
    data = shop.ask(ITEM_UPDATE, id=shop.item(), input={"tracked": False})
    assert data["inventoryItemUpdate"]["inventoryItem"] == {"tracked": False}

    row = {"id": shop.variant(), "inventoryItem": {"tracked": True}}
    shop.run("variants_bulk_update", productId=shop.product["id"], variants=[row])

    state = shop.control("GET", "/state?parts=products")["products"][0]["variants"]
    assert [each["tracked"] for each in state] == [True, True]


def test_a_change_of_an_item_is_told_once_with_its_tracking(shop: TestShop, ear: Ear) -> None:
    shop.subscribe("INVENTORY_ITEMS_UPDATE", ear.url)

    shop.ask(ITEM_UPDATE, id=shop.item(), input={"tracked": False})
    shop.ask(ITEM_UPDATE, id=shop.item(), input={"tracked": False})
    shop.flush()

    bodies = [json.loads(each.body) for each in ear.heard]
    assert [(each["sku"], each["tracked"]) for each in bodies] == [("CAM-S", False)]
    assert bodies[0]["admin_graphql_api_id"] == shop.item()


def test_a_gift_card_has_no_tracked_stock(shop: TestShop) -> None:
    assert gift_card(shop)["userErrors"] == []

    product = shop.ask(READ, h="tarjeta")["productByHandle"]
    assert (product["isGiftCard"], product["tracksInventory"]) == (True, False)
    item = product["variants"]["nodes"][0]["inventoryItem"]
    assert (item["tracked"], item["requiresShipping"]) == (False, False)
    assert item["trackedEditable"] == {"locked": True}
    order = shop.order(("TAR-25", 2))
    query = "query($id: ID!) { order(id: $id) { lineItems(first: 1) { nodes { isGiftCard } } } }"
    read = shop.ask(query, id=order["gid"])
    assert read["order"]["lineItems"]["nodes"] == [{"isGiftCard": True}]


def test_a_gift_card_cannot_be_tracked_nor_stocked(shop: TestShop) -> None:
    refused = gift_card(shop, inventoryItem={"sku": "TAR-25", "tracked": True})
    assert refused["userErrors"][0]["message"] == "Gift cards can't be tracked"
    gift_card(shop)
    product = shop.ask(READ, h="tarjeta")["productByHandle"]
    item = product["variants"]["nodes"][0]["inventoryItem"]["id"]

    assert set_rows(shop, item)["userErrors"][0]["code"] == "NON_MUTABLE_INVENTORY_ITEM"
    data = shop.ask(ITEM_UPDATE, id=item, input={"tracked": True})
    assert data["inventoryItemUpdate"]["userErrors"][0]["field"] == ["input", "tracked"]


def test_a_product_becomes_no_gift_card_later(shop: TestShop) -> None:
    shop.set_product(giftCard=True)

    assert shop.ask(READ, h="camiseta")["productByHandle"]["isGiftCard"] is False


def test_nobody_sets_the_stock_of_a_bundle_and_the_batch_fails_with_it(shop: TestShop) -> None:
    made = shop.control("POST", "/variants", {"sku": "CAM-M", "requires_components": True})
    assert made["requires_components"] is True

    rows = [
        {
            "inventoryItemId": shop.item(place),
            "locationId": shop.location(),
            "quantity": 4,
            "changeFromQuantity": 10,
        }
        for place in (0, 1)
    ]
    data = {"name": "available", "reason": "correction", "quantities": rows}
    error = shop.run("inventory_set", input=data, key="b")["userErrors"][0]

    assert error["code"] == "NON_MUTABLE_INVENTORY_ITEM"
    assert error["field"] == ["input", "quantities", "1", "inventoryItemId"]
    assert shop.levels()["available"] == 10


@pytest.mark.parametrize("name", ["available", "damaged"])
def test_a_bundle_is_not_adjusted_either(shop: TestShop, name: str) -> None:
    shop.control("POST", "/variants", {"sku": "CAM-S", "requires_components": True})
    row = {
        "inventoryItemId": shop.item(),
        "locationId": shop.location(),
        "delta": 1,
        "changeFromQuantity": None,
    }

    payload = shop.run(
        "inventory_adjust", input={"name": name, "reason": "other", "changes": [row]}, key="a"
    )

    assert payload["userErrors"][0]["code"] == "NON_MUTABLE_INVENTORY_ITEM"


def test_a_bundle_made_by_the_api_and_what_it_refuses(shop: TestShop) -> None:
    row = {"id": shop.variant(), "requiresComponents": True}
    shop.run("variants_bulk_update", productId=shop.product["id"], variants=[row])
    nodes = shop.ask(READ, h="camiseta")["productByHandle"]["variants"]["nodes"]
    assert [each["requiresComponents"] for each in nodes] == [True, False]

    payload = shop.set_product(variants=[variant_input(size, shop.location()) for size in "SM"])
    assert "requires components" in payload["userErrors"][0]["message"]
    stock = shop.run(
        "inventory_activate", item=shop.item(), loc=shop.location(1), available=3, key="z"
    )
    assert stock["userErrors"]
    assert "bundle" in shop.refused("/inventory", {"sku": "CAM-S", "available": 3})
    assert "bundles" in shop.refused("/orders", {"lines": [{"sku": "CAM-S", "quantity": 1}]})


def test_the_levels_of_a_deactivated_location_are_not_shown(shop: TestShop, ear: Ear) -> None:
    for topic in ("LOCATIONS_DEACTIVATE", "LOCATIONS_ACTIVATE"):
        shop.subscribe(topic, ear.url)
    place = shop.facts["locations"][0]["id"]

    shop.control("PATCH", "", {"deactivate_location": place})

    assert shop.levels() == {}
    query = (
        "query($id: ID!) { inventoryItem(id: $id) { inventoryLevels(first: 5) { nodes { id } } } }"
    )
    assert shop.ask(query, id=shop.item())["inventoryItem"]["inventoryLevels"]["nodes"] == []
    payload = set_rows(shop, shop.item())
    assert payload["userErrors"][0]["code"] == "INVALID_LOCATION"
    shop.control("PATCH", "", {"activate_location": place})
    assert shop.levels()["available"] == 10
    shop.flush()
    assert ear.topics() == ["locations/deactivate", "locations/activate"]
    assert json.loads(ear.heard[0].body)["active"] is False
