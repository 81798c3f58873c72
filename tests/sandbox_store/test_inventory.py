"""Stock: compare-and-set, all or nothing, once per key, and never a unit lost or invented."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .shop import TestShop

ON_HAND = ("available", "committed", "reserved", "damaged", "safety_stock", "quality_control")


def rows(shop: TestShop, *quantities: int) -> list[dict[str, Any]]:
    return [
        {
            "inventoryItemId": shop.item(place),
            "locationId": shop.location(),
            "quantity": quantity,
            "changeFromQuantity": 10,
        }
        for place, quantity in enumerate(quantities)
    ]


def set_rows(shop: TestShop, data: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    body = {"name": "available", "reason": "correction", "quantities": data} | changes
    return shop.run("inventory_set", input=body, key=secrets.token_hex(8))


def test_a_set_moves_available_and_on_hand_alike(shop: TestShop) -> None:
    shop.order(("CAM-S", 3))

    payload = shop.set_stock(4, was=7)

    changes = payload["inventoryAdjustmentGroup"]["changes"]
    assert [(each["name"], each["delta"]) for each in changes] == [
        ("available", -3),
        ("on_hand", -3),
    ]
    assert {each["quantityAfterChange"] for each in changes} == {None}
    levels = shop.levels()
    assert (levels["available"], levels["committed"], levels["on_hand"]) == (4, 3, 7)


def test_a_stale_row_fails_the_whole_batch(shop: TestShop) -> None:
    data = rows(shop, 5, 6)
    data[1]["changeFromQuantity"] = 9

    payload = set_rows(shop, data)

    error = payload["userErrors"][0]
    assert error["code"] == "CHANGE_FROM_QUANTITY_STALE"
    assert error["field"] == ["input", "quantities", "1", "changeFromQuantity"]
    assert shop.levels(0)["available"] == shop.levels(1)["available"] == 10


def test_the_same_pair_twice_is_refused(shop: TestShop) -> None:
    payload = set_rows(shop, rows(shop, 5) * 2)

    code = "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"
    assert payload["userErrors"][0]["code"] == code


@pytest.mark.parametrize(
    ("changes", "row", "code"),
    [
        ({"name": "committed"}, {}, "INVALID_NAME"),
        ({"reason": "capricho"}, {}, "INVALID_REASON"),
        ({"referenceDocumentUri": "nada"}, {}, "INVALID_REFERENCE_DOCUMENT"),
        ({"name": "on_hand"}, {"quantity": -1}, "INVALID_QUANTITY_NEGATIVE"),
        ({}, {"quantity": 1_000_000_001}, "INVALID_QUANTITY_TOO_HIGH"),
        ({}, {"quantity": -1_000_000_001}, "INVALID_QUANTITY_TOO_LOW"),
        ({}, {"inventoryItemId": "gid://shopify/InventoryItem/1"}, "INVALID_INVENTORY_ITEM"),
        ({}, {"locationId": "gid://shopify/Location/1"}, "INVALID_LOCATION"),
    ],
)
def test_a_bad_write_names_its_fault(
    shop: TestShop, changes: dict[str, Any], row: dict[str, Any], code: str
) -> None:
    payload = set_rows(shop, [rows(shop, 5)[0] | row], **changes)

    assert payload["userErrors"][0]["code"] == code
    assert shop.levels()["available"] == 10


def test_available_may_be_negative(shop: TestShop) -> None:
    assert shop.set_stock(-2, was=10)["userErrors"] == []
    assert shop.levels()["available"] == -2


def test_null_says_that_no_comparison_is_wanted(shop: TestShop) -> None:
    assert shop.set_stock(3, was=None)["userErrors"] == []
    assert shop.levels()["available"] == 3


def test_a_set_that_changes_nothing_makes_no_group(shop: TestShop) -> None:
    assert shop.set_stock(10, was=10) == {"inventoryAdjustmentGroup": None, "userErrors": []}
    assert [entry for entry in shop.log("level") if entry["why"] == "InventorySet"] == []


def test_stock_can_be_set_where_the_item_never_was(shop: TestShop) -> None:
    row = rows(shop, 4)[0] | {"locationId": shop.location(1), "changeFromQuantity": 0}

    assert set_rows(shop, [row])["userErrors"] == []
    assert shop.levels(location=1)["available"] == 4


def test_the_same_key_again_writes_once_and_answers_from_today(shop: TestShop) -> None:
    first = shop.set_stock(7, was=10, key="clave-1")
    shop.order(("CAM-S", 1))

    again = shop.set_stock(7, was=10, key="clave-1")

    assert again["userErrors"] == []
    group = first["inventoryAdjustmentGroup"]["id"]
    assert again["inventoryAdjustmentGroup"]["id"] == group
    assert shop.levels()["available"] == 6


def test_the_same_key_for_other_input_is_refused(shop: TestShop) -> None:
    shop.set_stock(7, was=10, key="clave-2")

    payload = shop.set_stock(6, was=7, key="clave-2")

    assert payload["userErrors"][0]["code"] == "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"
    assert shop.levels()["available"] == 7


def test_a_key_whose_first_use_failed_is_spent(shop: TestShop) -> None:
    shop.set_stock(7, was=99, key="clave-3")

    payload = shop.set_stock(7, was=99, key="clave-3")

    assert payload["userErrors"][0]["code"] == "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"


def test_a_key_is_forgotten_after_a_day(shop: TestShop) -> None:
    shop.set_stock(7, was=10, key="clave-4")
    shop.http.post(f"{shop.url}/control/clock", json={"advance_seconds": 24 * 3600 + 1})

    payload = shop.set_stock(7, was=10, key="clave-4")

    assert payload["userErrors"][0]["code"] == "CHANGE_FROM_QUANTITY_STALE"


def test_activation_keeps_what_a_sleeping_level_held(shop: TestShop) -> None:
    query = """mutation($id: ID!) { inventoryDeactivate(inventoryLevelId: $id)
      { userErrors { message } } }"""
    read = shop.ask(
        "query($i: ID!) { inventoryItem(id: $i) { inventoryLevels(first: 1) { nodes { id } } } }",
        i=shop.item(),
    )
    level = read["inventoryItem"]["inventoryLevels"]["nodes"][0]["id"]
    shop.ask(query, id=level)

    payload = shop.run(
        "inventory_activate", item=shop.item(), loc=shop.location(), available=None, key="a"
    )

    assert payload["inventoryLevel"]["isActive"] is True
    assert payload["inventoryLevel"]["quantities"][0] == {"name": "available", "quantity": 10}


def test_a_move_to_damaged_needs_its_document(shop: TestShop) -> None:
    row: dict[str, Any] = {"inventoryItemId": shop.item(), "locationId": shop.location()}
    row |= {"delta": 2, "changeFromQuantity": None}
    body = {"name": "damaged", "reason": "damaged", "changes": [row]}

    refused = shop.run("inventory_adjust", input=body, key="d1")
    row["ledgerDocumentUri"] = "gid://puente/Parte/1"
    shop.run("inventory_adjust", input=body, key="d2")

    assert refused["userErrors"][0]["code"] == "INVALID_QUANTITY_DOCUMENT"
    levels = shop.levels()
    assert (levels["available"], levels["damaged"], levels["on_hand"]) == (10, 2, 12)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("order"), st.integers(1, 4)),
        st.tuples(st.just("set"), st.integers(0, 20)),
        st.tuples(st.just("hand"), st.integers(0, 20)),
        st.tuples(st.just("damage"), st.integers(0, 3)),
        st.tuples(st.just("fulfil"), st.integers(0, 5)),
        st.tuples(st.just("cancel"), st.integers(0, 5)),
        st.tuples(st.just("refund"), st.integers(0, 5)),
        st.tuples(st.just("edit"), st.integers(0, 5)),
    ),
    min_size=1,
    max_size=14,
)


def act(shop: TestShop, verb: str, number: int) -> None:
    """One thing that can happen in a shop; what the shop refuses is not the point here."""
    base = f"{shop.url}/control/shops/{shop.domain}"
    orders = shop.control("GET", "/state?parts=orders")["orders"]
    if verb == "order":
        lines = [{"sku": "CAM-S", "quantity": number}]
        shop.http.post(f"{base}/orders", json={"lines": lines})
    elif verb == "set":
        shop.set_stock(number, was=None)
    elif verb in ("hand", "damage"):
        name = "available" if verb == "hand" else "damaged"
        shop.http.post(f"{base}/inventory", json={"sku": "CAM-S", name: number})
    elif orders:
        order = orders[number % len(orders)]
        line = order["lines"][0]
        body: dict[str, Any] = {}
        if verb == "refund":
            body = {"lines": [{"line_id": line["id"], "quantity": 1, "restock_type": "RETURN"}]}
        if verb == "edit":
            body = {"lines": [{"line_id": line["id"], "quantity": number}]}
        shop.http.post(f"{base}/orders/{order['id']}/{verb}", json=body)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
def test_whatever_happens_the_parts_add_up_and_no_unit_is_lost(
    shop: TestShop, steps: list[tuple[str, int]]
) -> None:
    shop.control("POST", "/reset", {"keep": ["products"]})
    for name in ("available", "damaged"):
        shop.control(
            "POST", "/inventory", {"sku": "CAM-S", name: 10 if name == "available" else 0}
        )

    for verb, number in steps:
        act(shop, verb, number)

    levels = shop.levels()
    assert levels["on_hand"] == sum(levels[name] for name in ON_HAND)
    orders = shop.control("GET", "/state?parts=orders")["orders"]
    waiting = sum(
        row["remaining"]
        for order in orders
        for wanted in order["fulfillment_orders"]
        for row in wanted["lines"]
    )
    assert levels["committed"] == waiting
    assert_log_tells_the_same(shop, levels)


def assert_log_tells_the_same(shop: TestShop, levels: dict[str, int]) -> None:
    """Each change starts where the last one ended, and the last one is what is there now."""
    told: dict[str, int] = {}
    for entry in shop.log("level"):
        if entry["sku"] == "CAM-S" and entry["location"] == shop.facts["locations"][0]["id"]:
            assert entry["before"] == told.get(entry["name"], entry["before"])
            told[entry["name"]] = entry["after"]
    assert told == {name: levels[name] for name in told}


def test_of_many_writers_who_saw_the_same_figure_one_wins(shop: TestShop) -> None:
    with ThreadPoolExecutor(8) as pool:
        payloads = list(pool.map(lambda number: shop.set_stock(number, was=10), range(11, 19)))

    winners = [payload for payload in payloads if not payload["userErrors"]]
    codes = {error["code"] for payload in payloads for error in payload["userErrors"]}
    assert len(winners) == 1
    assert codes == {"CHANGE_FROM_QUANTITY_STALE"}
    changes = [entry for entry in shop.log("level") if entry["why"] == "InventorySet"]
    assert [entry["before"] for entry in changes] == [10, 10]


def test_one_key_sent_many_times_at_once_writes_once(shop: TestShop) -> None:
    with ThreadPoolExecutor(8) as pool:
        payloads = list(pool.map(lambda _: shop.set_stock(4, was=10, key="misma"), range(8)))

    assert {len(payload["userErrors"]) for payload in payloads} == {0}
    assert len({payload["inventoryAdjustmentGroup"]["id"] for payload in payloads}) == 1
