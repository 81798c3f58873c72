"""Faults on demand, each with its count, and what stays behind after them."""

from __future__ import annotations

import json

import httpx2
import pytest

from .shop import TestShop, operation

NAME = "{ shop { name } }"


def variables(shop: TestShop, key: str) -> dict[str, object]:
    row: dict[str, object] = {"inventoryItemId": shop.item(), "locationId": shop.location()}
    row |= {"quantity": 7, "changeFromQuantity": 10}
    data = {"name": "available", "reason": "correction", "quantities": [row]}
    return {"input": data, "key": key}


def test_a_write_may_happen_and_its_answer_never_come(shop: TestShop) -> None:
    shop.fault("applied_then_timeout", match="InventorySet")

    with pytest.raises(httpx2.RemoteProtocolError):
        shop.post(operation("inventory_set"), variables(shop, "perdida"))

    assert shop.levels()["available"] == 7
    again = shop.run("inventory_set", **variables(shop, "perdida"))
    assert again["userErrors"] == []
    assert shop.levels()["available"] == 7


def test_the_answer_may_be_held_longer_than_the_client_waits(shop: TestShop) -> None:
    shop.fault("applied_then_timeout", seconds=2)

    with pytest.raises(httpx2.ReadTimeout):
        shop.http.post(
            shop.facts["graphql_url"],
            json={"query": operation("inventory_set"), "variables": variables(shop, "k")},
            headers={"X-Shopify-Access-Token": shop.facts["access_token"]},
            timeout=0.3,
        )

    assert shop.levels()["available"] == 7


def test_a_damaged_answer_is_not_json_but_the_work_is_done(shop: TestShop) -> None:
    shop.fault("truncated_json")

    answer = shop.post(operation("inventory_set"), variables(shop, "k"))

    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()
    assert shop.levels()["available"] == 7


def test_an_error_after_the_work_is_possible_too(shop: TestShop) -> None:
    shop.fault("applied_then_error", status=502)

    assert shop.post(operation("inventory_set"), variables(shop, "k")).status_code == 502
    assert shop.levels()["available"] == 7


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_server_error_does_nothing_and_counts_down(shop: TestShop, status: int) -> None:
    shop.fault("http_error", count=2, status=status, retry_after=3)

    answers = [shop.post(operation("inventory_set"), variables(shop, "k")) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [status, status]
    assert answers[0].headers["retry-after"] == "3"
    assert shop.levels()["available"] == 10
    assert shop.control("GET", "/faults")["faults"] == []


def test_a_page_may_come_where_json_belongs(shop: TestShop) -> None:
    shop.fault("html_page", status=502)

    answer = shop.post(NAME)

    assert answer.status_code == 502
    assert answer.headers["content-type"].startswith("text/html")


def test_throttling_and_dead_tokens_come_on_demand(shop: TestShop) -> None:
    shop.fault("throttled")
    shop.fault("expired_token")

    throttled, expired, good = shop.post(NAME), shop.post(NAME), shop.post(NAME)

    assert throttled.status_code == 200
    assert throttled.json()["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert expired.status_code == 401
    assert good.json()["data"]["shop"]["name"]


def test_a_fault_waits_for_its_operation_and_for_its_turn(shop: TestShop) -> None:
    shop.fault("http_error", match="inventorySetQuantities", skip=1)

    other = shop.post(NAME)
    first = shop.post(operation("inventory_set"), variables(shop, "k1"))
    second = shop.post(operation("inventory_set"), variables(shop, "k2"))

    assert [other.status_code, first.status_code, second.status_code] == [200, 200, 500]


def test_a_fault_can_spare_queries(shop: TestShop) -> None:
    shop.fault("http_error", mutations_only=True)

    assert shop.post(NAME).status_code == 200
    assert shop.post(operation("inventory_set"), variables(shop, "k")).status_code == 500


def test_an_unknown_fault_is_refused(shop: TestShop) -> None:
    assert "unknown fault" in shop.refused("/faults", {"kind": "gremlin"})


def test_faults_can_be_taken_back(shop: TestShop) -> None:
    shop.fault("http_error", count=5)

    removed = shop.control("DELETE", "/faults")

    assert removed == {"removed": 1}
    assert shop.post(NAME).status_code == 200


def test_the_log_tells_what_was_asked_what_it_cost_and_how_it_ended(shop: TestShop) -> None:
    shop.set_stock(7, was=10, key="k1")
    shop.set_stock(7, was=10, key="k2")

    first, second = [each for each in shop.log("api") if each["operation"] == "InventorySet"]

    assert first["roots"] == ["inventorySetQuantities"]
    assert (first["mutation"], first["idempotency_key"]) == (True, "k1")
    assert (first["requested"], first["actual"], first["user_errors"]) == (13, 13, [])
    assert second["user_errors"][0]["code"] == "CHANGE_FROM_QUANTITY_STALE"
    changes = [each for each in shop.log("level") if each["why"] == "InventorySet"]
    assert [(each["name"], each["before"], each["after"]) for each in changes] == [
        ("available", 10, 7),
        ("on_hand", 10, 7),
    ]


def test_counters_add_up_the_log_since_a_number(shop: TestShop) -> None:
    since = shop.control("GET", "/counters")["last"]

    shop.set_stock(7, was=10)
    shop.ask(NAME)

    counters = shop.control("GET", f"/counters?since={since}")
    assert (counters["queries"], counters["mutations"]) == (1, 1)
    assert counters["points_requested"] == 14
    assert counters["operations"]["InventorySet"]["calls"] == 1


def test_a_refusal_with_any_code_comes_on_demand(shop: TestShop) -> None:
    shop.fault("user_error", match="InventorySet", code="IDEMPOTENCY_CONCURRENT_REQUEST")

    refused = shop.run("inventory_set", **variables(shop, "k"))
    again = shop.run("inventory_set", **variables(shop, "k"))

    assert refused["userErrors"][0]["code"] == "IDEMPOTENCY_CONCURRENT_REQUEST"
    assert again["userErrors"] == []
    assert shop.levels()["available"] == 7
