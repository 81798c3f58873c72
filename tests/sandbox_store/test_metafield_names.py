"""Metafields asked for by name, and products by the name that a metafield gives them."""

from __future__ import annotations

from typing import Any

from .shop import TestShop


def test_metafields_asked_for_by_name_are_told_by_name(shop: TestShop) -> None:
    owner = {"ownerId": shop.product["id"], "type": "single_line_text_field", "value": "x"}
    names = [("app", "uno"), ("erp", "uno"), ("erp", "dos")]
    rows = [owner | {"namespace": space, "key": key} for space, key in names]
    shop.run("metafields_set", metafields=rows)
    query = """query Q($id: ID!, $keys: [String!]) { product(id: $id) {
      metafields(first: 2, keys: $keys) { nodes { namespace key compareDigest } } } }"""

    def told(keys: list[str] | None) -> list[dict[str, str]]:
        found = shop.ask(query, id=shop.product["id"], keys=keys)["product"]["metafields"]
        return list(found["nodes"])

    named = told(["erp.dos", "dos", "erp.uno", "erp.tres"])
    assert [(each["namespace"], each["key"]) for each in named] == [
        ("erp", "erp.uno"),
        ("erp", "erp.dos"),
    ]
    first_two = told(None)
    assert [each["key"] for each in first_two] == ["uno", "uno"]
    assert named[0]["compareDigest"] == first_two[1]["compareDigest"]


def test_to_ask_for_no_metafields_by_name_is_not_modelled(shop: TestShop) -> None:
    query = """query Q($id: ID!) { product(id: $id) {
      metafields(first: 1, keys: []) { nodes { id } } } }"""

    answer = shop.answer(query, {"id": shop.product["id"]})

    assert answer["errors"][0]["message"] == "sandbox: metafields(keys: []) is not modelled"


def test_a_product_is_looked_up_by_its_custom_id(shop: TestShop) -> None:
    query = """query Q($by: ProductIdentifierInput!) {
      productByIdentifier(identifier: $by) { id } }"""

    def found(value: str) -> dict[str, Any]:
        custom = {"namespace": "erp", "key": "ref", "value": value}
        return shop.answer(query, {"by": {"customId": custom}})

    assert "definition of type 'id' is required" in found("A-1")["errors"][0]["message"]
    define = """mutation M($d: MetafieldDefinitionInput!) {
      metafieldDefinitionCreate(definition: $d) { userErrors { message } } }"""
    definition = {"name": "Ref", "namespace": "erp", "key": "ref", "type": "id"}
    shop.ask(define, d=definition | {"ownerType": "PRODUCT"})
    field = {"namespace": "erp", "key": "ref", "type": "id", "value": "A-1"}
    shop.run("metafields_set", metafields=[field | {"ownerId": shop.product["id"]}])

    assert found("A-1")["data"]["productByIdentifier"] == {"id": shop.product["id"]}
    assert found("A-2")["data"]["productByIdentifier"] is None
