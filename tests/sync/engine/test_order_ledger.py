"""Where an order takes its units from, also when the store thinks again."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from mapping.documents import HeldAt, Order
from mapping.models import Channel, WarehouseMapping
from sync import order_ledger, stock_ledger
from sync.flows import orders as flow
from sync.models import InboxMessage, ShopOrder, StockPosition, WebDemand
from tests.sync.engine.test_stock_ledger import ELCHE, ITEM, MADRID, SKU, count, follow, offered
from tests.sync.makers import make_channel, make_document, make_message

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel() -> Channel:
    channel = make_channel()
    for warehouse, location in (("CENTRAL", MADRID), ("ELCHE", ELCHE)):
        WarehouseMapping.objects.create(channel=channel, warehouse=warehouse, location=location)
    return channel


@pytest.fixture
def madrid(channel: Channel) -> StockPosition:
    return follow(channel, mirror=10)


@pytest.fixture
def elche(channel: Channel) -> StockPosition:
    return follow(channel, location=ELCHE, mirror=10)


def order_of(channel: Channel, units: int, *, location: str = MADRID, **options: Any) -> Order:
    document = make_document(f"{channel.shop.domain}/77", "#77")
    (line,) = document.lines
    line = replace(
        line,
        sku=SKU,
        quantity=units,
        unfulfilled=units,
        inventory_item=ITEM,
        held_at=options.pop("held_at", ()),
    )
    return replace(document, lines=(line,), location=location, **options)


def later(order: Order, **changes: Any) -> Order:
    return replace(order, updated_at=order.updated_at + timedelta(seconds=5), **changes)


def test_a_sale_moves_the_mirror_and_needs_no_read(
    channel: Channel, madrid: StockPosition, elche: StockPosition
) -> None:
    order_ledger.remember(channel, order_of(channel, 2))

    madrid.refresh_from_db()
    elche.refresh_from_db()
    assert (madrid.mirror, madrid.needs_read, madrid.dirty) == (8, False, True)
    assert (elche.mirror, elche.needs_read) == (10, False)


def test_an_order_that_moves_has_both_locations_read(
    channel: Channel, madrid: StockPosition, elche: StockPosition
) -> None:
    order = order_of(channel, 2)
    order_ledger.remember(channel, order)
    StockPosition.objects.update(needs_read=False)

    order_ledger.remember(channel, later(order, location=ELCHE))

    assert StockPosition.objects.filter(needs_read=True).count() == 2
    held = {row.location: row.quantity for row in WebDemand.objects.all()}
    assert held == {MADRID: 0, ELCHE: 2}


def test_a_split_order_takes_from_each_location_its_part(
    channel: Channel, madrid: StockPosition, elche: StockPosition
) -> None:
    held_at = (HeldAt(location=MADRID, units=2), HeldAt(location=ELCHE, units=1))

    order_ledger.remember(channel, order_of(channel, 3, location="", held_at=held_at))

    assert stock_ledger.known_open(channel, [ITEM], MADRID) == {ITEM: 2}
    assert stock_ledger.known_open(channel, [ITEM], ELCHE) == {ITEM: 1}


def test_an_order_that_nobody_sends_yet_counts_everywhere_and_hides_nothing(
    channel: Channel, madrid: StockPosition, elche: StockPosition
) -> None:
    count(channel, "10")
    count(channel, "10", warehouse="ELCHE")

    order_ledger.remember(channel, order_of(channel, 2, location=""))

    madrid.refresh_from_db()
    assert madrid.needs_read
    assert offered(madrid) == offered(elche) == 8
    assert stock_ledger.known_open(channel, [ITEM], MADRID) == {}


def test_in_the_erp_it_counts_where_it_was_booked(
    channel: Channel, madrid: StockPosition, elche: StockPosition
) -> None:
    count(channel, "10")
    count(channel, "10", warehouse="ELCHE")
    order = order_of(channel, 2, location="")
    row = order_ledger.remember(channel, order)

    order_ledger.handing_over(row, order)
    order_ledger.entered_erp(row, number="P-1", at=timezone.now())

    # The first mapped warehouse ships what no location was named for.
    assert offered(madrid) == 8
    assert offered(elche) == 10


def test_what_the_erp_booked_is_not_booked_again_when_the_order_moves(
    channel: Channel, madrid: StockPosition, elche: StockPosition
) -> None:
    order = order_of(channel, 2)
    row = order_ledger.remember(channel, order)
    order_ledger.handing_over(row, order)
    order_ledger.entered_erp(row, number="P-1", at=timezone.now() - timedelta(hours=3))
    count(channel, "8")
    count(channel, "10", warehouse="ELCHE")

    order_ledger.remember(channel, later(order, location=ELCHE))

    assert offered(madrid) == 8
    assert offered(elche) == 10


def test_what_was_added_while_the_answer_was_lost_is_not_in_the_erp(
    channel: Channel, madrid: StockPosition
) -> None:
    count(channel, "10")
    order = order_of(channel, 1)
    row = order_ledger.remember(channel, order)
    order_ledger.handing_over(row, order)
    order_ledger.remember(channel, later(order, lines=order_of(channel, 3).lines))

    # The ERP is found to have it: as it was handed over, not as it is.
    order_ledger.entered_erp(row, number="P-1", at=timezone.now() - timedelta(hours=3))

    assert offered(madrid) == 10 - 2


def test_what_was_added_and_is_sent_from_elsewhere_is_not_in_the_erp_either(
    channel: Channel, madrid: StockPosition, elche: StockPosition
) -> None:
    order = order_of(channel, 1)
    row = order_ledger.remember(channel, order)
    order_ledger.handing_over(row, order)
    order_ledger.entered_erp(row, number="P-1", at=timezone.now() - timedelta(hours=3))
    count(channel, "9")
    count(channel, "10", warehouse="ELCHE")

    held_at = (HeldAt(location=MADRID, units=1), HeldAt(location=ELCHE, units=1))
    grown = order_of(channel, 2, location="", held_at=held_at)
    order_ledger.remember(channel, later(order, lines=grown.lines, location=""))

    assert offered(madrid) == 9
    assert offered(elche) == 10 - 1


def test_an_order_that_goes_and_comes_back_keeps_what_was_booked(
    channel: Channel, madrid: StockPosition, elche: StockPosition
) -> None:
    order = order_of(channel, 2)
    row = order_ledger.remember(channel, order)
    order_ledger.handing_over(row, order)
    order_ledger.entered_erp(row, number="P-1", at=timezone.now() - timedelta(hours=3))
    count(channel, "8")
    count(channel, "10", warehouse="ELCHE")

    away = later(order, location=ELCHE)
    order_ledger.remember(channel, away)
    order_ledger.remember(channel, later(away, location=MADRID))

    assert offered(madrid) == 8
    assert offered(elche) == 10


def test_an_order_that_came_and_went_unseen_has_the_unknown_units_read_again(
    channel: Channel, madrid: StockPosition, elche: StockPosition
) -> None:
    StockPosition.objects.filter(pk=madrid.pk).update(unknown_web=2)
    gone = order_of(channel, 2, cancelled_at=timezone.now())

    order_ledger.remember(channel, replace(gone, lines=()))

    madrid.refresh_from_db()
    elche.refresh_from_db()
    assert madrid.needs_read
    assert not elche.needs_read


def test_an_order_older_than_the_read_that_does_not_explain_it_asks_for_another(
    channel: Channel, madrid: StockPosition
) -> None:
    StockPosition.objects.filter(pk=madrid.pk).update(
        unknown_web=1, level_at=timezone.now() + timedelta(minutes=1)
    )

    order_ledger.remember(channel, order_of(channel, 2))

    madrid.refresh_from_db()
    assert (madrid.unknown_web, madrid.mirror, madrid.needs_read) == (0, 10, True)


def test_a_test_order_is_committed_in_the_store_and_claims_nothing(
    channel: Channel, madrid: StockPosition
) -> None:
    count(channel, "10")

    order_ledger.remember(channel, order_of(channel, 2, test=True))

    madrid.refresh_from_db()
    assert madrid.needs_read
    assert offered(madrid) == 10
    assert stock_ledger.known_open(channel, [ITEM], MADRID) == {ITEM: 2}


def test_an_order_that_stands_still_is_asked_for_once_an_hour(channel: Channel) -> None:
    row = order_ledger.remember(channel, order_of(channel, 2, location=""))
    ShopOrder.objects.update(
        state=ShopOrder.State.IN_ERP, received_at=timezone.now() - timedelta(minutes=11)
    )
    assert flow.stranded(channel) == [row]

    asked = make_message(
        channel,
        topic=flow.TOPIC,
        key=row.shopify_id,
        message_id=f"{flow.STRANDED}{row.pk}",
        status="done",
        created_at=timezone.now() - timedelta(minutes=59),
    )
    assert flow.stranded(channel) == []

    InboxMessage.objects.filter(pk=asked.pk).update(
        created_at=timezone.now() - timedelta(minutes=61)
    )
    assert flow.stranded(channel) == [row]


def test_an_order_on_its_way_is_not_asked_for(channel: Channel) -> None:
    row = order_ledger.remember(channel, order_of(channel, 2))
    ShopOrder.objects.update(received_at=timezone.now() - timedelta(minutes=11))
    assert flow.stranded(channel) == [row]

    make_message(channel, topic=flow.TOPIC, key=row.shopify_id)
    assert flow.stranded(channel) == []


def test_units_booked_elsewhere_that_now_come_from_here_are_offered_again(
    channel: Channel, madrid: StockPosition, elche: StockPosition
) -> None:
    order = order_of(channel, 1)
    row = order_ledger.remember(channel, order)
    order_ledger.handing_over(row, order)
    order_ledger.entered_erp(row, number="W1")
    split = (HeldAt(location=MADRID, units=1), HeldAt(location=ELCHE, units=1))
    grown = later(order_of(channel, 2, held_at=split))
    order_ledger.remember(channel, grown)
    count(channel, "10", warehouse="ELCHE", asked_at=timezone.now(), as_of=timezone.now())
    assert offered(elche) == 9
    StockPosition.objects.update(dirty=False)

    # One unit less, and the one that stays comes from the other place.
    held_at = (HeldAt(location=ELCHE, units=1),)
    order_ledger.remember(channel, later(later(order_of(channel, 1, held_at=held_at))))

    elche.refresh_from_db()
    assert elche.dirty
    assert offered(elche) == 10
