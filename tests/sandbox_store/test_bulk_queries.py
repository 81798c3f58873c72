"""Bulk queries: what is refused, and what comes out."""

from __future__ import annotations

import time

import pytest

from . import bulk
from .shop import TestShop

NODES = "{ products { nodes { id } } }"
NO_ID = "{ products { edges { node { title variants { edges { node { id } } } } } } }"
ALIASED = NO_ID.replace("title", "other: id")
IN_LIST = (
    """{ orders { edges { node { id fulfillments { events { edges { node { id } } } } } } } }"""
)
DEEP = """{ products { edges { node { id variants { edges { node { id
  metafields { edges { node { id owner { ... on Product { id } } } } }
  inventoryItem { id inventoryLevels { edges { node { id
    scheduledChanges { edges { node { expectedAt } } } } } } } } } } } } } }"""
ONE = "p{0}: products {{ edges {{ node {{ id }} }} }}"
SIX = "{" + " ".join(ONE.format(number) for number in range(6)) + "}"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (NODES, "must select their contents using 'edges' > 'node'"),
        ("{ products { edges { node { id } cursor } } }", "'edges' > 'node'"),
        ("{ shop { name } }", "must contain at least one connection"),
        (SIX, "more than 5 connections"),
        (DEEP, "nesting depth greater than 2"),
        (NO_ID, "must select the 'id' field without an alias"),
        (ALIASED, "must select the 'id' field without an alias"),
        (IN_LIST, "a connection field within a list field"),
        ('{ node(id: "gid://shopify/Product/1") { id } }', "a top level `node` field"),
        ("mutation { productDelete(input: {id: 1}) { shop { id } } }", "Invalid operation type"),
        ("{ products { edges { node { id } ", "Invalid bulk query: syntax error"),
        ("{ products { edges { node { nada } } } }", "Field 'nada' doesn't exist on type"),
        ("{ shop { id products { edges { node { id } } } } }", "is not modelled"),
        (bulk.STOCK + " " * 65_535, "too large"),
    ],
)
def test_a_query_against_the_rules_is_refused(shop: TestShop, query: str, said: str) -> None:
    payload = bulk.start(shop, query)

    assert payload["bulkOperation"] is None
    error = payload["userErrors"][0]
    assert (error["code"], error["field"]) == ("INVALID", ["query"])
    assert said in error["message"]


def test_every_broken_rule_is_told(shop: TestShop) -> None:
    payload = bulk.start(shop, '{ node(id: "gid://shopify/Product/1") { id } }')

    assert [error["code"] for error in payload["userErrors"]] == ["INVALID", "INVALID"]


def test_all_nodes_come_whatever_first_says_and_children_name_their_parent(
    shop: TestShop,
) -> None:
    found = bulk.run(
        shop,
        """{ products(first: 1) { edges { node { id title
        variants(first: 1) { edges { node { id sku } } } } } } }""",
    )

    product, *variants = found
    assert product == {"id": shop.product["id"], "title": "Camiseta"}
    assert [row["sku"] for row in variants] == ["CAM-S", "CAM-M"]
    assert {row["__parentId"] for row in variants} == {product["id"]}


def test_stock_in_bulk_is_what_the_api_shows(shop: TestShop) -> None:
    shop.order(("CAM-S", 3))

    found = bulk.run(shop, bulk.STOCK)

    items = [row for row in found if "__parentId" not in row]
    levels = [row for row in found if "__parentId" in row]
    assert [row["sku"] for row in items] == ["CAM-S", "CAM-M"]
    assert [row["__parentId"] for row in levels] == [row["id"] for row in items]
    assert levels[0]["quantities"] == [
        {"name": "available", "quantity": 7},
        {"name": "on_hand", "quantity": 10},
    ]
    assert levels[0]["location"] == {"id": shop.location()}


def test_children_stand_by_their_parent_only_when_that_is_asked_for(shop: TestShop) -> None:
    shop.set_product(handle="gorra", title="Gorra")
    query = "{ products { edges { node { id variants { edges { node { sku } } } } } } }"

    apart = ["__parentId" in row for row in bulk.run(shop, query)]
    together = ["__parentId" in row for row in bulk.run(shop, query, grouped=True)]

    assert apart == [False, False, True, True, True, True]
    assert together == [False, True, True, False, True, True]


def test_a_connection_inside_an_object_hangs_on_the_node_around_it(shop: TestShop) -> None:
    found = bulk.run(
        shop,
        """{ productVariants { edges { node { id sku inventoryItem { id
        inventoryLevels { edges { node { isActive } } } } } } } }""",
    )

    variants, levels = found[:2], found[2:]
    assert variants[0]["inventoryItem"] == {"id": shop.item()}
    assert [row["__parentId"] for row in levels] == [row["id"] for row in variants]


def test_a_filter_and_two_roots(shop: TestShop) -> None:
    shop.order(("CAM-S", 1))

    found = bulk.run(
        shop,
        """{ orders { edges { node { id name } } }
        some: productVariants(query: "sku:CAM-M") { edges { node { ... on ProductVariant { sku } }
        } } }""",
    )

    assert [row.get("name") or row["sku"] for row in found] == ["#1001", "CAM-M"]


def test_counts_size_and_the_query_are_told(shop: TestShop) -> None:
    done = bulk.wait(shop, bulk.begin(shop, bulk.STOCK))

    content = shop.http.get(done["url"]).content
    assert (done["objectCount"], done["rootObjectCount"]) == ("4", "2")
    assert done["fileSize"] == str(len(content))
    assert (done["type"], done["query"]) == ("QUERY", bulk.STOCK)
    assert done["partialDataUrl"] is None
    assert done["completedAt"] >= done["createdAt"]


def test_nothing_found_has_no_file(shop: TestShop) -> None:
    done = bulk.wait(shop, bulk.begin(shop, "{ orders { edges { node { id } } } }"))

    assert (done["status"], done["objectCount"], done["url"]) == ("COMPLETED", "0", None)


def test_starting_costs_ten_points_and_running_none(shop: TestShop) -> None:
    since = shop.control("GET", "/counters")["last"]
    bulk.begin(shop, bulk.STOCK)
    time.sleep(0.5)

    spent = shop.control("GET", f"/counters?since={since}")
    assert (spent["calls"], spent["points_actual"]) == (1, 10)
