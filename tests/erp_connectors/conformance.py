"""The promises of the contract, as tests that run on every connector.

To run them on yours: subclass `Conformance` as `TestSomething` with a fixture `erp` that
returns an `ErpUnderTest`. A promise that an ERP cannot keep is skipped only if its
`capabilities()` say so.
"""

from decimal import Decimal

import pytest

from erp_connectors.contract import DeltaKind, Entity, Found, Pushed
from tests.erp_connectors import erp_under_test as look
from tests.erp_connectors.conformance_kits import Kits
from tests.erp_connectors.conformance_orders import OrdersListed
from tests.erp_connectors.erp_under_test import ErpUnderTest
from tests.erp_connectors.orders import Sold


class Conformance(OrdersListed, Kits):
    """Subclass it with a fixture `erp`."""

    def test_it_says_how_each_entity_changes(self, erp: ErpUnderTest) -> None:
        assert set(erp.connector.capabilities().delta) == set(Entity)

    def test_it_describes_what_the_erp_has(self, erp: ErpUnderTest) -> None:
        found = erp.connector.describe()

        assert erp.price_list in {each.code for each in found.price_lists}
        assert erp.warehouse in {each.code for each in found.warehouses}
        assert found.counts["products"] > 0

    def test_it_shows_raw_records_for_the_mapping(self, erp: ErpUnderTest) -> None:
        for entity in (Entity.PRODUCTS, Entity.PRICES, Entity.STOCK):
            assert 0 < len(erp.connector.sample(entity, 2)) <= 2

    def test_it_is_healthy(self, erp: ErpUnderTest) -> None:
        health = erp.connector.health()

        assert health.ok, health.message

    @pytest.mark.parametrize("entity", [Entity.PRODUCTS, Entity.PRICES, Entity.STOCK])
    def test_a_cursor_used_again_gives_at_least_the_same_records(
        self, erp: ErpUnderTest, entity: Entity
    ) -> None:
        pull = look.pull(erp.connector, entity)
        first = pull("", limit=3)

        second = pull(first.cursor, limit=3)
        again = pull(first.cursor, limit=3)

        assert look.keys(second.records) <= look.keys(again.records)
        assert look.keys(first.records) <= look.keys(pull("", limit=3).records)

    @pytest.mark.parametrize("entity", [Entity.PRODUCTS, Entity.PRICES, Entity.STOCK])
    def test_small_pages_and_large_ones_hold_the_same(
        self, erp: ErpUnderTest, entity: Entity
    ) -> None:
        small = look.everything(look.pull(erp.connector, entity), limit=7)
        large = look.everything(look.pull(erp.connector, entity), limit=500)

        assert small == large
        assert small

    def test_a_change_of_stock_comes_with_the_next_pull(self, erp: ErpUnderTest) -> None:
        if erp.connector.capabilities().delta[Entity.STOCK] is DeltaKind.SNAPSHOT:
            pytest.skip("this ERP tells everything every time")
        cursor = look.end(erp.connector.pull_stock)
        sku = erp.skus[0]
        now = look.level(erp, sku)

        erp.set_stock(sku, erp.warehouse, now.on_hand + 5)
        pages = list(look.pages(erp.connector.pull_stock, cursor))

        changed = {(one.sku, one.warehouse): one.on_hand for page in pages for one in page.records}
        assert changed[sku, erp.warehouse] == now.on_hand + 5
        assert not any(page.complete for page in pages)

    def test_what_is_read_is_not_older_than_it_says(self, erp: ErpUnderTest) -> None:
        sku = erp.skus[0]
        before = look.level(erp, sku)

        erp.set_stock(sku, erp.warehouse, before.on_hand + 1)
        after = look.level(erp, sku)

        assert after.as_of > before.as_of
        assert after.on_hand == before.on_hand + 1

    def test_a_code_the_erp_does_not_have_is_not_in_the_answer(self, erp: ErpUnderTest) -> None:
        connector = erp.connector

        products = connector.read_products([erp.product_code, look.UNKNOWN_CODE])
        prices = connector.read_prices([erp.skus[0], look.UNKNOWN_CODE], erp.price_list)
        levels = connector.read_stock([erp.skus[0], look.UNKNOWN_CODE])

        assert [each.code for each in products] == [erp.product_code]
        assert {each.sku for each in prices} == {erp.skus[0]}
        assert {each.sku for each in levels} == {erp.skus[0]}
        assert connector.read_products([look.UNKNOWN_CODE]) == []

    def test_a_product_comes_whole(self, erp: ErpUnderTest) -> None:
        (product,) = erp.connector.read_products([erp.product_code])

        assert set(erp.skus) <= {variant.sku for variant in product.variants}
        for variant in product.variants:
            assert len(variant.option_values) == len(product.options)
        values = [variant.option_values for variant in product.variants]
        assert len(set(values)) == len(values)

    def test_an_order_pushed_twice_is_one_order(self, erp: ErpUnderTest) -> None:
        order = look.order(erp)

        first = erp.connector.push_order(order, key="k-1")
        second = erp.connector.push_order(order, key="k-1")

        assert first.outcome is Pushed.ACCEPTED, first.message
        assert second.outcome is Pushed.ALREADY, second.message
        assert first.order is not None
        assert second.order is not None
        assert second.order.number == first.order.number != ""
        assert erp.count_orders(order.reference) == 1

    def test_the_total_is_that_of_the_shop_to_the_cent(self, erp: ErpUnderTest) -> None:
        order = look.order(
            erp, Sold(sku=erp.skus[0], quantity=3, price="33.33", rate=erp.tax_rate)
        )

        result = erp.connector.push_order(order, key="k-2")

        assert result.order is not None, result.message
        assert result.order.total == order.total.shop
        if result.order.rounding is not None:
            assert abs(result.order.rounding.amount) <= Decimal("0.05")

    def test_an_order_is_found_by_its_reference(self, erp: ErpUnderTest) -> None:
        order = look.order(erp)
        before = erp.connector.lookup_order(order.reference)
        pushed = erp.connector.push_order(order, key="k-3")

        after = erp.connector.lookup_order(order.reference)

        assert before.found is Found.NOT_FOUND
        assert after.found is Found.FOUND
        assert after.order == pushed.order

    def test_an_order_whose_answer_was_lost_is_found_and_not_doubled(
        self, erp: ErpUnderTest
    ) -> None:
        order = look.order(erp)
        erp.lose_next_answer()

        lost = erp.connector.push_order(order, key="k-4")
        found = erp.connector.lookup_order(order.reference)
        again = erp.connector.push_order(order, key="k-4")

        assert lost.outcome is Pushed.UNKNOWN
        assert found.found is Found.FOUND
        assert again.outcome is Pushed.ALREADY
        assert erp.count_orders(order.reference) == 1

    def test_an_unknown_item_is_refused_in_plain_words_and_nothing_is_half_done(
        self, erp: ErpUnderTest
    ) -> None:
        good, bad = Sold(sku=erp.skus[0], rate=erp.tax_rate), Sold(sku=look.UNKNOWN_CODE)
        order = look.order(erp, good, bad)
        before = look.level(erp, erp.skus[0])

        result = erp.connector.push_order(order, key="k-5")

        assert result.outcome is Pushed.REJECTED
        assert look.UNKNOWN_CODE in result.message
        assert erp.count_orders(order.reference) == 0
        assert look.level(erp, erp.skus[0]).free == before.free
        assert erp.connector.lookup_order(order.reference).found is Found.NOT_FOUND

    def test_an_accepted_order_takes_its_quantity_out_of_the_free_stock(
        self, erp: ErpUnderTest
    ) -> None:
        sku = erp.skus[0]
        before = look.level(erp, sku)

        erp.connector.push_order(
            look.order(erp, Sold(sku=sku, quantity=2, rate=erp.tax_rate)), key="k"
        )

        assert look.level(erp, sku).free == before.free - 2

    def test_a_shipment_comes_once_with_its_tracking(self, erp: ErpUnderTest) -> None:
        order = look.order(erp, Sold(sku=erp.skus[0], quantity=2, rate=erp.tax_rate))
        cursor = look.end(erp.connector.pull_shipments)
        erp.connector.push_order(order, key="k-6")
        erp.ship(order.reference, carrier="SEUR", tracking="TRACK-1")

        pages = list(look.pages(erp.connector.pull_shipments, cursor))

        (shipment,) = (
            each
            for page in pages
            for each in page.records
            if each.order_reference == order.reference
        )
        assert [each.number for each in shipment.tracking] == ["TRACK-1"]
        assert [(line.sku, line.quantity) for line in shipment.lines] == [(erp.skus[0], 2)]
        later = look.pages(erp.connector.pull_shipments, pages[-1].cursor)
        repeats = [each for page in later for each in page.records if each.id == shipment.id]
        assert not repeats or erp.connector.capabilities().overlap

    def test_goods_that_left_are_out_of_both_figures(self, erp: ErpUnderTest) -> None:
        sku = erp.skus[1]
        before = look.level(erp, sku)
        order = look.order(erp, Sold(sku=sku, rate=erp.tax_rate))
        erp.connector.push_order(order, key="k-7")

        erp.ship(order.reference, carrier="SEUR", tracking="TRACK-2")

        after = look.level(erp, sku)
        assert after.on_hand == before.on_hand - 1
        assert after.free == before.free - 1

    def test_a_cancelled_order_gives_its_stock_back(self, erp: ErpUnderTest) -> None:
        if not erp.connector.capabilities().cancels_orders:
            pytest.skip("this ERP takes no cancellations")
        before = look.level(erp, erp.skus[0])
        order = look.order(erp)
        erp.connector.push_order(order, key="k-8")

        first = erp.connector.cancel_order(order.reference, reason="customer")
        second = erp.connector.cancel_order(order.reference, reason="customer")

        assert first.outcome is Pushed.ACCEPTED, first.message
        assert second.outcome is Pushed.ALREADY, second.message
        assert look.level(erp, erp.skus[0]).free == before.free
        found = erp.connector.lookup_order(order.reference)
        assert found.order is not None
        assert found.order.cancelled

    def test_an_order_that_has_left_is_not_cancelled(self, erp: ErpUnderTest) -> None:
        if not erp.connector.capabilities().cancels_orders:
            pytest.skip("this ERP takes no cancellations")
        order = look.order(erp)
        erp.connector.push_order(order, key="k-9")
        erp.ship(order.reference, carrier="SEUR", tracking="TRACK-3")

        result = erp.connector.cancel_order(order.reference, reason="customer")

        assert result.outcome is Pushed.REJECTED
        assert result.message

    def test_the_account_can_do_nothing_else(self, erp: ErpUnderTest) -> None:
        for number, write in enumerate(erp.forbidden_writes()):
            with pytest.raises(Exception):  # noqa: B017, PT011  (each ERP refuses in its way)
                write()
            assert erp.connector.health().ok, f"after write {number}"

    def test_it_works_again_after_it_was_closed(self, erp: ErpUnderTest) -> None:
        erp.connector.close()
        erp.connector.close()

        assert erp.connector.read_stock([erp.skus[0]])
