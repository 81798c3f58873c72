"""Bulk operations in time: they wait, run, fail, are cancelled, told about, and kept."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from . import bulk
from .shop import Ear, RunningStore, ShopClient, TestShop


def test_a_sixth_query_waits_for_the_others(shop: TestShop) -> None:
    shop.control("PATCH", "", {"bulk_seconds": 60})
    held = [bulk.begin(shop, bulk.STOCK) for _ in range(5)]

    payload = bulk.start(shop, bulk.STOCK)

    error = payload["userErrors"][0]
    assert (error["code"], error["field"]) == ("OPERATION_IN_PROGRESS", None)
    assert all(each in error["message"] for each in held)
    shop.http.post(f"{shop.url}/control/clock", json={"advance_seconds": 60})
    assert {bulk.wait(shop, each)["status"] for each in held} == {"COMPLETED"}
    assert bulk.start(shop, bulk.STOCK)["userErrors"] == []


def test_it_waits_by_the_clock_of_the_store(open_shop: Callable[..., ShopClient]) -> None:
    shop = open_shop(bulk_seconds=3600)
    operation = bulk.begin(shop, bulk.STOCK)
    time.sleep(0.2)
    assert bulk.status(shop, operation)["status"] == "CREATED"

    shop.http.post(f"{shop.url}/control/clock", json={"advance_seconds": 3600})

    assert bulk.wait(shop, operation)["status"] == "COMPLETED"


def test_what_was_cancelled_stays_cancelled(shop: TestShop) -> None:
    shop.fault("bulk_slow", seconds=60)
    operation = bulk.begin(shop, bulk.STOCK)

    payload = shop.ask(bulk.CANCEL, id=operation)["bulkOperationCancel"]

    assert payload == {
        "bulkOperation": {"id": operation, "status": "CANCELING"},
        "userErrors": [],
    }
    done = bulk.wait(shop, operation)
    assert (done["status"], done["url"]) == ("CANCELED", None)
    again = shop.ask(bulk.CANCEL, id=operation)["bulkOperationCancel"]["userErrors"]
    assert again[0]["message"] == "A bulk operation cannot be canceled when it is canceled"


def test_the_list_knows_states_and_types(shop: TestShop) -> None:
    first = bulk.begin(shop, bulk.STOCK)
    bulk.wait(shop, first)
    shop.control("PATCH", "", {"bulk_seconds": 60})
    second = bulk.begin(shop, bulk.STOCK)
    query = """query($q: String!) { bulkOperations(first: 10, query: $q) { nodes { id } } }"""

    def found(text: str) -> list[str]:
        return [row["id"] for row in shop.ask(query, q=text)["bulkOperations"]["nodes"]]

    assert found("status:completed") == [first]
    assert found("status:created operation_type:query") == [second]
    assert found("operation_type:mutation") == []


def test_the_address_needs_no_token_and_runs_out_after_a_week(shop: TestShop) -> None:
    url = bulk.wait(shop, bulk.begin(shop, bulk.STOCK))["url"]
    assert shop.http.get(url).status_code == 200
    assert shop.http.get(url[:-4] + "0000").status_code == 403

    shop.http.post(f"{shop.url}/control/clock", json={"advance_seconds": 7 * 86_400 + 1})

    answer = shop.http.get(url)
    assert (answer.status_code, "ExpiredToken" in answer.text) == (400, True)


def test_another_shop_cannot_fetch_it(
    shop: TestShop, open_shop: Callable[..., ShopClient]
) -> None:
    url = bulk.wait(shop, bulk.begin(shop, bulk.STOCK))["url"]

    assert shop.http.get(url.replace(shop.domain, open_shop().domain)).status_code == 403


def test_an_address_runs_out_on_demand(shop: TestShop) -> None:
    url = bulk.wait(shop, bulk.begin(shop, bulk.STOCK))["url"]
    shop.fault("bulk_expired_url")

    assert [shop.http.get(url).status_code for _ in range(2)] == [400, 200]


def test_a_failure_on_demand_leaves_a_part(shop: TestShop) -> None:
    shop.fault("bulk_fail", lines=3, match="inventoryItems")

    done = bulk.wait(shop, bulk.begin(shop, bulk.STOCK))

    assert (done["status"], done["errorCode"]) == ("FAILED", "INTERNAL_SERVER_ERROR")
    assert done["url"] is None
    assert len(bulk.lines(shop, done["partialDataUrl"])) == 3


def test_slow_on_demand(shop: TestShop) -> None:
    shop.fault("bulk_slow", seconds=60)
    operation = bulk.begin(shop, bulk.STOCK)
    end = time.monotonic() + 10
    while bulk.status(shop, operation)["objectCount"] == "0" and time.monotonic() < end:
        time.sleep(0.02)
    assert bulk.status(shop, operation)["status"] == "RUNNING"

    shop.http.post(f"{shop.url}/control/clock", json={"advance_seconds": 60})

    assert bulk.wait(shop, operation)["status"] == "COMPLETED"


def test_a_query_that_takes_longer_than_ten_days_fails(shop: TestShop) -> None:
    shop.fault("bulk_slow", seconds=11 * 86_400)
    operation = bulk.begin(shop, bulk.STOCK)
    end = time.monotonic() + 10
    while bulk.status(shop, operation)["objectCount"] != "4" and time.monotonic() < end:
        time.sleep(0.02)

    shop.http.post(f"{shop.url}/control/clock", json={"advance_seconds": 10 * 86_400 + 60})

    done = bulk.wait(shop, operation)
    assert (done["status"], done["errorCode"]) == ("FAILED", "TIMEOUT")


def test_a_missing_scope_fails_the_operation(open_shop: Callable[..., ShopClient]) -> None:
    shop = open_shop(app={"client_id": "puente", "scopes": ["read_orders"]})

    done = bulk.wait(shop, bulk.begin(shop, bulk.STOCK))

    assert (done["status"], done["errorCode"]) == ("FAILED", "ACCESS_DENIED")


def test_what_is_not_modelled_fails_and_the_log_says_why(shop: TestShop) -> None:
    query = "{ products { edges { node { sellingPlanGroupsCount { count } } } } }"

    done = bulk.wait(shop, bulk.begin(shop, query))

    assert (done["status"], done["errorCode"]) == ("FAILED", "INTERNAL_SERVER_ERROR")
    problem = shop.log("bulk")[-1]["problem"]
    assert problem == "sandbox: Product.sellingPlanGroupsCount is not modelled"


def test_the_end_is_told_by_webhook(shop: TestShop, ear: Ear) -> None:
    shop.subscribe("BULK_OPERATIONS_FINISH", ear.url)
    operation = bulk.begin(shop, bulk.STOCK)

    heard = ear.wait(1)[0]

    assert heard.headers["x-shopify-topic"] == "bulk_operations/finish"
    body = json.loads(heard.body)
    assert body.pop("completed_at")
    assert body.pop("created_at")
    assert body == {
        "admin_graphql_api_id": operation,
        "error_code": None,
        "status": "completed",
        "type": "query",
    }


def test_a_finished_operation_survives_a_restart(
    start_store: Callable[[], RunningStore],
) -> None:
    first = start_store()
    shop = TestShop.of(first.open(domain="tienda.myshopify.com"))
    operation = bulk.begin(shop, bulk.STOCK)
    done = bulk.wait(shop, operation)
    first.stop()

    second = start_store()
    facts = shop.facts | {"graphql_url": shop.facts["graphql_url"].replace(first.url, second.url)}
    again = ShopClient(url=second.url, http=second.http, facts=facts)

    url = bulk.status(again, operation)["url"]
    assert url == done["url"].replace(first.url, second.url)
    assert len(bulk.lines(again, url)) == 4


def test_a_query_cut_off_by_a_stop_starts_again(
    start_store: Callable[[], RunningStore],
) -> None:
    first = start_store()
    shop = TestShop.of(first.open(domain="tienda.myshopify.com"))
    shop.fault("bulk_slow", seconds=600)
    operation = bulk.begin(shop, bulk.STOCK)
    end = time.monotonic() + 10
    while bulk.status(shop, operation)["status"] != "RUNNING" and time.monotonic() < end:
        time.sleep(0.02)
    first.stop()

    second = start_store()
    facts: dict[str, Any] = shop.facts | {
        "graphql_url": shop.facts["graphql_url"].replace(first.url, second.url)
    }
    again = ShopClient(url=second.url, http=second.http, facts=facts)

    assert bulk.wait(again, operation)["objectCount"] == "4"
