"""Orders: taxes, discounts, stock, payment, refunds, cancellations and edits, to the cent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .shop import ADDRESS, TestShop


def full(shop: TestShop, placed: dict[str, Any]) -> dict[str, Any]:
    return shop.run("order_full", id=placed["gid"])


def amount(order: dict[str, Any], field: str, side: str = "shopMoney") -> Decimal:
    return Decimal(order[field][side]["amount"])


@pytest.mark.parametrize(
    ("_case", "tag", "place", "tax"),
    [
        ("the shop's own rate", "", {}, "3.46"),
        ("a reduced rate by tag", "iva-10", {}, "1.81"),
        ("a super-reduced rate by tag", "IVA 4", {}, "0.77"),
        ("an exempt product", "iva-0", {}, "0.00"),
        ("no IVA in Las Palmas", "", {"province_code": "GC", "zip": "35001"}, "0.00"),
        ("no IVA in Ceuta, by its postcode", "", {"province_code": None, "zip": "51001"}, "0.00"),
        ("Portugal's rate", "", {"country_code": "PT", "zip": "1000-001"}, "3.73"),
    ],
)  # fmt: skip
def test_tax_follows_product_and_place(
    shop: TestShop, _case: str, tag: str, place: dict[str, Any], tax: str
) -> None:
    shop.set_product(tags=[tag] if tag else [])

    placed = shop.order(("CAM-S", 1), address=ADDRESS | place)

    assert placed["total_tax"] == tax
    assert placed["total"] == "19.95"


def test_a_variant_may_have_a_rate_of_its_own(shop: TestShop) -> None:
    data = {
        "title": "Libro",
        "handle": "libro",
        "productOptions": [{"name": "T", "values": [{"name": "U"}]}],
    }
    value = {"optionValues": [{"optionName": "T", "name": "U"}], "price": "10.40", "sku": "LIB"}
    shop.control("POST", "/products", data | {"variants": [value], "tax_rates": {"LIB": "0.04"}})

    assert shop.order(("LIB", 1))["total_tax"] == "0.40"


def test_prices_without_tax_get_it_on_top(shop: TestShop) -> None:
    placed = shop.order(("CAM-S", 2), taxes_included=False, shipping={"price": "5"})

    assert placed["total_tax"] == "9.43"
    assert placed["total"] == str(Decimal("39.90") + Decimal("5.00") + Decimal("9.43"))


def test_a_discount_is_spread_to_the_last_cent(shop: TestShop) -> None:
    placed = shop.order(("CAM-S", 1), ("CAM-M", 2), discount={"code": "DIEZ", "amount": "10"})

    order = full(shop, placed)
    parts = [
        Decimal(each["allocatedAmountSet"]["shopMoney"]["amount"])
        for line in order["lineItems"]["nodes"]
        for each in line["discountAllocations"]
    ]
    assert sum(parts) == Decimal("10.00")
    assert amount(order, "totalPriceSet") == Decimal("49.85")
    assert order["discountCodes"] == ["DIEZ"]


def test_money_is_told_in_the_customers_currency_too(shop: TestShop) -> None:
    shop.control("PATCH", "", {"presentment_rates": {"USD": "1.10"}})

    order = full(shop, shop.order(("CAM-S", 1), presentment_currency="USD"))

    assert order["presentmentCurrencyCode"] == "USD"
    assert amount(order, "totalPriceSet") == Decimal("19.95")
    assert amount(order, "totalPriceSet", "presentmentMoney") == Decimal("21.95")


LINES = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 30_000)), min_size=1, max_size=6)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    lines=LINES, percentage=st.integers(0, 100), included=st.booleans(), ship=st.integers(0, 999)
)
def test_an_orders_sums_hold_to_the_cent(
    shop: TestShop,
    lines: list[tuple[int, int]],
    percentage: int,
    included: bool,
    ship: int,
) -> None:
    body = {
        "lines": [
            {"title": "Pan", "price": f"{Decimal(price) / 100}", "quantity": quantity}
            for quantity, price in lines
        ],
        "taxes_included": included,
        "shipping": {"price": f"{Decimal(ship) / 100}"},
    }
    if percentage:
        body["discount"] = {"code": "X", "percentage": percentage}

    order = full(shop, shop.control("POST", "/orders", body))

    subtotal, tax = amount(order, "subtotalPriceSet"), amount(order, "totalTaxSet")
    total = subtotal + amount(order, "totalShippingPriceSet") + (0 if included else tax)
    assert amount(order, "totalPriceSet") == total
    taxes = [
        Decimal(each["priceSet"]["shopMoney"]["amount"])
        for line in [*order["lineItems"]["nodes"], *order["shippingLines"]["nodes"]]
        for each in line["taxLines"]
    ]
    assert tax == sum(taxes)
    gross = Decimal(sum(price * quantity for quantity, price in lines)) / 100
    assert subtotal == gross - amount(order, "totalDiscountsSet")


def test_an_order_moves_stock_from_available_to_committed(shop: TestShop) -> None:
    shop.order(("CAM-S", 3))

    levels = shop.levels()
    assert (levels["available"], levels["committed"], levels["on_hand"]) == (7, 3, 10)


def test_an_order_beyond_the_stock_is_refused_with_a_reason(shop: TestShop) -> None:
    refused = shop.refused("/orders", {"lines": [{"sku": "CAM-S", "quantity": 11}]})

    assert "not enough stock of CAM-S" in refused
    assert shop.levels()["available"] == 10


def test_what_one_location_has_not_comes_from_another(shop: TestShop) -> None:
    shop.control("POST", "/inventory", {"sku": "CAM-S", "available": 0})
    shop.control("POST", "/inventory", {"sku": "CAM-S", "location": "Valencia", "available": 5})

    placed = shop.order(("CAM-S", 1), ("CAM-M", 1))

    places = {wanted["location"] for wanted in placed["fulfillment_orders"]}
    assert places == {"Madrid", "Valencia"}


def test_a_continue_variant_sells_below_zero(shop: TestShop) -> None:
    rows = [{"id": shop.variant(), "inventoryPolicy": "CONTINUE"}]
    shop.run("variants_bulk_update", productId=shop.product["id"], variants=rows)

    shop.order(("CAM-S", 12))

    levels = shop.levels()
    assert (levels["available"], levels["committed"]) == (-2, 12)


@pytest.mark.parametrize(
    ("payment", "status"),
    [("paid", "PAID"), ("pending", "PENDING"), ("authorized", "AUTHORIZED")],
)
def test_payment_shows_in_the_status(shop: TestShop, payment: str, status: str) -> None:
    assert shop.order(("CAM-S", 1), payment=payment)["financial_status"] == status


def test_a_pending_order_is_paid_and_an_authorised_one_captured(shop: TestShop) -> None:
    pending = shop.order(("CAM-S", 1), payment="pending")
    held = shop.order(("CAM-S", 1), payment="authorized")

    shop.control("POST", f"/orders/{pending['id']}/pay", {})
    shop.control("POST", f"/orders/{held['name'].lstrip('#')}/capture", {})

    assert shop.order_state(pending["id"])["financial_status"] == "PAID"
    assert shop.order_state(held["id"])["financial_status"] == "PAID"


@pytest.mark.parametrize("where", ["localized", "attributes", "note", "company", "address2"])
def test_the_nif_stands_where_the_shop_keeps_it(shop: TestShop, where: str) -> None:
    order = full(shop, shop.order(("CAM-S", 1), address=ADDRESS, nif="12345678Z", nif_in=where))

    places = {
        "localized": order["localizedFields"]["nodes"],
        "attributes": order["customAttributes"],
        "note": order["note"],
        "company": order["billingAddress"]["company"],
        "address2": order["billingAddress"]["address2"],
    }
    assert [name for name, value in places.items() if value and "12345678Z" in str(value)] == [
        where
    ]


def test_refunds_of_single_units_add_up_to_the_line(shop: TestShop) -> None:
    placed = shop.order(("CAM-S", 3), discount={"code": "X", "amount": "10"})
    row = {"line_id": placed["lines"][0]["id"], "quantity": 1, "restock_type": "CANCEL"}

    for _ in range(3):
        state = shop.control("POST", f"/orders/{placed['id']}/refund", {"lines": [row]})

    assert state["refunded"] == placed["total"]
    assert state["current_total"] == "0.00"
    assert state["financial_status"] == "REFUNDED"
    assert shop.levels()["available"] == 10


def test_a_return_puts_sent_units_back_on_the_shelf(shop: TestShop) -> None:
    placed = shop.order(("CAM-S", 2))
    shop.control("POST", f"/orders/{placed['id']}/fulfil", {})
    row = {"line_id": placed["lines"][0]["id"], "quantity": 1, "restock_type": "RETURN"}

    shop.control("POST", f"/orders/{placed['id']}/refund", {"lines": [row]})

    levels = shop.levels()
    assert (levels["available"], levels["committed"], levels["on_hand"]) == (9, 0, 9)


def test_more_money_than_was_paid_is_not_refunded(shop: TestShop) -> None:
    placed = shop.order(("CAM-S", 1))

    refused = shop.refused(f"/orders/{placed['id']}/refund", {"amount": "999"})

    assert refused == "Refund amount $999.00 is greater than net payment received $19.95"


def test_more_units_than_were_bought_are_not_refunded(shop: TestShop) -> None:
    placed = shop.order(("CAM-S", 1))
    row = {"line_id": placed["lines"][0]["id"], "quantity": 2}

    refused = shop.refused(f"/orders/{placed['id']}/refund", {"lines": [row]})

    assert refused == "Quantity cannot refund more items than were purchased"


def test_money_without_lines_is_a_discrepancy(shop: TestShop) -> None:
    placed = shop.order(("CAM-S", 1))

    shop.control("POST", f"/orders/{placed['id']}/refund", {"amount": "5"})

    refund = shop.run("order_refunds_returns", id=placed["gid"])["refunds"][0]
    adjustment = refund["orderAdjustments"]["nodes"][0]
    assert adjustment["reason"] == "REFUND_DISCREPANCY"
    assert adjustment["amountSet"]["shopMoney"]["amount"] == "-5.0"


def test_a_cancelled_order_gives_back_goods_and_money_once(shop: TestShop) -> None:
    placed = shop.order(("CAM-S", 2), shipping={"price": "4.95"})

    state = shop.control("POST", f"/orders/{placed['id']}/cancel", {})
    refused = shop.refused(f"/orders/{placed['id']}/cancel", {})

    assert state["financial_status"] == "REFUNDED"
    assert state["refunded"] == "44.85"
    assert state["current_total"] == "0.00"
    assert refused == "The order has already been cancelled."
    levels = shop.levels()
    assert (levels["available"], levels["committed"]) == (10, 0)


def test_a_cancellation_without_restock_takes_the_units_out(shop: TestShop) -> None:
    placed = shop.order(("CAM-S", 2))

    shop.control("POST", f"/orders/{placed['id']}/cancel", {"restock": False, "refund": False})

    levels = shop.levels()
    assert (levels["available"], levels["committed"], levels["on_hand"]) == (8, 0, 8)


def test_an_edit_changes_quantities_and_adds_lines(shop: TestShop) -> None:
    placed = shop.order(("CAM-S", 3))
    changes = {
        "lines": [{"sku": "CAM-S", "quantity": 1}],
        "add": [{"sku": "CAM-M", "quantity": 2}],
    }

    state = shop.control("POST", f"/orders/{placed['id']}/edit", changes)

    assert [(line["quantity"], line["current_quantity"]) for line in state["lines"]] == [
        (3, 1),
        (2, 2),
    ]
    assert state["current_total"] == "59.85"
    assert state["outstanding"] == "0.00"
    assert full(shop, placed)["edited"] is True
    assert (shop.levels(0)["committed"], shop.levels(1)["committed"]) == (1, 2)


def test_a_till_order_leaves_at_once(shop: TestShop) -> None:
    placed = shop.order(("CAM-S", 1), pos=True, location="Madrid")

    assert placed["fulfillment_status"] == "FULFILLED"
    assert placed["source_name"] == "pos"
    assert shop.levels()["on_hand"] == 9


def test_a_product_deleted_later_stays_on_the_order(shop: TestShop) -> None:
    placed = shop.order(("CAM-S", 1))
    shop.control("DELETE", "/products?handle=camiseta")

    line = full(shop, placed)["lineItems"]["nodes"][0]

    assert (line["sku"], line["variant"], line["product"]) == ("CAM-S", None, None)


def test_orders_older_than_60_days_need_a_scope(shop: TestShop) -> None:
    shop.order(("CAM-S", 1))
    scopes = [s for s in shop.facts["app"]["scopes"] if s != "read_all_orders"]
    shop.http.post(f"{shop.url}/control/clock", json={"advance_seconds": 61 * 86_400})

    seen = shop.run("orders_reconcile", q="status:any")["nodes"]
    shop.control("POST", "/app", {"scopes": scopes})

    assert len(seen) == 1
    assert shop.run("orders_reconcile", q="status:any")["nodes"] == []


def test_a_search_may_lag_behind_the_order(shop: TestShop) -> None:
    shop.control("PATCH", "", {"search_lag": 600})
    placed = shop.order(("CAM-S", 1))

    assert shop.run("orders_reconcile", q="")["nodes"] == []
    assert full(shop, placed)["name"] == placed["name"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("financial_status:pending", ["#1002"]),
        ("fulfillment_status:shipped", ["#1001"]),
        ("status:cancelled", ["#1003"]),
        ("status:open test:true", ["#1002"]),
        ("name:#1003", ["#1003"]),
    ],
)
def test_orders_are_found_by_their_state(shop: TestShop, query: str, found: list[str]) -> None:
    first = shop.order(("CAM-S", 1))
    shop.control("POST", f"/orders/{first['id']}/fulfil", {})
    shop.order(("CAM-S", 1), payment="pending", test=True)
    third = shop.order(("CAM-S", 1))
    shop.control("POST", f"/orders/{third['id']}/cancel", {})

    nodes = shop.run("orders_reconcile", q=query)["nodes"]

    assert [node["name"] for node in nodes] == found


@pytest.mark.parametrize(
    "bad",
    [
        {"discount_code": "NADIE"},
        {"payment": "mañana"},
        {"nif": "1", "nif_in": "nube"},
        {"presentment_currency": "JPY"},
        {"location": "Luna"},
    ],
)
def test_a_refused_order_leaves_nothing_behind(shop: TestShop, bad: dict[str, Any]) -> None:
    line = {"sku": "CAM-S", "quantity": 1}
    shop.refused("/orders", {"lines": [line], "customer": {"email": "a@b.es"}} | bad)

    state = shop.control("GET", "/state")

    assert (state["orders"], state["customers"]) == ([], [])
    assert shop.levels()["available"] == 10
    assert shop.order(("CAM-S", 1))["name"] == "#1001"


def test_a_refused_edit_leaves_nothing_behind(shop: TestShop) -> None:
    placed = shop.order(("CAM-S", 2), ("CAM-M", 1))
    changes = {
        "lines": [{"sku": "CAM-S", "quantity": 4}],
        "add": [{"sku": "CAM-M", "quantity": 99}],
    }

    shop.refused(f"/orders/{placed['id']}/edit", changes)

    assert shop.order_state(placed["id"]) == placed
    assert shop.levels()["committed"] == 2


def test_a_refused_refund_leaves_nothing_behind(shop: TestShop) -> None:
    placed = shop.order(("CAM-S", 2), shipping={"price": "5"})
    row = {"line_id": placed["lines"][0]["id"], "quantity": 1, "restock_type": "CANCEL"}

    shop.refused(f"/orders/{placed['id']}/refund", {"lines": [row], "shipping": "9"})

    assert shop.order_state(placed["id"]) == placed
    assert shop.levels()["committed"] == 2
