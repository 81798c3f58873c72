"""The sales that came from the web, and no others."""

from datetime import UTC, datetime, timedelta

import pytest

from erp_connectors.errors import ErpMisconfigured
from erp_connectors.tryton.connector import TrytonConnector
from sandbox.tryton.rpc import Rpc
from tests.erp_connectors.tryton.conftest import Staff
from tests.erp_connectors.tryton.makers import make_line, make_order

pytestmark = [pytest.mark.tryton, pytest.mark.timeout(600)]


def test_sales_over_the_counter_are_not_listed(connector: TrytonConnector, staff: Staff) -> None:
    since = datetime.now(UTC)
    order = make_order(make_line("ZM001-NEG-37"))
    connector.push_order(order, key=order.reference)

    def sell(rpc: Rpc) -> None:
        (party,) = rpc.call("party.party.search", [["code", "=", "WEB-GENERICO"]], 0, 1, None)
        rpc.call("sale.sale.create", [{"party": party, "reference": order.reference}])

    staff(sell)

    found = connector.list_orders(since).records

    assert [stub.reference for stub in found].count(order.reference) == 1
    assert all("/" in stub.reference for stub in found)


def test_the_list_begins_a_little_early_for_a_clock_that_is_behind(
    connector: TrytonConnector,
) -> None:
    order = make_order(make_line("ZM001-NEG-38"))
    connector.push_order(order, key=order.reference)

    soon = connector.list_orders(datetime.now(UTC) + timedelta(minutes=1))
    later = connector.list_orders(datetime.now(UTC) + timedelta(minutes=10))

    assert order.reference in {stub.reference for stub in soon.records}
    assert later.records == ()


@pytest.mark.parametrize("text", ["x", "-1", "1.5", "²", "9" * 30])
def test_a_damaged_cursor_is_refused(connector: TrytonConnector, text: str) -> None:
    with pytest.raises(ErpMisconfigured):
        connector.list_orders(datetime.now(UTC), text)
