"""What left the ERP's warehouse comes back with its tracking."""

from decimal import Decimal

import pytest

from erp_connectors.tryton.connector import TrytonConnector
from mapping.documents import Shipment
from sandbox.tryton import clerk
from sandbox.tryton.rpc import Rpc
from tests.erp_connectors.tryton.conftest import Staff
from tests.erp_connectors.tryton.makers import make_line, make_order

pytestmark = [pytest.mark.tryton, pytest.mark.timeout(600)]


def pull_all(connector: TrytonConnector, cursor: str = "") -> tuple[list[Shipment], str]:
    found: list[Shipment] = []
    more = True
    while more:
        page = connector.pull_shipments(cursor, limit=2)
        found += page.records
        cursor, more = page.cursor, page.more
    return found, cursor


def test_a_shipment_comes_back_with_carrier_and_tracking(
    connector: TrytonConnector, staff: Staff
) -> None:
    order = make_order(make_line("BL004-PLA", 1), make_line("BL005-NEG", 2))
    _, cursor = pull_all(connector)
    connector.push_order(order, key="k")
    assert pull_all(connector, cursor)[0] == []

    staff(
        lambda rpc: clerk.ship(
            rpc, clerk.find_shipment(rpc, order.reference), tracking="SE0001", carrier="SEUR"
        )
    )

    (shipment,), after = pull_all(connector, cursor)
    assert shipment.order_reference == order.reference
    assert {line.sku: line.quantity for line in shipment.lines} == {"BL004-PLA": 1, "BL005-NEG": 2}
    assert [(each.number, each.company) for each in shipment.tracking] == [("SE0001", "SEUR")]
    assert shipment.warehouse == "MAD"
    assert pull_all(connector, after)[0] == []


def test_an_order_sent_in_two_parts_is_two_shipments(
    connector: TrytonConnector, staff: Staff
) -> None:
    order = make_order(make_line("CI002-CAM-85", 2), make_line("CI003-AZM-95", 1))
    _, cursor = pull_all(connector)
    connector.push_order(order, key="k")

    def send_some(rpc: Rpc) -> None:
        first = clerk.find_shipment(rpc, order.reference)
        clerk.ship_part(rpc, first, "CI002-CAM-85", Decimal(1))
        clerk.ship(rpc, first, tracking="P1")

    staff(send_some)
    (first,), cursor = pull_all(connector, cursor)
    staff(lambda rpc: clerk.ship(rpc, clerk.find_shipment(rpc, order.reference), tracking="P2"))
    (second,), cursor = pull_all(connector, cursor)

    assert [(line.sku, line.quantity) for line in first.lines] == [("CI002-CAM-85", 1)]
    assert {line.sku: line.quantity for line in second.lines} == {
        "CI002-CAM-85": 1,
        "CI003-AZM-95": 1,
    }
    assert first.id != second.id


def test_a_tracking_number_typed_in_later_is_a_change(
    connector: TrytonConnector, staff: Staff
) -> None:
    order = make_order(make_line("CU001", 1, "6.95"))
    connector.push_order(order, key="k")
    shipment = staff(lambda rpc: clerk.find_shipment(rpc, order.reference))
    assert isinstance(shipment, int)
    staff(lambda rpc: clerk.ship(rpc, shipment, tracking="WRONG"))
    _, cursor = pull_all(connector)

    def correct(rpc: Rpc) -> None:
        domain = [["shipment", "=", f"stock.shipment.out,{shipment}"]]
        parcel = rpc.call("stock.package.search", domain, 0, 1, None)
        rpc.call("stock.package.write", parcel, {"shipping_reference": "RIGHT"})

    staff(correct)

    (changed,), _ = pull_all(connector, cursor)
    assert [each.number for each in changed.tracking] == ["RIGHT"]
