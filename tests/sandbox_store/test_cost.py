"""Prices of documents, by the rule fitted on real answers."""

from __future__ import annotations

from typing import Any

import pytest

from .shop import TestShop, operation


@pytest.mark.parametrize(
    ("query", "price"),
    [
        ("{ shop { name } }", 1),
        ("{ products(first: 250) { nodes { id } } }", 13),
        ("{ products(first: 1) { nodes { id } } }", 3),
        ("{ products(first: 100) { edges { cursor node { id } } pageInfo { hasNextPage } } }", 11),
        ("{ productVariants(first: 250) { nodes { inventoryItem { id } } } }", 24),
        ("{ productsCount { count } }", 10),
    ],
)
def test_a_query_costs_what_it_costs_at_shopify(shop: TestShop, query: str, price: int) -> None:
    assert shop.answer(query)["extensions"]["cost"]["requestedQueryCost"] == price


@pytest.mark.parametrize(
    ("name", "variables", "price"),
    [
        ("shop_install", {}, 24),
        ("orders_reconcile", {"q": ""}, 13),
        ("order_fulfillment", {"id": "gid://shopify/Order/1"}, 132),
        ("order_refunds_returns", {"id": "gid://shopify/Order/1"}, 205),
    ],
)
def test_our_documents_cost_what_was_measured(
    shop: TestShop, name: str, variables: dict[str, Any], price: int
) -> None:
    answer = shop.answer(operation(name), variables)

    assert answer["extensions"]["cost"]["requestedQueryCost"] == price


def test_the_price_of_product_set_grows_with_its_input(shop: TestShop) -> None:
    query = """mutation Set($input: ProductSetInput!) {
      productSet(input: $input) { product { id } userErrors { field message } } }"""
    values = [{"name": f"{number}"} for number in range(50)]
    variants = [{"optionValues": [{"optionName": "Talla", **value}]} for value in values]
    field = {"key": "familia", "type": "single_line_text_field", "value": "Textil"}
    data = {
        "title": "Pantalón",
        "productOptions": [{"name": "Talla", "values": values}],
        "variants": variants,
        "metafields": [field | {"key": f"f{number}"} for number in range(5)],
    }

    cost = shop.answer(query, {"input": data})["extensions"]["cost"]

    assert cost["requestedQueryCost"] == 10 + 50 * 0.2 + 5 * 0.4


def test_what_was_not_used_is_given_back(shop: TestShop) -> None:
    cost = shop.answer("{ orders(first: 250) { nodes { id } } }")["extensions"]["cost"]

    assert (cost["requestedQueryCost"], cost["actualQueryCost"]) == (13, 2)
    assert cost["throttleStatus"]["currentlyAvailable"] >= 2000 - 2 - 46
