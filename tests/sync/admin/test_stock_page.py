import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from mapping.models import Channel, StockRule
from sync.models import Attempt, KitComponent, OutboxCommand, StockPosition
from tests.sync.admin.acting import opened
from tests.sync.makers import make_channel, make_message
from tests.sync.shelves import CENTRAL, decide, make_demand, make_figure, make_place, make_position


@pytest.fixture
def shelf(channel: Channel) -> StockPosition:
    """18 on hand, 3 reserved, 1 sold in the web, 2 kept back: 12."""
    make_place(channel)
    make_figure(channel, "A", "18", reserved="3")
    StockRule.objects.create(channel=channel, scope="item", key="A", buffer_units=2)
    row = make_position(channel, "A")
    make_demand(channel, row, 1, "#1007")
    decide(row)
    return row


def units(page: str) -> list[int]:
    found = re.findall(r'puente-units">\s*([=+−-]?)\s*(\d+)\s*<', page)
    return [int(f"-{number}") if sign in "−-" and sign else int(number) for sign, number in found]


def test_the_drawing_adds_up(shelf: StockPosition, staff: Client) -> None:
    page = opened(staff, "stockposition", shelf.pk, "es")

    *parts, total = units(page)
    assert parts == [18, -3, -1, -2]
    assert sum(parts) == total == 12
    assert "18 físico − 3 reservado − 1 web pendiente − 2 colchón = 12" in page
    assert "Del artículo A se guardan 2 unidades" in page


def test_the_order_behind_a_part_is_one_click_away(shelf: StockPosition, staff: Client) -> None:
    page = opened(staff, "stockposition", shelf.pk)

    assert re.search(r'href="/admin/sync/shoporder/\d+/change/">#1007<', page)


def test_the_last_writes_and_their_cause_are_shown(
    channel: Channel, shelf: StockPosition, staff: Client
) -> None:
    for number in range(12):
        command = OutboxCommand.objects.create(
            channel=channel, lane="x", kind="stock", key=CENTRAL, status="done",
            cause=make_message(channel, topic="erp/stock"),
            arguments={"positions": [shelf.pk], "quantities": [number]},
        )  # fmt: skip
        Attempt.objects.create(
            channel=channel, command=command, system="shopify", operation="set",
            is_write=True, outcome="ok", milliseconds=5, started_at=timezone.now(),
            request_id=f"request-{number:02}",
        )  # fmt: skip
    StockPosition.objects.update(published_at=timezone.now())

    page = opened(staff, "stockposition", shelf.pk)

    assert "request-11" in page
    assert "request-02" in page
    assert "request-01" not in page
    assert "Stock of the ERP" in page


def test_a_kit_shows_what_each_component_allows(channel: Channel, staff: Client) -> None:
    make_place(channel)
    for sku, each in (("A", "2"), ("B", "1")):
        make_figure(channel, sku, "9")
        KitComponent.objects.create(
            connection=channel.company.erpconnection, kit="K", sku=sku, quantity=Decimal(each)
        )
    row = make_position(channel, "K")
    decide(row)

    page = opened(staff, "stockposition", row.pk)

    assert "What each component allows" in page
    assert "<strong>4</strong>" in page
    assert units(page) == [4, 4]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"stocked": "gift_card"}, "A gift card has no stock"),
        ({"stocked": "bundle"}, "The store computes this bundle"),
        ({}, "The ERP has not said anything"),
        ({"explanation": {"levels": [], "buffer": 1}, "target": 3}, "It is decided again"),
    ],
)
def test_without_a_number_it_says_why(
    channel: Channel, staff: Client, options: dict[str, Any], says: str
) -> None:
    row = make_position(channel, "A", **options)

    page = opened(staff, "stockposition", row.pk)

    assert says in page
    assert "No number is sent" in page
    assert "puente-waterfall" not in page


def test_a_divided_warehouse_names_the_other_stores(channel: Channel, staff: Client) -> None:
    other = make_channel(company=channel.company)
    make_place(channel, share=60)
    make_place(other, share=40, location="gid://L/9")
    make_figure(channel, "A", "10")
    row = make_position(channel, "A", mirror=0)
    decide(row)

    page = opened(staff, "stockposition", row.pk)

    assert f"also sell: {other.name}" in page
    assert "this store sells 60 % of CENTRAL" in page


def test_a_longer_list_of_orders_costs_no_more_questions(
    channel: Channel, shelf: StockPosition, staff: Client
) -> None:
    url = reverse("admin:sync_stockposition_change", args=[shelf.pk])
    staff.get(url)
    with CaptureQueriesContext(connection) as few:
        staff.get(url)
    for number in range(15):
        make_demand(channel, shelf, 1, f"#2{number:03}")
    decide(shelf)

    with CaptureQueriesContext(connection) as many:
        staff.get(url)

    assert len(many) <= len(few)
