"""A web order is in the ERP once, with the shop's total to the cent, or it says why not."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from erp_connectors.contract import Found, Pushed
from erp_connectors.errors import ErpUnavailable
from erp_connectors.tryton.connector import TrytonConnector
from erp_connectors.tryton.settings import TrytonSettings
from mapping.documents import Customer, Order
from sandbox.tryton import clerk
from tests.erp_connectors.tryton.conftest import Calls, Staff
from tests.erp_connectors.tryton.lossy_proxy import LossyProxy
from tests.erp_connectors.tryton.makers import HOME, bag, make_line, make_nif, make_order

pytestmark = [pytest.mark.tryton, pytest.mark.timeout(600)]

ITEM = "VE001-AZM-M"


def sales(staff: Staff, order: Order) -> list[dict[str, object]]:
    fields = ["state", "party", "total_amount", "lines.description", "shipment_address",
              "invoice_address"]  # fmt: skip
    found = staff(
        lambda rpc: rpc.call(
            "sale.sale.search_read", [["web_id", "=", order.reference]], 0, None, None, fields
        )
    )
    assert isinstance(found, list)
    return found


def test_an_order_is_in_the_erp_with_the_shops_total(connector: TrytonConnector) -> None:
    order = make_order(
        make_line(ITEM, 2, "59.95", discount="7.33"),
        make_line("LI001", 1, "24.90", rate="4"),
        make_line("GO001", 3, "12.50", rate="10"),
    )

    result = connector.push_order(order, key="k")

    assert result.outcome is Pushed.ACCEPTED
    assert result.order
    assert result.order.total == order.total.shop
    assert result.order.rounding or result.order.tax_total == order.tax_total.shop


def test_a_price_no_net_amount_in_cents_leads_to_needs_no_rounding(
    connector: TrytonConnector,
) -> None:
    order = make_order(make_line(ITEM, 1, "59.95"), make_line(ITEM, 3, "9.99"), shipping="0")

    result = connector.push_order(order, key="k")

    assert result.order
    assert result.order.rounding is None
    assert result.order.total == order.total.shop
    assert result.order.tax_total == order.tax_total.shop


def test_an_order_pushed_twice_is_entered_once(connector: TrytonConnector, staff: Staff) -> None:
    order = make_order(make_line(ITEM))

    first = connector.push_order(order, key="k")
    again = connector.push_order(order, key="k")

    assert (first.outcome, again.outcome) == (Pushed.ACCEPTED, Pushed.ALREADY)
    assert again.order == first.order
    assert len(sales(staff, order)) == 1


def test_workers_that_push_at_the_same_moment_enter_it_once(
    tryton_settings: TrytonSettings, staff: Staff
) -> None:
    order = make_order(make_line(ITEM))

    def push(_number: int) -> Pushed:
        connector = TrytonConnector(tryton_settings, lambda _call: None)
        try:
            return connector.push_order(order, key="k").outcome
        finally:
            connector.close()

    with ThreadPoolExecutor(3) as workers:
        outcomes = list(workers.map(push, range(3)))

    assert len(sales(staff, order)) == 1
    assert set(outcomes) <= {Pushed.ACCEPTED, Pushed.ALREADY, Pushed.UNKNOWN}
    assert push(4) is Pushed.ALREADY


@pytest.mark.parametrize(
    "step", ["sale.sale.create", "sale.sale.quote", "sale.sale.confirm", "party.party.create"]
)
def test_an_order_whose_answer_was_lost_is_looked_for_and_not_doubled(
    step: str, tryton_settings: TrytonSettings, proxy: LossyProxy, staff: Staff
) -> None:
    order = make_order(make_line(ITEM))
    connector = TrytonConnector(
        dataclasses.replace(tryton_settings, url=proxy.url), lambda _call: None
    )
    connector.health()
    proxy.losing = f"model.{step}"

    first = connector.push_order(order, key="k")
    second = connector.push_order(order, key="k")
    connector.close()

    assert proxy.lost == 1
    assert first.outcome is Pushed.UNKNOWN
    assert second.outcome in (Pushed.ALREADY, Pushed.ACCEPTED)
    assert second.order
    assert second.order.total == order.total.shop
    (sale,) = sales(staff, order)
    assert sale["state"] == "processing"
    assert order.customer
    assert len(parties_with_email(staff, order.customer.email)) == 1


def parties_with_email(staff: Staff, email: str) -> list[int]:
    domain = [["contact_mechanisms", "where", [["type", "=", "email"], ["value", "=", email]]]]
    found = staff(lambda rpc: rpc.call("party.party.search", domain, 0, None, None))
    assert isinstance(found, list)
    return found


def test_an_erp_that_is_down_took_nothing(
    tryton_settings: TrytonSettings, proxy: LossyProxy
) -> None:
    connector = TrytonConnector(
        dataclasses.replace(tryton_settings, url=proxy.url), lambda _call: None
    )
    connector.health()
    proxy.refusing = "sale.sale"

    lookup = connector.lookup_order("shop/1")
    with pytest.raises(ErpUnavailable):
        connector.push_order(make_order(make_line(ITEM)), key="k")
    connector.close()

    assert lookup.found is Found.UNKNOWN
    assert lookup.reason


def test_a_look_up_knows_what_the_erp_holds(connector: TrytonConnector) -> None:
    order = make_order(make_line(ITEM))
    assert connector.lookup_order(order.reference).found is Found.NOT_FOUND

    pushed = connector.push_order(order, key="k")

    found = connector.lookup_order(order.reference)
    assert found.found is Found.FOUND
    assert found.order == pushed.order


@pytest.mark.parametrize(
    ("_case", "order", "word"),
    [
        ("a tax number with a wrong letter", make_order(make_line(ITEM), tax_id="12345678A"),
         "12345678A"),
        ("an item the ERP does not sell", make_order(make_line("NOPE-1")), "NOPE-1"),
        ("a tax rate that does not exist", make_order(make_line(ITEM, rate="7")), "7 %"),
        ("a warehouse that does not exist", make_order(make_line(ITEM), warehouse="XXX"), "XXX"),
        ("a country that does not exist",
         make_order(make_line(ITEM), ship_to=dataclasses.replace(HOME, country_code="XK")), "XK"),
    ],
)  # fmt: skip
def test_what_the_erp_cannot_take_is_refused_with_the_reason_and_leaves_nothing(
    _case: str, order: Order, word: str, connector: TrytonConnector, staff: Staff
) -> None:
    result = connector.push_order(order, key="k")

    assert result.outcome is Pushed.REJECTED
    assert word in result.message
    assert sales(staff, order) == []


def test_a_cent_that_rounding_moved_is_a_line_of_its_own(connector: TrytonConnector) -> None:
    order = make_order(make_line(ITEM, 1, "59.95"), shipping="0")
    order = dataclasses.replace(order, total=bag(order.total.shop.amount + Decimal("0.02")))

    result = connector.push_order(order, key="k")

    assert result.order
    assert result.order.total == order.total.shop
    assert result.order.rounding
    assert result.order.rounding.amount == Decimal("0.02")


def test_a_cent_too_many_is_taken_off_the_same_way(connector: TrytonConnector) -> None:
    order = make_order(make_line(ITEM, 1, "59.95"), shipping="0")
    order = dataclasses.replace(order, total=bag(order.total.shop.amount - Decimal("0.05")))

    result = connector.push_order(order, key="k")

    assert result.order
    assert result.order.total == order.total.shop


def test_a_gap_that_is_no_rounding_is_shown_and_nothing_is_shipped(
    connector: TrytonConnector, staff: Staff
) -> None:
    order = make_order(make_line(ITEM, 1, "59.95"), shipping="0")
    order = dataclasses.replace(order, total=bag("50.00"))

    result = connector.push_order(order, key="k")

    assert result.order
    assert result.order.total
    assert result.order.total.amount == Decimal("59.95")
    assert "59.95" in result.message
    assert sales(staff, order)[0]["state"] == "draft"


def test_the_same_customer_is_found_again_by_email(
    connector: TrytonConnector, staff: Staff
) -> None:
    first = make_order(make_line(ITEM))
    second = make_order(make_line(ITEM), customer=first.customer)

    for order in (first, second):
        connector.push_order(order, key=order.reference)

    one, other = sales(staff, first)[0], sales(staff, second)[0]
    assert one["party"] == other["party"]
    assert one["shipment_address"] == other["shipment_address"]


def test_a_tax_number_decides_before_an_email(connector: TrytonConnector, staff: Staff) -> None:
    nif = make_nif()
    shared = Customer(name="Compras", email=f"compras-{nif.lower()}@example.com")
    one = make_order(make_line(ITEM), tax_id=nif, customer=shared)
    dotted = f"{nif[:2]}.{nif[2:5]}.{nif[5:8]}-{nif[8]}"
    same = make_order(make_line(ITEM), tax_id=dotted)
    other = make_order(make_line(ITEM), tax_id=make_nif(), customer=shared)

    for order in (one, same, other):
        assert connector.push_order(order, key=order.reference).outcome is Pushed.ACCEPTED

    parties = [sales(staff, order)[0]["party"] for order in (one, same, other)]
    assert parties[0] == parties[1] != parties[2]


def test_an_order_that_names_nobody_goes_to_the_generic_customer(
    connector: TrytonConnector, staff: Staff
) -> None:
    order = make_order(make_line(ITEM), customer=None)

    connector.push_order(order, key="k")

    party = sales(staff, order)[0]["party"]
    rows = staff(lambda rpc: rpc.call("party.party.read", [party], ["code"]))
    assert rows == [{"id": party, "code": "WEB-GENERICO"}]


def test_an_order_cancelled_in_time_frees_its_goods(connector: TrytonConnector) -> None:
    order = make_order(make_line("VE001-AZM-XL", 2))
    before = [level.free for level in connector.read_stock(["VE001-AZM-XL"])]
    connector.push_order(order, key="k")

    first = connector.cancel_order(order.reference, reason="CUSTOMER")
    again = connector.cancel_order(order.reference, reason="CUSTOMER")

    assert (first.outcome, again.outcome) == (Pushed.ACCEPTED, Pushed.ALREADY)
    assert first.order
    assert first.order.cancelled
    assert [level.free for level in connector.read_stock(["VE001-AZM-XL"])] == before


def test_an_order_that_has_left_cannot_be_cancelled(
    connector: TrytonConnector, staff: Staff
) -> None:
    order = make_order(make_line("BL003-CAM"))
    connector.push_order(order, key="k")
    staff(lambda rpc: clerk.ship(rpc, clerk.find_shipment(rpc, order.reference)))

    result = connector.cancel_order(order.reference, reason="CUSTOMER")

    assert result.outcome is Pushed.REJECTED
    assert "left the warehouse" in result.message


def test_every_write_carries_its_key_and_no_secret(
    connector: TrytonConnector, calls: Calls, tryton_settings: TrytonSettings
) -> None:
    order = make_order(make_line(ITEM))

    connector.push_order(order, key="key-1")

    writes = [call for call in calls if call.is_write]
    assert {call.idempotency_key for call in writes} == {"key-1"}
    assert {call.operation for call in writes} >= {"party.party.create", "sale.sale.create"}
    assert tryton_settings.password not in repr(calls) + repr(tryton_settings)
