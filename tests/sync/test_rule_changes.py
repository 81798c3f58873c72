from decimal import Decimal

import pytest

from mapping import links
from mapping.models import Channel, FieldRule, RecordLink, StockRule, WarehouseMapping
from mapping.ownership import STOCK
from sync import rule_changes
from sync.models import KitComponent, MassChange, OutboxCommand, StockPosition
from tests.sync.makers import make_channel
from tests.sync.shelves import decide, make_figure, make_place, make_position

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel() -> Channel:
    channel = make_channel()
    make_place(channel)
    return channel


def dirty() -> set[str]:
    return set(StockPosition.objects.filter(dirty=True).values_list("sku", flat=True))


def rest() -> None:
    StockPosition.objects.update(dirty=False)


def test_a_rule_has_the_items_it_is_about_decided_again(channel: Channel) -> None:
    make_position(channel, "A", family="Zapatos")
    make_position(channel, "B", family="Bolsos")
    make_position(make_channel(), "A", family="Zapatos")

    rule = StockRule.objects.create(channel=channel, scope="family", key="Zapatos", buffer_units=2)

    assert dirty() == {"A"}
    assert OutboxCommand.objects.get().channel == channel
    rest()
    rule.buffer_units = 3
    rule.save()
    assert dirty() == {"A"}


def test_a_rule_that_moves_is_felt_where_it_was_and_where_it_is(channel: Channel) -> None:
    for sku in "ABC":
        make_position(channel, sku)
    rule = StockRule.objects.create(channel=channel, scope="item", key="A", buffer_units=2)
    rest()

    rule.key = "B"
    rule.save()

    assert dirty() == {"A", "B"}


def test_a_deleted_rule_is_felt_too(channel: Channel) -> None:
    make_position(channel, "A")
    StockRule.objects.create(channel=channel, scope="channel", buffer_units=2)
    rest()

    StockRule.objects.all().delete()

    assert dirty() == {"A"}


def test_a_rule_saved_as_it_was_changes_nothing(channel: Channel) -> None:
    make_position(channel, "A")
    rule = StockRule.objects.create(channel=channel, scope="item", key="A", buffer_units=2)
    rest()

    rule.save()
    channel.name = "Otra"
    channel.save()

    assert dirty() == set()


def test_a_rule_about_a_component_is_felt_by_its_kits(channel: Channel) -> None:
    erp = channel.company.erpconnection
    KitComponent.objects.create(connection=erp, kit="K", sku="A", quantity=Decimal(1))
    make_position(channel, "K")
    make_position(channel, "B")

    StockRule.objects.create(channel=channel, scope="item", key="A", buffer_units=2)

    assert dirty() == {"K"}


def test_a_part_that_changes_is_felt_in_the_other_stores(channel: Channel) -> None:
    other = make_channel(company=channel.company)
    stranger = make_channel()
    WarehouseMapping.objects.update(share=60)
    mapping = make_place(other, share=40)
    for number, each in enumerate((channel, other, stranger)):
        make_position(each, f"S{number}")
    rest()

    mapping.share = 20
    mapping.save()

    assert dirty() == {"S0", "S1"}


def test_another_buffer_or_owner_of_the_channel_is_felt_by_all_of_it(channel: Channel) -> None:
    make_position(channel, "A")

    channel.stock_buffer = 4
    channel.save()
    by_buffer = dirty()
    rest()
    FieldRule.objects.create(channel=channel, field=STOCK, owner="nobody")

    assert by_buffer == dirty() == {"A"}


def test_other_limits_are_felt_by_what_is_held(channel: Channel) -> None:
    make_position(channel, "A")
    held = MassChange.objects.create(channel=channel, location="gid://shopify/Location/1")
    make_position(channel, "B", mass_change=held)

    channel.brake_zero_least = 500
    channel.save()

    assert dirty() == {"B"}


def test_a_channel_goes_with_all_that_belongs_to_it(channel: Channel) -> None:
    StockRule.objects.create(channel=channel, scope="channel", buffer_units=2)

    channel.shop.delete()
    channel.delete()

    assert not StockRule.objects.exists()


def test_the_effect_of_a_rule_is_known_before_it_is_kept(channel: Channel) -> None:
    for sku, units in (("A", "10"), ("B", "2")):
        make_figure(channel, sku, units)
    decide(make_position(channel, "A", family="X"), make_position(channel, "B", family="X"))
    rule = StockRule(channel=channel, scope="family", key="X", buffer_units=3)

    found = rule_changes.effect(rule)

    assert [(each.sku, each.before, each.after) for each in found] == [("A", 10, 7), ("B", 2, 0)]
    assert not StockRule.objects.exists()
    assert dirty() == set()


def test_a_warehouse_mapped_to_a_new_location_has_every_linked_item_followed_there(
    channel: Channel,
) -> None:
    row = make_position(channel, "A", family="Zapatos")
    links.attach(channel, RecordLink.Kind.INVENTORY_ITEM, {"A": row.item, "B": "item-b"})

    WarehouseMapping.objects.create(channel=channel, warehouse="ELCHE", location="new")

    found = StockPosition.objects.filter(location="new").order_by("sku")
    assert list(found.values_list("sku", "item", "family")) == [
        ("A", row.item, "Zapatos"),
        ("B", "item-b", ""),
    ]
    # Nobody knows what the store has there: it is read before anything is written.
    assert not found.filter(never_stocked=True).exists()
