"""The quick executor gives the answers of the library's own, errors included."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import execute_sync, parse

from sandbox.shopify_store import catalogue, fill, graph, shops, webhooks
from sandbox.shopify_store.graph.executor import QuickExecutor
from sandbox.shopify_store.graph.registry import Call, resolve_field, type_name_of
from sandbox.shopify_store.graph.walk import Walk
from sandbox.shopify_store.paging import by_id
from sandbox.shopify_store.records import Token
from sandbox.shopify_store.schema import load
from sandbox.shopify_store.store import OpenShop, Store

STOCK = """{ inventoryItems(first: 5) { pageInfo { hasNextPage endCursor } edges { cursor node {
  id tracked duplicateSkuCount variant { title price product { title tags options { values } } }
  unitCost { amount } measurement { weight { value unit } }
  inventoryLevels(first: 3) { nodes { updatedAt isActive location { id name address { city } }
    quantities(names: ["available", "on_hand"]) { name quantity updatedAt } } } } } } }"""
NODES = """{ nodes(ids: ["%(item)s", "gid://shopify/InventoryItem/1", "%(location)s"]) {
  __typename id ... on InventoryItem { sku } ... on Location { name isActive } } }"""
NULLS = """{ products(first: 5) { nodes { id category { id } variants(first: 2) { nodes {
  barcode compareAtPrice metafield(namespace: "a", key: "b") { value } } } } } }"""
NOT_MODELLED = "{ products(first: 2) { nodes { id sellingPlanGroupsCount { count } } } }"
REQUIRED = (
    "{ products(first: 2) { nodes { id isGiftCard giftCardTemplateSuffix } } shop { name } }"
)
NO_SIZE = "{ products(first: 2) { nodes { id variants { nodes { id } } } } }"
BAD_NAME = """{ inventoryItems(first: 2) { nodes { id inventoryLevels(first: 1) { nodes {
  id quantities(names: ["nada"]) { name } } } } } }"""
BAD_ID = """{ inventoryItems(first: 2) { nodes { id
  inventoryLevel(locationId: "nada") { id } } } }"""
DENIED = "{ products(first: 1) { nodes { id } } orders(first: 1) { nodes { id } } }"


@pytest.fixture(scope="module")
def opened() -> Iterator[tuple[Store, OpenShop, dict[str, str]]]:
    assert graph.__all__
    store = Store(None, announce=webhooks.announce)
    shop, facts = shops.open_shop(store, shops.ShopRequest(domain="a.example"))
    location = facts["locations"][0]
    with store.action(shop, "test") as act:
        made = fill.fill(act, fill.FillRequest(items=7, per_product=3), location["id"])
    yield store, shop, {"item": made["first_item_gid"], "location": location["gid"]}
    store.close()


def answer(
    store: Store, shop: OpenShop, text: str, executor: Any
) -> tuple[Any, list[dict[str, Any]]]:
    token = Token(client_id="a", scopes=["read_products", "read_inventory", "read_locations"])
    with store.action(shop, "test", writes=False) as act:
        call = Call(act=act, token=token, scopes=load().scopes, searches=[], user_errors=[])
        result = execute_sync(
            load().schema,
            parse(text),
            context_value=call,
            field_resolver=resolve_field,
            type_resolver=type_name_of,
            executor_class=executor,
        )
    errors = sorted((dict(each.formatted) for each in result.errors or ()), key=str)
    return result.data, errors


@pytest.mark.parametrize(
    "text", [STOCK, NODES, NULLS, NOT_MODELLED, REQUIRED, NO_SIZE, BAD_NAME, BAD_ID, DENIED]
)
def test_both_say_the_same(opened: tuple[Store, OpenShop, dict[str, str]], text: str) -> None:
    store, shop, names = opened
    query = text % names if "%(" in text else text

    assert answer(store, shop, query, QuickExecutor) == answer(store, shop, query, None)


def test_a_bulk_walk_leaves_out_what_was_deleted_before_its_turn(
    opened: tuple[Store, OpenShop, dict[str, str]],
) -> None:
    store, shop, _ = opened
    walk = Walk()
    walk.page(shop.shop.products.values(), {}, by_id)
    with store.action(shop, "test") as act:
        catalogue.delete_product(act, list(shop.shop.products.values())[1])

    passed = walk.open(shop.shop, 0, 2)

    assert (passed, len(walk.window.rows)) == (2, 1)
