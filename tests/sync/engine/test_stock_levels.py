"""What a level that was read says about the store, and who hears of it."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from erp_connectors.models import ErpConnection
from mapping.models import Channel
from shopify_app.reads import LevelRead
from sync.flows import levels, stock_levels
from sync.models import Divergence, Recurring, StockCorrection, StockPosition
from tests.sync.engine.test_shared_stock import dirty, two_stores
from tests.sync.engine.test_stock_ledger import (
    ITEM,
    MADRID,
    NOON,
    SKU,
    count,
    follow,
    prepared,
    shop_with,
)

pytestmark = pytest.mark.django_db


def shown(available: int) -> dict[str, LevelRead]:
    level = LevelRead(
        available=available, committed=0, on_hand=available, updated_at=timezone.now()
    )
    return {ITEM: level}


def compare(channel: Channel, available: int, *, asked_at: datetime | None = None) -> int:
    moment = asked_at or timezone.now()
    return levels.compare(
        channel, MADRID, shown(available), asked=[ITEM], asked_at=moment
    ).looked_at


def test_a_level_read_before_our_last_write_is_not_taken_for_a_hand_edit() -> None:
    channel = shop_with("CENTRAL")
    row = follow(channel, mirror=50, published_at=timezone.now())
    count(channel, "50")

    assert compare(channel, 0, asked_at=timezone.now() - timedelta(minutes=1)) == 0
    row.refresh_from_db()
    assert (row.mirror, row.held) == (50, False)
    assert not StockCorrection.objects.exists()


@pytest.mark.parametrize(
    ("minutes", "kind", "cause"),
    [(61, "sql", "late_erp"), (59, "sql", "hand_edit"), (61, "push", "hand_edit")],
)
def test_a_difference_while_the_erp_says_nothing_is_put_down_to_it(
    minutes: int, kind: str, cause: str
) -> None:
    channel = shop_with("CENTRAL", alarm_minutes=60)
    erp = channel.company.erpconnection
    ErpConnection.objects.filter(pk=erp.pk).update(kind=kind)
    Recurring.objects.create(
        kind=Recurring.Kind.POLL_STOCK,
        connection=erp,
        seconds=1,
        last_ok_at=timezone.now() - timedelta(minutes=minutes),
    )
    follow(channel, mirror=50)
    count(channel, "50")

    compare(channel, 1)

    assert Divergence.objects.get().cause == cause


def test_a_shortage_made_by_hand_waits_for_a_person() -> None:
    channel = shop_with("CENTRAL")
    row = follow(channel, mirror=50)
    count(channel, "50")
    compare(channel, 1)

    row.refresh_from_db()
    assert row.held
    assert prepared(channel) == []


def test_units_the_erp_no_longer_has_are_taken_off_even_while_a_person_is_asked() -> None:
    channel = shop_with("CENTRAL")
    follow(channel, mirror=50)
    count(channel, "50")
    compare(channel, 3)
    count(channel, "0", as_of=timezone.now())

    assert prepared(channel) == [(0, 3)]


def test_units_found_committed_are_told_to_the_other_store_and_once() -> None:
    here, there = two_stores()
    follow(here, mirror=10), follow(there, mirror=10)
    read = LevelRead(available=8, committed=2, on_hand=10, updated_at=NOON)

    stock_levels.take(there, MADRID, {ITEM: read}, asked=[ITEM])
    assert dirty(here) == [SKU]

    StockPosition.objects.update(dirty=False)
    stock_levels.take(there, MADRID, {ITEM: read}, asked=[ITEM])
    assert dirty(here) == []
