"""Bulk mutations: a form uploaded, a line in, a line out, each with the checks of a call."""

from __future__ import annotations

import json
from typing import Any

import pytest

from . import bulk
from .shop import OPERATIONS, TestShop

SET = (OPERATIONS / "inventory_set.graphql").read_text()
TAGS = "mutation($id: ID!, $tags: [String!]!) { tagsAdd(id: $id, tags: $tags) { node { id } userErrors { message } } }"  # noqa: E501


def stock(shop: TestShop, quantity: int, was: int | None, key: str) -> dict[str, Any]:
    row = {
        "inventoryItemId": shop.item(),
        "locationId": shop.location(),
        "quantity": quantity,
        "changeFromQuantity": was,
    }
    return {
        "input": {"name": "available", "reason": "correction", "quantities": [row]},
        "key": key,
    }


def test_every_line_is_a_call_of_its_own(shop: TestShop) -> None:
    rows = [stock(shop, 9, 10, "a"), stock(shop, 8, 10, "b"), stock(shop, 7, 9, "c")]

    found = bulk.mutate(shop, SET, rows)

    assert [row["__lineNumber"] for row in found] == [0, 1, 2]
    codes = [
        [error["code"] for error in row["data"]["inventorySetQuantities"]["userErrors"]]
        for row in found
    ]
    assert codes == [[], ["CHANGE_FROM_QUANTITY_STALE"], []]
    assert shop.levels()["available"] == 7


def test_a_key_counts_in_every_line(shop: TestShop) -> None:
    rows = [stock(shop, 9, 10, "misma"), stock(shop, 9, 10, "misma"), stock(shop, 5, 9, "misma")]

    found = bulk.mutate(shop, SET, rows)

    errors = [row["data"]["inventorySetQuantities"]["userErrors"] for row in found]
    assert [len(each) for each in errors] == [0, 0, 1]
    assert errors[2][0]["code"] == "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"
    assert shop.levels()["available"] == 9


def test_a_mutation_that_wants_a_key_gets_an_error_in_every_line_without(shop: TestShop) -> None:
    mutation = SET.replace("@idempotent(key: $key)", "").replace(", $key: String!", "")

    found = bulk.mutate(shop, mutation, [{"input": stock(shop, 9, 10, "a")["input"]}])

    assert "@idempotent directive is required" in found[0]["errors"][0]["message"]
    assert shop.levels()["available"] == 10


def test_a_bad_line_spoils_no_other(shop: TestShop) -> None:
    good = json.dumps({"id": shop.product["id"], "tags": ["verano"]}).encode()
    path = bulk.upload(shop, b"no es JSON\n[1]\n" + good + b'\n{"id": 1}\n')

    payload = shop.run("bulk_mutation", m=TAGS, p=path, c=None)
    done = bulk.wait(shop, payload["bulkOperation"]["id"])
    found = bulk.lines(shop, done["url"])

    assert [sorted(row) for row in found] == [
        ["__lineNumber", "errors"],
        ["__lineNumber", "errors"],
        ["__lineNumber", "data"],
        ["__lineNumber", "errors"],
    ]
    assert (done["type"], done["objectCount"], done["rootObjectCount"]) == ("MUTATION", "4", "4")


def test_lines_cost_no_points(shop: TestShop) -> None:
    path = bulk.upload(shop, json.dumps({"id": shop.product["id"], "tags": ["x"]}).encode())
    since = shop.control("GET", "/counters")["last"]

    payload = shop.run("bulk_mutation", m=TAGS, p=path, c=None)
    bulk.wait(shop, payload["bulkOperation"]["id"])

    counted = shop.control("GET", f"/counters?since={since}")["operations"]
    assert counted["BulkMutation"]["points_actual"] == 10
    assert "tagsAdd" not in counted


def test_a_product_is_always_set_at_once(shop: TestShop) -> None:
    mutation = """mutation($i: ProductSetInput!) { productSet(input: $i, synchronous: false)
      { product { handle } userErrors { message } } }"""

    found = bulk.mutate(shop, mutation, [{"i": {"title": "Gorra"}}])

    assert found[0]["data"]["productSet"]["product"] == {"handle": "gorra"}


TWO = """mutation($id: ID!) { tagsAdd(id: $id, tags: []) { node { ... on Product {
  a: variants(first: 1) { nodes { id } } b: variants(first: 1) { nodes { id } } } } } }"""


