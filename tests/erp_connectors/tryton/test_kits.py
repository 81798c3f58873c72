"""What Tryton's kits are made of, and how many of them have left."""

from decimal import Decimal
from typing import Any

import pytest

from erp_connectors.contract import Pushed
from erp_connectors.tryton.connector import TrytonConnector
from erp_connectors.tryton.kits import UnusableKit, contents
from erp_connectors.tryton.shipped_kits import ShippedKits
from sandbox.tryton import clerk
from sandbox.tryton.rpc import Rpc
from tests.erp_connectors.erp_under_test import end, pages
from tests.erp_connectors.tryton.conftest import Staff
from tests.erp_connectors.tryton.makers import make_line, make_order

real = [pytest.mark.tryton, pytest.mark.timeout(600)]
SHIPMENT = "stock.shipment.out"


def part(code: str | None, quantity: float, **changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "parent_product": None,
        "fixed": False,
        "quantity": quantity,
        "unit.": {"factor": 1.0},
        "product.": {"code": code, "default_uom.": {"factor": 1.0}},
    }
    return {**values, **changes}


def units(*rows: dict[str, Any], variant: int = 1) -> dict[str, str]:
    return {each.sku: format(each.quantity, "f") for each in contents(variant, rows)}


def test_an_items_own_components_go_before_its_models() -> None:
    rows = [part("A", 1), part("B", 2, parent_product=1), part("C", 3, parent_product=9)]

    assert units(*rows) == {"B": "2"}
    assert units(*rows, variant=2) == {"A": "1"}


def test_a_dozen_is_twelve() -> None:
    dozen = {"unit.": {"factor": 12.0}}

    assert units(part("A", 1.5, **dozen), part("A", 2)) == {"A": "20"}


@pytest.mark.parametrize(
    ("_case", "row", "reason"),
    [
        ("once however many are sold", part("A", 1, fixed=True), "does not depend"),
        ("nothing", part("A", 0), "contains 0"),
        ("less than nothing", part("A", -1), "contains -1"),
        ("no number", part("A", float("nan")), "contains NaN"),
        ("no code", part(None, 1), "no code"),
    ],
)
def test_a_kit_nobody_can_believe_has_no_contents(
    _case: str, row: dict[str, Any], reason: str
) -> None:
    with pytest.raises(UnusableKit, match=reason):
        contents(1, [row])


def sold_part(quantity: float, *moves: tuple[int, float, str]) -> dict[str, Any]:
    return {
        "line": 1,
        "line.": {
            "quantity": 3.0,
            "product.": {"code": "KIT"},
            "sale.": {"web_id": "shop/1"},
        },
        "quantity": quantity,
        "moves.": [
            {"shipment": f"{SHIPMENT},{number}", "quantity": count, "state": state}
            for number, count, state in moves
        ],
    }


def test_a_kit_has_left_when_its_last_component_has() -> None:
    kits = ShippedKits(
        [
            sold_part(3, (5, 2, "done"), (8, 1, "done")),
            sold_part(6, (5, 2, "done"), (8, 4, "done")),
        ]
    )

    assert kits.of(5) == [("shop/1", "KIT", 1)]
    assert kits.of(8) == [("shop/1", "KIT", 2)]
    assert kits.of(6) == []


def test_what_waits_has_not_left() -> None:
    kits = ShippedKits([sold_part(3, (5, 3, "done")), sold_part(6, (7, 6, "assigned"))])

    assert kits.of(5) == []
    assert kits.of(7) == []


class TestOnARealTryton:
    pytestmark = real

    def test_half_of_an_order_of_kits_leaves(
        self, connector: TrytonConnector, staff: Staff
    ) -> None:
        order = make_order(make_line("ZZ002", 2, "18.95"))
        cursor = end(connector.pull_shipments)
        assert connector.push_order(order, key=order.reference).outcome is Pushed.ACCEPTED

        def send_one(rpc: Rpc) -> None:
            shipment = clerk.find_shipment(rpc, order.reference)
            clerk.ship_part(rpc, shipment, "CU001", Decimal(3))
            clerk.ship(rpc, shipment, tracking="HALF")

        staff(send_one)
        half = self.shipped(connector, cursor, order.reference)
        staff(lambda rpc: clerk.ship(rpc, clerk.find_shipment(rpc, order.reference)))

        assert half == [("ZZ002", 1)]
        assert self.shipped(connector, cursor, order.reference) == [("ZZ002", 1), ("ZZ002", 1)]

    def test_a_cancelled_order_gives_back_what_its_kits_are_made_of(
        self, connector: TrytonConnector
    ) -> None:
        before = {each.warehouse: each.free for each in connector.read_stock(["CU001"])}
        order = make_order(make_line("ZZ002", 1, "18.95"))
        connector.push_order(order, key=order.reference)

        result = connector.cancel_order(order.reference, reason="customer")

        assert result.outcome is Pushed.ACCEPTED, result.message
        after = {each.warehouse: each.free for each in connector.read_stock(["CU001"])}
        assert after == before
        assert connector.read_stock(["ZZ002"]) == []

    def test_a_kit_put_together_otherwise_comes_with_the_next_pull(
        self, connector: TrytonConnector, staff: Staff
    ) -> None:
        cursor = end(connector.pull_products)

        def change(rpc: Rpc) -> None:
            domain = [["parent_template.code", "=", "ZZ002"]]
            found = rpc.call("product.component.search", domain, 0, None, None)
            rpc.call("product.component.write", found, {"quantity": 4.0})

        staff(change)
        changed = [
            (each.code, [int(part.quantity) for part in each.variants[0].components])
            for page in pages(connector.pull_products, cursor)
            for each in page.records
        ]

        assert ("ZZ002", [4]) in changed

    @staticmethod
    def shipped(connector: TrytonConnector, cursor: str, reference: str) -> list[tuple[str, int]]:
        return [
            (line.sku, line.quantity)
            for page in pages(connector.pull_shipments, cursor)
            for each in page.records
            if each.order_reference == reference
            for line in each.lines
        ]
