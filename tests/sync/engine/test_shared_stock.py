"""Stock that several stores and kits lay a claim on."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from mapping.documents import Component, Product, StockLevel, Variant
from mapping.models import Channel, WarehouseMapping
from sync import catalogue_ledger, explain, stock_intake
from sync.flows import stock
from sync.models import KitComponent, StockPosition
from sync.stock_figures import Reckoner
from tests.sync.engine.test_stock_ledger import (
    ITEM,
    MADRID,
    NOON,
    SKU,
    count,
    follow,
    offered,
    sell,
    waiting_writes,
)
from tests.sync.makers import make_channel

pytestmark = pytest.mark.django_db


def two_stores(*, shares: tuple[int | None, int | None] = (None, None)) -> list[Channel]:
    """Two stores of one company that sell from the same warehouse."""
    first = make_channel()
    stores = [first, make_channel(company=first.company)]
    for store, share in zip(stores, shares, strict=True):
        WarehouseMapping.objects.create(
            channel=store, warehouse="CENTRAL", location=MADRID, share=share
        )
    return stores


def dirty(channel: Channel) -> list[str]:
    rows = StockPosition.objects.filter(channel=channel, dirty=True)
    return sorted(rows.values_list("sku", flat=True))


class TestACommonPool:
    def test_each_store_gives_way_to_the_orders_of_both(self) -> None:
        here, there = two_stores()
        row, other = follow(here), follow(there)
        count(here, "10")
        sell(there, 3)

        assert offered(row) == 7
        assert offered(other) == 7
        assert explain_parts(row)["pending_elsewhere"] == 3

    def test_an_order_the_erp_has_reserved_counts_nowhere(self) -> None:
        here, there = two_stores()
        row = follow(here)
        count(here, "7")
        sell(there, 3, in_erp_at=NOON - timedelta(seconds=1), erp_quantity=3)

        assert offered(row) == 7

    def test_units_committed_to_orders_not_seen_yet_count_elsewhere_too(self) -> None:
        here, there = two_stores()
        row = follow(here)
        follow(there, unknown_web=2)
        count(here, "10")

        assert offered(row) == 8

    def test_an_order_without_a_location_counts_in_every_store(self) -> None:
        here, there = two_stores()
        row = follow(here)
        count(here, "10")
        sell(there, 1, location="")

        assert offered(row) == 9

    def test_new_figures_are_decided_in_every_store(self) -> None:
        here, there = two_stores()
        follow(here), follow(there)

        count(here, "10")

        assert dirty(here) == dirty(there) == [SKU]
        assert waiting_writes(there) == [MADRID]

    def test_figures_that_say_the_same_again_wake_nobody(self) -> None:
        here, there = two_stores()
        row = follow(here)
        follow(there)
        count(here, "10")
        StockPosition.objects.update(dirty=False)

        assert count(here, "10", as_of=NOON + timedelta(seconds=5)) == 0
        assert dirty(here) == dirty(there) == []
        assert offered(row) == 10

    def test_another_company_is_another_world(self) -> None:
        here, _there = two_stores()
        stranger, _ = two_stores()
        row = follow(here)
        count(here, "10")
        count(stranger, "3")
        sell(stranger, 3)

        assert offered(row) == 10


class TestADividedWarehouse:
    def test_each_store_offers_its_part_only(self) -> None:
        here, there = two_stores(shares=(50, 30))
        row, other = follow(here, mirror=0), follow(there, mirror=0)
        count(here, "11")

        assert offered(row) == 5
        assert offered(other) == 3

    def test_orders_of_one_store_come_out_of_its_own_part(self) -> None:
        here, there = two_stores(shares=(50, 50))
        row, other = follow(here), follow(there)
        count(here, "10")
        sell(there, 2)

        assert offered(row) == 5
        assert offered(other) == 3

    def test_what_exceeds_a_part_is_taken_from_the_others(self) -> None:
        here, there = two_stores(shares=(50, 50))
        row, other = follow(here), follow(there)
        count(here, "4")
        sell(there, 3)

        assert offered(other) == 0
        assert offered(row) == 1

    def test_a_part_is_not_raised_before_the_other_store_made_room(self) -> None:
        here, there = two_stores(shares=(50, 50))
        row = follow(here, mirror=3)
        other = follow(there, mirror=6)
        count(here, "8")

        assert offered(row) == 3  # 4 are its part, and 2 too many are shown elsewhere
        assert explain_parts(row)["capped"] == 1

        other.mirror = 4
        other.save()
        assert offered(row) == 4

    def test_a_store_whose_level_is_not_known_keeps_the_others_from_rising(self) -> None:
        here, there = two_stores(shares=(50, 50))
        row = follow(here, mirror=1)
        follow(there, mirror=None)
        count(here, "8")

        assert offered(row) == 1


class TestKits:
    @pytest.fixture
    def store(self) -> Channel:
        channel = make_channel()
        WarehouseMapping.objects.create(channel=channel, warehouse="CENTRAL", location=MADRID)
        for sku, units in (("CAJA", "1"), ("CALCETIN", "2")):
            KitComponent.objects.create(
                connection=channel.company.erpconnection,
                kit="LOTE",
                sku=sku,
                quantity=Decimal(units),
            )
        return channel

    def _count(self, channel: Channel, **units: str) -> None:
        levels = [
            StockLevel(sku=sku, warehouse="CENTRAL", on_hand=Decimal(number), as_of=NOON)
            for sku, number in units.items()
        ]
        stock_intake.accept_levels(channel.company.erpconnection, levels, asked_at=NOON)

    def test_a_kit_is_as_many_as_its_scarcest_component_allows(self, store: Channel) -> None:
        kit = follow(store, sku="LOTE", item="kit")
        self._count(store, CAJA="9", CALCETIN="7")

        assert offered(kit) == 3

    def test_nothing_is_known_of_a_kit_until_every_component_was_counted(
        self, store: Channel
    ) -> None:
        kit = follow(store, sku="LOTE", item="kit")
        self._count(store, CAJA="9")

        assert offered(kit) is None

    def test_an_order_of_a_kit_takes_its_components(self, store: Channel) -> None:
        kit = follow(store, sku="LOTE", item="kit")
        sock = follow(store, sku="CALCETIN", item="sock")
        self._count(store, CAJA="9", CALCETIN="7")
        sell(store, 1, sku="LOTE", item="kit")

        assert offered(sock) == 5
        assert offered(kit) == 2

    def test_an_order_of_a_component_takes_from_the_kit(self, store: Channel) -> None:
        kit = follow(store, sku="LOTE", item="kit")
        self._count(store, CAJA="9", CALCETIN="7")
        sell(store, 4, sku="CALCETIN", item="sock")

        assert offered(kit) == 1

    def test_new_figures_of_a_component_have_the_kit_decided(self, store: Channel) -> None:
        follow(store, sku="LOTE", item="kit")

        self._count(store, CALCETIN="7")

        assert dirty(store) == ["LOTE"]

    def test_components_come_from_the_product(self) -> None:
        channel = make_channel()
        erp = channel.company.erpconnection
        product = Product(
            code="L",
            title="Lote",
            variants=(
                Variant(sku="LOTE", components=(Component(sku="CAJA", quantity=Decimal(2)),)),
            ),
        )
        catalogue_ledger.accept(erp, products=[product], prices=(), as_of=NOON)

        found = KitComponent.objects.values_list("kit", "sku", "quantity")
        assert list(found) == [("LOTE", "CAJA", Decimal(2))]

        plain = Product(code="L", title="Lote", variants=(Variant(sku="LOTE"),))
        catalogue_ledger.accept(erp, products=[plain], prices=(), as_of=NOON)
        assert not KitComponent.objects.exists()


@pytest.mark.parametrize("stocked", ["untracked", "gift_card", "bundle"])
def test_what_the_store_does_not_count_is_never_sent(stocked: str) -> None:
    channel = make_channel()
    WarehouseMapping.objects.create(channel=channel, warehouse="CENTRAL", location=MADRID)
    row = follow(channel, stocked=stocked)

    count(channel, "10")

    assert dirty(channel) == []
    assert stock.decide(row, Reckoner(channel, MADRID, [row])) is None


def test_how_a_number_came_about_adds_up_and_names_its_orders() -> None:
    here, there = two_stores()
    row = follow(here, item=ITEM)
    count(here, "18", reserved="3")
    sold = sell(there, 1)

    stock.decide(row, Reckoner(here, MADRID, [row]))

    assert sum(part.units for part in explain.stock(row)) == row.target == 14
    assert explain.sentence(row).endswith("= 14")
    assert sold.order.name not in explain.sentence(row)


def explain_parts(row: StockPosition) -> dict[str, Any]:
    reckoning = Reckoner(row.channel, row.location, [row]).reckon(row)
    assert reckoning is not None
    return explain.note(reckoning)
