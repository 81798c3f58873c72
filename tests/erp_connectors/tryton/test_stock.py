"""How much the shop may sell, at each moment of an order's life in the ERP."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from erp_connectors.tryton.connector import TrytonConnector
from mapping.documents import StockLevel
from sandbox.tryton import clerk
from sandbox.tryton.rpc import Rpc
from tests.erp_connectors.tryton.conftest import Staff
from tests.erp_connectors.tryton.makers import make_line, make_order

pytestmark = [pytest.mark.tryton, pytest.mark.timeout(600)]


def pull_all(connector: TrytonConnector, cursor: str = "") -> tuple[list[StockLevel], str]:
    found: list[StockLevel] = []
    more = True
    while more:
        page = connector.pull_stock(cursor)
        found += page.records
        cursor, more = page.cursor, page.more
    return found, cursor


def in_madrid(connector: TrytonConnector, sku: str) -> StockLevel:
    (level,) = [each for each in connector.read_stock([sku]) if each.warehouse == "MAD"]
    return level


def test_an_order_takes_its_units_from_what_is_free_until_it_has_left(
    connector: TrytonConnector, staff: Staff
) -> None:
    sku = "ZM005-BLA-37"
    staff(lambda rpc: clerk.set_stock(rpc, sku, "MAD", Decimal(16)))
    order = make_order(make_line(sku, 2))
    seen = [in_madrid(connector, sku)]

    connector.push_order(order, key=order.reference)
    seen.append(in_madrid(connector, sku))
    shipment = staff(lambda rpc: clerk.find_shipment(rpc, order.reference))
    assert isinstance(shipment, int)
    staff(lambda rpc: rpc.call("stock.shipment.out.assign_try", [shipment]))
    seen.append(in_madrid(connector, sku))
    staff(lambda rpc: clerk.ship(rpc, shipment))
    seen.append(in_madrid(connector, sku))

    assert [tuple(map(int, (each.on_hand, each.reserved, each.free))) for each in seen] == [
        (16, 0, 16),  # before
        (16, 2, 14),  # the shipment waits
        (16, 2, 14),  # its goods are assigned
        (14, 0, 14),  # it has left
    ]


def test_what_a_supplier_has_promised_cannot_be_sold(
    connector: TrytonConnector, staff: Staff
) -> None:
    sku = "ZM005-BLA-38"
    staff(lambda rpc: clerk.set_stock(rpc, sku, "MAD", Decimal(3)))
    order = make_order(make_line(sku, 2))
    connector.push_order(order, key=order.reference)

    staff(lambda rpc: expect_from_supplier(rpc, sku, 50))

    level = in_madrid(connector, sku)
    assert (int(level.free), int(level.incoming)) == (1, 50)


def expect_from_supplier(rpc: Rpc, sku: str, count: int) -> None:
    fields = ["default_uom"]
    (item,) = rpc.call("product.product.search_read", [["code", "=", sku]], 0, 1, None, fields)
    (supplier,) = rpc.call("stock.location.search", [["type", "=", "supplier"]], 0, 1, None)
    domain = [["type", "=", "warehouse"], ["code", "=", "MAD"]]
    (place,) = rpc.call("stock.location.search_read", domain, 0, 1, None, ["input_location"])
    move = {
        "product": item["id"],
        "unit": item["default_uom"],
        "quantity": float(count),
        "from_location": supplier,
        "to_location": place["input_location"],
        "unit_price": Decimal(10),
        "currency": rpc.call("currency.currency.search", [], 0, 1, None)[0],
        "planned_date": datetime.now(UTC).date(),
    }
    rpc.call("stock.move.create", [move])


def test_every_item_has_a_level_in_every_warehouse(connector: TrytonConnector) -> None:
    levels, cursor = pull_all(connector)

    assert {level.warehouse for level in levels} == {"MAD", "BCN", "TIENDA"}
    assert len(levels) == len({(level.sku, level.warehouse) for level in levels}) >= 450
    assert pull_all(connector, cursor) == ([], cursor)


def test_a_count_in_one_warehouse_brings_the_item_back(
    connector: TrytonConnector, staff: Staff
) -> None:
    _, cursor = pull_all(connector)
    before = datetime.now(UTC)
    staff(lambda rpc: clerk.set_stock(rpc, "ZH003-CAM-41", "BCN", Decimal(77)))

    levels, _ = pull_all(connector, cursor)

    assert {level.sku for level in levels} == {"ZH003-CAM-41"}
    assert {level.warehouse: level.on_hand for level in levels}["BCN"] == 77
    assert all(before <= level.as_of <= datetime.now(UTC) for level in levels)


def test_an_order_waiting_in_the_erp_is_a_change_of_stock(connector: TrytonConnector) -> None:
    _, cursor = pull_all(connector)
    order = make_order(make_line("ZH003-CAM-42", 1))
    connector.push_order(order, key=order.reference)

    levels, _ = pull_all(connector, cursor)

    assert {level.sku for level in levels} == {"ZH003-CAM-42"}
