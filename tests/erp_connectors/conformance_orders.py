"""The contract's promises on listing the orders that an ERP holds."""

import pytest

from tests.erp_connectors import erp_under_test as look
from tests.erp_connectors.erp_under_test import ErpUnderTest
from tests.erp_connectors.orders import Sold


class OrdersListed:
    """A part of `Conformance`."""

    def test_each_order_it_holds_is_listed_once(self, erp: ErpUnderTest) -> None:
        if not erp.connector.capabilities().lists_orders:
            pytest.skip("this ERP does not list its orders")
        orders = [look.order(erp) for _ in range(3)]
        numbers = {}
        for order in orders:
            pushed = erp.connector.push_order(order, key=order.reference)
            erp.connector.push_order(order, key=order.reference)
            assert pushed.order is not None, pushed.message
            numbers[order.reference] = pushed.order.number

        few, many = look.listed(erp.connector, limit=2), look.listed(erp.connector)

        assert few == many == sorted(few, key=lambda stub: stub.placed_at)
        ours = [stub for stub in few if stub.reference in numbers]
        assert sorted(stub.reference for stub in ours) == sorted(numbers)
        assert {stub.reference: stub.number for stub in ours} == numbers
        assert {stub.total for stub in ours} == {order.total.shop for order in orders}
        assert not any(stub.cancelled for stub in ours)

    def test_a_page_of_orders_may_be_asked_for_again(self, erp: ErpUnderTest) -> None:
        if not erp.connector.capabilities().lists_orders:
            pytest.skip("this ERP does not list its orders")
        for _ in range(3):
            order = look.order(erp)
            erp.connector.push_order(order, key=order.reference)
        since = look.before()
        first = erp.connector.list_orders(since, limit=2)

        second = erp.connector.list_orders(since, first.cursor, limit=2)
        erp.connector.close()
        again = erp.connector.list_orders(since, first.cursor, limit=2)

        assert first.more
        assert not first.complete
        assert second.records
        assert second.records == again.records
        assert not set(first.records) & set(second.records)

    def test_orders_of_another_time_are_not_listed(self, erp: ErpUnderTest) -> None:
        if not erp.connector.capabilities().lists_orders:
            pytest.skip("this ERP does not list its orders")
        order = look.order(erp)
        erp.connector.push_order(order, key=order.reference)

        page = erp.connector.list_orders(look.after())

        assert page.records == ()
        assert page.complete

    def test_a_refused_order_is_not_listed(self, erp: ErpUnderTest) -> None:
        order = look.order(erp, Sold(sku=look.UNKNOWN_CODE))
        erp.connector.push_order(order, key=order.reference)

        assert order.reference not in {stub.reference for stub in look.listed(erp.connector)}

    def test_a_cancelled_order_is_listed_as_such(self, erp: ErpUnderTest) -> None:
        can = erp.connector.capabilities()
        if not (can.cancels_orders and can.lists_orders):
            pytest.skip("this ERP takes no cancellations, or does not list its orders")
        order = look.order(erp)
        erp.connector.push_order(order, key=order.reference)

        erp.connector.cancel_order(order.reference, reason="customer")

        (found,) = (
            stub for stub in look.listed(erp.connector) if stub.reference == order.reference
        )
        assert found.cancelled
