from decimal import Decimal

import pytest
from django.utils.translation import override

from mapping.models import Channel, StockRule
from sync import explain
from sync.models import KitComponent, StockPosition
from tests.sync.makers import make_channel
from tests.sync.shelves import (
    CENTRAL,
    decide,
    make_demand,
    make_figure,
    make_place,
    make_position,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel() -> Channel:
    channel = make_channel(stock_buffer=2)
    make_place(channel)
    return channel


def test_the_parts_are_one_sentence_that_adds_up(channel: Channel) -> None:
    make_figure(channel, "A", "18", reserved="3")
    row = make_position(channel, "A")
    make_demand(channel, row, 1, "#1007")
    decide(row)

    with override("es"):
        spanish = explain.sentence(row)
    with override("en"):
        english = explain.sentence(row)

    assert spanish == "18 físico − 3 reservado − 1 web pendiente − 2 colchón = 12"
    assert english == "18 on hand − 3 reserved − 1 web pending − 2 buffer = 12"
    assert sum(part.units for part in explain.stock(row)) == row.target == 12


def test_each_part_says_whose_word_it_is_and_when(channel: Channel) -> None:
    figure = make_figure(channel, "A", "18", reserved="3")
    StockRule.objects.create(channel=channel, scope="family", key="Zapatos", buffer_units=4)
    row = make_position(channel, "A", family="Zapatos")
    make_demand(channel, row, 1, "#1007")
    decide(row)

    with override("en"):
        parts = {part.kind: part for part in explain.stock(row, with_rules=True)}

    assert parts["on_hand"].source == "ERP, warehouse CENTRAL"
    assert parts["on_hand"].as_of == figure.as_of
    assert parts["reserved"].asked_at == figure.asked_at
    assert parts["pending_web"].orders == ("#1007",)
    assert parts["buffer"].source == "Rule: In the family Zapatos 4 units are kept back"


@pytest.mark.parametrize(
    ("_case", "on_hand", "figures", "buffer"),
    [
        ("more sold than there is", "2", {"reserved": "5"}, 0),
        ("fractions", "3.5", {"reserved": "0.75", "blocked": "0.5"}, 1),
        ("less than nothing on the shelf", "-1.5", {}, 0),
        ("all of it kept back", "3", {}, 9),
    ],
)
def test_the_parts_add_up_whatever_the_figures_are(
    _case: str, on_hand: str, figures: dict[str, str], buffer: int
) -> None:
    channel = make_channel(stock_buffer=buffer)
    make_place(channel)
    make_figure(channel, "A", on_hand, **figures)
    row = make_position(channel, "A")
    decide(row)

    total = sum(part.units for part in explain.stock(row))

    assert row.target == max(total, 0)
    assert explain.sentence(row)


def test_a_store_cannot_show_less_than_nothing(channel: Channel) -> None:
    make_figure(channel, "A", "2", reserved="5")
    row = make_position(channel, "A")
    decide(row)

    with override("es"):
        assert explain.sentence(row) == ("2 físico − 5 reservado − 2 colchón = −5: se muestra 0")


def test_a_divided_warehouse_shows_the_part_of_the_others() -> None:
    one = make_channel()
    other = make_channel(company=one.company)
    make_place(one, share=60)
    make_place(other, share=40)
    make_figure(one, "A", "10")
    row = make_position(one, "A", mirror=0)
    decide(row)

    parts = {part.kind: part.units for part in explain.stock(row)}

    assert (row.target, parts) == (6, {"on_hand": 10, "theirs": -4})


def test_two_warehouses_are_named(channel: Channel) -> None:
    make_place(channel, warehouse="NAVE", ships_orders=False)
    make_figure(channel, "A", "4")
    make_figure(channel, "A", "5", warehouse="NAVE")
    row = make_position(channel, "A")
    decide(row)

    with override("es"):
        assert explain.sentence(row) == ("4 físico en CENTRAL + 5 físico en NAVE − 2 colchón = 7")


def test_a_kit_says_which_component_is_scarce() -> None:
    channel = make_channel()
    make_place(channel)
    erp = channel.company.erpconnection
    for sku, units, stock in (("A", 2, "9"), ("B", 1, "3")):
        KitComponent.objects.create(connection=erp, kit="K", sku=sku, quantity=Decimal(units))
        make_figure(channel, sku, stock)
    row = make_position(channel, "K")
    decide(row)

    found = explain.components(row)

    assert [(each.sku, each.allows) for each in found] == [("B", 3), ("A", 4)]
    assert [part.units for part in explain.stock(row)] == [3]


@pytest.mark.parametrize("stocked", [each for each in StockPosition.Stocked if each])
def test_an_item_without_a_number_says_why(channel: Channel, stocked: str) -> None:
    row = make_position(channel, "A", stocked=stocked)

    assert explain.stock(row) == []
    assert explain.sentence(row) == explain.silence(row) != ""


def test_a_number_decided_before_its_parts_were_kept_is_decided_again(channel: Channel) -> None:
    row = make_position(channel, "A", target=3, explanation={"levels": [], "buffer": 2})

    with override("es"):
        assert explain.sentence(row).startswith("Se decide de nuevo")
    assert explain.stock(row) == []
    assert explain.components(row) == []
    assert row.location == CENTRAL
