"""What the platform refuses, in its order and its words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .shop import ShopClient, TestShop, operation

SET = operation("inventory_set")


def stock(shop: TestShop, **changes: Any) -> dict[str, Any]:
    row = {
        "inventoryItemId": shop.item(),
        "locationId": shop.location(),
        "quantity": 5,
        "changeFromQuantity": None,
    }
    row |= changes
    return {"name": "available", "reason": "correction", "quantities": [row]}


def test_a_wrong_token_is_401_before_anything_else(shop: TestShop) -> None:
    answer = shop.post("{ nonsense", token="shpat_wrong")

    assert answer.status_code == 401
    assert "Invalid API key or access token" in answer.json()["errors"]


def test_a_missing_scope_is_access_denied(open_shop: Callable[..., ShopClient]) -> None:
    shop = open_shop(app={"scopes": ["read_products"]})

    answer = shop.answer("{ shop { name } orders(first: 1) { nodes { id } } }")

    error = answer["errors"][0]
    assert error["extensions"]["code"] == "ACCESS_DENIED"
    assert "read_orders" in error["extensions"]["requiredAccess"]
    assert error["path"] == ["orders"]
    assert answer["data"] is None


def test_a_scope_to_write_includes_the_scope_to_read(open_shop: Callable[..., ShopClient]) -> None:
    shop = open_shop(app={"scopes": ["write_orders"]})

    assert shop.ask("{ orders(first: 1) { nodes { id } } }") == {"orders": {"nodes": []}}


def test_metafields_need_the_scope_of_their_owner(open_shop: Callable[..., ShopClient]) -> None:
    shop = open_shop(app={"scopes": ["read_products"]})
    made = shop.control("POST", "/products", {"title": "Gorra"})
    row = {"ownerId": made["gid"], "key": "color", "type": "color", "value": "#ff0000"}

    answer = shop.answer(operation("metafields_set"), {"metafields": [row]})

    assert answer["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"


@pytest.mark.parametrize(
    ("query", "code", "words"),
    [
        ("{ shop { nome } }", "undefinedField", "Field 'nome' doesn't exist on type 'Shop'"),
        ("{ shop(id: 1) { name } }", "argumentNotAccepted", "doesn't accept argument 'id'"),
        ("{ product { id } }", "missingRequiredArguments", "missing required arguments: id"),
        ("{ shop }", "selectionMismatch", "Field must have selections"),
        ("query Q($x: ID!) { shop { name } }", "variableNotUsed", "declared by Q but not used"),
        ("{ shop @foo { name } }", "undefinedDirective", "Directive @foo is not defined"),
        ("{ shop { name ", "PARSE_ERROR", "syntax error"),
        (
            '{ products(first: "x") { nodes { id } } }',
            "argumentLiteralsIncompatible",
            """Argument 'first' on Field 'products' has an invalid value ("x"). Expected type""",
        ),
        (
            "mutation { productSet(input: {foo: 1}) { product { id } } }",
            "argumentNotAccepted",
            "InputObject 'ProductSetInput' doesn't accept argument 'foo'",
        ),
        (
            'mutation { customerSet(input: {}, identifier: {id: "a", email: "b"}) '
            "{ customer { id } } }",
            "invalidOneOfInputObject",
            "exactly one",
        ),
        (
            'mutation @idempotent(key: "k") { tagsAdd(id: "x", tags: []) { node { id } } }',
            "directiveCannotBeApplied",
            "'@idempotent' can't be applied",
        ),
    ],
)
def test_a_document_that_the_schema_refuses_has_no_data(
    shop: TestShop, query: str, code: str, words: str
) -> None:
    answer = shop.answer(query)

    assert "data" not in answer
    assert answer["errors"][0]["extensions"]["code"] == code
    assert words in answer["errors"][0]["message"]


def test_a_variable_that_does_not_fit_names_the_place(shop: TestShop) -> None:
    data = stock(shop, ignoreCompareQuantity=True)

    answer = shop.answer(SET, {"input": data, "key": "k"})

    error = answer["errors"][0]
    assert "data" not in answer
    assert error["extensions"]["code"] == "INVALID_VARIABLE"
    path = ["quantities", 0, "ignoreCompareQuantity"]
    reason = "Field is not defined on InventoryQuantityInput"
    assert error["extensions"]["problems"] == [{"path": path, "explanation": reason}]
    assert error["message"] == (
        "Variable $input of type InventorySetQuantitiesInput! was provided invalid value "
        f"for quantities.0.ignoreCompareQuantity ({reason})"
    )


def test_a_missing_variable_is_told_plainly(shop: TestShop) -> None:
    answer = shop.answer("query Q($id: ID!) { product(id: $id) { id } }")

    error = answer["errors"][0]
    assert error["message"] == "Variable $id of type ID! was provided invalid value"
    reason = "Expected value to not be null"
    assert error["extensions"]["problems"] == [{"path": [], "explanation": reason}]


def test_the_idempotency_directive_is_required(shop: TestShop) -> None:
    query = """mutation M($input: InventorySetQuantitiesInput!) {
      inventorySetQuantities(input: $input) { userErrors { code } } }"""

    answer = shop.answer(query, {"input": stock(shop)})

    assert answer["data"] == {"inventorySetQuantities": None}
    error = answer["errors"][0]
    assert error["message"] == (
        "The @idempotent directive is required for this mutation but was not provided."
    )
    assert error["extensions"]["code"] == "BAD_REQUEST"
    assert error["path"] == ["inventorySetQuantities"]


def test_change_from_quantity_must_be_there_and_is_looked_at_first(shop: TestShop) -> None:
    data = stock(shop)
    del data["quantities"][0]["changeFromQuantity"]
    query = """mutation M($input: InventorySetQuantitiesInput!) {
      inventorySetQuantities(input: $input) { userErrors { code } } }"""

    answer = shop.answer(query, {"input": data})

    assert answer["data"] == {"inventorySetQuantities": None}
    assert answer["errors"][0]["message"] == (
        "InventoryQuantityInput must include the following argument: changeFromQuantity."
    )
    assert answer["errors"][0]["extensions"]["code"] == "INVALID_FIELD_ARGUMENTS"


def test_a_list_longer_than_250_is_refused(shop: TestShop) -> None:
    data = stock(shop)
    data["quantities"] *= 251

    answer = shop.answer(SET, {"input": data, "key": "k"})

    assert "data" not in answer
    assert answer["errors"][0]["message"] == (
        "The input array size of 251 is greater than the maximum allowed of 250."
    )
    assert answer["errors"][0]["extensions"]["code"] == "MAX_INPUT_SIZE_EXCEEDED"


def test_a_query_dearer_than_1000_points_is_refused(shop: TestShop) -> None:
    query = """{ products(first: 250) { nodes { variants(first: 250) { nodes {
      metafields(first: 250) { nodes { id } } } } } } }"""

    answer = shop.answer(query)

    error = answer["errors"][0]
    assert error["extensions"]["code"] == "MAX_COST_EXCEEDED"
    assert "exceeds the single query max cost limit (1000)" in error["message"]


def test_an_empty_bucket_answers_throttled_with_status_200(shop: TestShop) -> None:
    shop.control("PATCH", "", {"bucket": {"size": 20, "restore_rate": 0.001}})

    answers = [shop.post("{ products(first: 250) { nodes { id } } }") for _ in range(6)]

    assert {answer.status_code for answer in answers} == {200}
    refused = answers[-1].json()
    assert "data" not in refused
    assert refused["errors"][0]["message"] == "Throttled"
    assert refused["errors"][0]["extensions"]["code"] == "THROTTLED"
    cost = refused["extensions"]["cost"]
    assert cost["requestedQueryCost"] == 13
    assert cost["actualQueryCost"] is None
    assert cost["throttleStatus"]["maximumAvailable"] == 20


def test_the_bucket_refills_with_time(shop: TestShop) -> None:
    shop.control("PATCH", "", {"bucket": {"size": 100, "restore_rate": 1}, "drain_bucket_to": 0})
    assert "errors" in shop.answer("{ products(first: 50) { nodes { id } } }")

    shop.http.post(f"{shop.url}/control/clock", json={"advance_seconds": 60})

    assert "errors" not in shop.answer("{ products(first: 50) { nodes { id } } }")


def test_a_connection_needs_first_or_last(shop: TestShop) -> None:
    answer = shop.answer("{ products { nodes { id } } }")

    assert answer["errors"][0]["message"] == "you must provide one of first or last"


def test_text_that_is_no_id_is_refused(shop: TestShop) -> None:
    answer = shop.answer('{ product(id: "42") { id } }')

    assert answer["data"] == {"product": None}
    assert answer["errors"][0]["extensions"]["code"] == "RESOURCE_NOT_FOUND"


def test_an_unknown_search_field_matches_everything_and_warns(shop: TestShop) -> None:
    answer = shop.answer('{ productVariants(first: 5, query: "skuu:X") { nodes { sku } } }')

    assert len(answer["data"]["productVariants"]["nodes"]) == 2
    warning = answer["extensions"]["search"][0]["warnings"][0]
    assert (warning["field"], warning["code"]) == ("skuu", "invalid_field")


def test_every_answer_tells_its_cost_version_and_request(shop: TestShop) -> None:
    answer = shop.post("{ shop { name } }", debug=True)

    assert answer.headers["x-request-id"]
    assert answer.headers["x-shopify-api-version"] == "2026-10"
    cost = answer.json()["extensions"]["cost"]
    assert cost["requestedQueryCost"] == cost["actualQueryCost"] == 1
    assert cost["throttleStatus"]["restoreRate"] == 100
    assert cost["fields"][0]["path"] == ["shop"]


def test_an_amount_that_is_no_number_is_an_invalid_variable(shop: TestShop) -> None:
    variants = [{"id": shop.variant(), "price": "doce"}]

    answer = shop.answer(
        operation("variants_bulk_update"), {"productId": shop.product["id"], "variants": variants}
    )

    assert answer["errors"][0]["extensions"]["code"] == "INVALID_VARIABLE"
