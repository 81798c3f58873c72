"""The contract's promises on kits, for an ERP that has them."""

import pytest

from erp_connectors.contract import Pushed
from tests.erp_connectors import erp_under_test as look
from tests.erp_connectors.erp_under_test import ErpUnderTest
from tests.erp_connectors.orders import Sold


class Kits:
    """A part of `Conformance`."""

    def test_a_kit_says_what_it_is_made_of(self, erp: ErpUnderTest) -> None:
        if not erp.connector.capabilities().kits:
            pytest.skip("this ERP has no kits")
        code, sku, made_of = erp.kit

        (product,) = erp.connector.read_products([code])
        pulled = look.pages(erp.connector.pull_products, "")

        (variant,) = (each for each in product.variants if each.sku == sku)
        assert {part.sku: part.quantity for part in variant.components} == made_of
        assert product in {each for page in pulled for each in page.records}
        plain = erp.connector.read_products([erp.product_code])
        assert not any(variant.components for each in plain for variant in each.variants)

    def test_an_order_of_kits_takes_what_they_are_made_of(self, erp: ErpUnderTest) -> None:
        if not erp.connector.capabilities().kits:
            pytest.skip("this ERP has no kits")
        _, sku, made_of = erp.kit
        before = {part: look.level(erp, part).free for part in made_of}
        order = look.order(erp, Sold(sku=sku, quantity=2, rate=erp.tax_rate))

        result = erp.connector.push_order(order, key=order.reference)

        assert result.outcome is Pushed.ACCEPTED, result.message
        taken = {part: free - look.level(erp, part).free for part, free in before.items()}
        assert taken == {part: 2 * units for part, units in made_of.items()}

    def test_kits_that_left_are_told_as_kits(self, erp: ErpUnderTest) -> None:
        if not erp.connector.capabilities().kits:
            pytest.skip("this ERP has no kits")
        _, sku, made_of = erp.kit
        before = {part: look.level(erp, part) for part in made_of}
        order = look.order(erp, Sold(sku=sku, quantity=2, rate=erp.tax_rate))
        cursor = look.end(erp.connector.pull_shipments)
        erp.connector.push_order(order, key=order.reference)

        erp.ship(order.reference, carrier="SEUR", tracking="TRACK-4")

        sent = [
            line
            for page in look.pages(erp.connector.pull_shipments, cursor)
            for each in page.records
            if each.order_reference == order.reference
            for line in each.lines
        ]
        assert [(line.sku, line.quantity) for line in sent] == [(sku, 2)]
        for part, units in made_of.items():
            now = look.level(erp, part)
            assert now.on_hand == before[part].on_hand - 2 * units
            assert now.free == before[part].free - 2 * units
