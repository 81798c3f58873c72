"""What comes round looks at what was silent, and a worker that was taken over stops."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from sync import recurring
from sync.models import Recurring, StockPosition
from sync.reconcile import schedule
from tests.end_to_end.world import SqlErp, World
from tests.sync.makers import make_channel

Kind = Recurring.Kind


def come_round(kind: Recurring.Kind) -> None:
    Recurring.objects.exclude(kind=kind).update(next_due=timezone.now() + timedelta(hours=1))
    Recurring.objects.filter(kind=kind).update(next_due="2000-01-01T00:00Z")
    assert recurring.run_one()
    assert not Recurring.objects.get(kind=kind).last_error


def levels_read(world: World[SqlErp], since: int) -> int:
    operations = world.shop.get("counters", since=since)["operations"]
    return int(operations.get("Levels", {"calls": 0})["calls"])


def test_stock_is_read_again_only_where_nobody_said_a_word_for_an_hour(
    world: World[SqlErp], settings: Any
) -> None:
    world.load()
    StockPosition.objects.update(seen_at=timezone.now())
    start = world.shop.mark()
    come_round(Kind.RECONCILE_STOCK)
    assert levels_read(world, start) == 0

    silent = StockPosition.objects.order_by("pk").first()
    assert silent is not None
    StockPosition.objects.filter(pk=silent.pk).update(
        seen_at=timezone.now() - timedelta(minutes=61)
    )
    come_round(Kind.RECONCILE_STOCK)
    assert levels_read(world, start) == 1
    silent.refresh_from_db()
    assert silent.seen_at is not None
    assert timezone.now() - silent.seen_at < timedelta(minutes=1)

    # Whoever wants it every minute wants all of it.
    settings.SYNC_RECONCILE_EVERY = timedelta(seconds=60)
    start = world.shop.mark()
    come_round(Kind.RECONCILE_STOCK)
    assert levels_read(world, start) == StockPosition.objects.values("location").distinct().count()

    for kind in (Kind.RECONCILE_ORDERS, Kind.RECONCILE_FULFILMENTS, Kind.RECONCILE_CATALOGUE):
        come_round(kind)
        assert world.shop.mutations(since=start) == []


@pytest.mark.django_db
def test_a_worker_that_was_taken_over_does_not_move_the_place() -> None:
    channel = make_channel()
    recurring.schedule_channel(channel)
    row = Recurring.objects.get(channel=channel, kind=Kind.RECONCILE_STOCK)
    Recurring.objects.filter(pk=row.pk).update(claims=5, cursor="theirs")

    with pytest.raises(schedule.TakenOver):
        schedule.hold(row, "ours")
    row.refresh_from_db()
    assert row.cursor == "theirs"


@pytest.mark.django_db
def test_a_store_connected_again_keeps_its_places() -> None:
    channel = make_channel()
    recurring.schedule_channel(channel)
    Recurring.objects.filter(channel=channel).update(cursor="a place")
    recurring.schedule_channel(channel)

    assert set(Recurring.objects.filter(channel=channel).values_list("cursor", flat=True)) == {
        "a place"
    }