@pytest.mark.parametrize(
    ("mutation", "code", "said"),
    [
        ("mutation { no", "INVALID_MUTATION", "Failed to parse the mutation"),
        ("mutation { nada { id } }", "INVALID_MUTATION", "Field 'nada' doesn't exist"),
        ("{ shop { id } }", "INVALID_MUTATION", "Only `mutation` operations are supported"),
        (TWO, None, "more than 1 connection"),
        (
            'mutation { bulkOperationRunQuery(query: "x") { bulkOperation { id } } }',
            None,
            "an allowed mutation name",
        ),
        (
            'mutation { a: bulkOperationCancel(id: "1") { bulkOperation { id } } '
            'b: bulkOperationCancel(id: "2") { bulkOperation { id } } }',
            None,
            "a single top level mutation",
        ),
    ],
)
def test_a_mutation_against_the_rules_is_refused(
    shop: TestShop, mutation: str, code: str | None, said: str
) -> None:
    payload = shop.run("bulk_mutation", m=mutation, p="tmp/nada", c=None)

    error = payload["userErrors"][0]
    assert (payload["bulkOperation"], error["code"]) == (None, code)
    assert said in error["message"]


def test_the_file_must_have_come(shop: TestShop) -> None:
    place = bulk.target(shop)
    key = next(each["value"] for each in place["parameters"] if each["name"] == "key")

    for path in (key, "tmp/otra"):
        payload = shop.run("bulk_mutation", m=TAGS, p=path, c=None)
        assert payload["userErrors"][0]["code"] == "NO_SUCH_FILE"


def test_an_empty_file_is_refused(shop: TestShop) -> None:
    payload = shop.run("bulk_mutation", m=TAGS, p=bulk.upload(shop, b""), c=None)

    assert payload["userErrors"][0]["code"] == "INVALID_STAGED_UPLOAD_FILE"


def test_a_short_client_identifier_is_refused(shop: TestShop) -> None:
    payload = shop.run("bulk_mutation", m=TAGS, p=bulk.upload(shop, b"{}"), c="corto")

    assert payload["userErrors"][0]["field"] == ["clientIdentifier"]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"x-goog-signature": "00"}, 403),
        ({"key": "tmp/otra"}, 403),
        ({"Content-Type": "text/csv"}, 403),
    ],
)
def test_a_form_that_was_not_promised_is_refused(
    shop: TestShop, changes: dict[str, str], status: int
) -> None:
    assert bulk.post(shop, bulk.target(shop), b"{}", **changes).status_code == status


def test_a_form_without_a_file_is_refused(shop: TestShop) -> None:
    place = bulk.target(shop)

    assert shop.http.post(place["url"], data={"key": "x"}).status_code == 400


def test_more_than_a_hundred_megabytes_are_refused(shop: TestShop) -> None:
    answer = bulk.post(shop, bulk.target(shop), bytes(100 * 1024 * 1024 + 1))

    assert (answer.status_code, "EntityTooLarge" in answer.text) == (400, True)


@pytest.mark.parametrize(
    "changes", [{"httpMethod": "PUT"}, {"resource": "IMAGE"}, {"mimeType": "text/csv"}]
)
def test_other_uploads_are_refused(shop: TestShop, changes: dict[str, str]) -> None:
    row = {
        "resource": "BULK_MUTATION_VARIABLES",
        "filename": "v",
        "mimeType": "text/jsonl",
        "httpMethod": "POST",
    }

    payload = shop.run("staged_upload", input=[row | changes])

    assert payload["stagedTargets"] is None
    assert payload["userErrors"][0]["field"] == ["input", "0", next(iter(changes))]


def test_a_failure_after_some_lines_leaves_what_they_did(shop: TestShop) -> None:
    shop.fault("bulk_fail", lines=1, match="inventorySetQuantities")
    rows = [stock(shop, 9, 10, "a"), stock(shop, 8, 9, "b")]
    content = b"".join(json.dumps(row).encode() + b"\n" for row in rows)

    payload = shop.run("bulk_mutation", m=SET, p=bulk.upload(shop, content), c="cliente-0001")
    done = bulk.wait(shop, payload["bulkOperation"]["id"])

    assert (done["status"], done["errorCode"]) == ("FAILED", "INTERNAL_SERVER_ERROR")
    told = bulk.lines(shop, done["partialDataUrl"])
    assert [row["__lineNumber"] for row in told] == [0]
    # The second line was carried out, and its answer is lost with the rest.
    assert shop.levels()["available"] == 8
