"""Once a night, at the merchant's hour, whatever becomes of the clocks and the workers."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone

from mapping.models import Channel
from sync import recurring
from sync.models import Recurring, SyncJob
from sync.reconcile import night, schedule, streams
from sync.reconcile.rounds import END, Page, Round
from tests.sync.makers import make_channel

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("_case", "hour", "now", "expected"),
    [
        ("a minute before the hour it is still last night", 3, "2026-11-24T01:59Z", "2026-11-23"),
        ("at the hour the night begins", 3, "2026-11-24T02:00Z", "2026-11-24"),
        (
            "the hour that spring leaves out comes all the same",
            2,
            "2026-03-29T01:00Z",
            "2026-03-29",
        ),
        ("and not before it", 2, "2026-03-29T00:59Z", "2026-03-28"),
        ("the hour that autumn has twice: the first", 2, "2026-10-25T00:00Z", "2026-10-25"),
        ("and the second is the same night", 2, "2026-10-25T01:30Z", "2026-10-25"),
        ("midnight belongs to the day that begins", 0, "2026-11-23T23:00Z", "2026-11-24"),
    ],
)
def test_which_night_it_is(_case: str, hour: int, now: str, expected: str) -> None:
    channel = Channel(night_hour=hour)

    assert night.last_night(channel, datetime.fromisoformat(now)) == date.fromisoformat(expected)


class Pages:
    """A comparison of three pages, one of which may fail."""

    ran: list[str] = []
    fails_at = ""

    def __call__(self, _round: Round, cursor: str) -> Iterator[Page]:
        for number in range(int(cursor or 0) + 1, 4):
            if str(number) == Pages.fails_at:
                raise RuntimeError("no answer")
            Pages.ran.append(str(number))
            yield Page(cursor=str(number), counts={"levels": 10})


def other(_round: Round, cursor: str) -> Iterator[Page]:
    if not cursor:
        Pages.ran.append("other")
        yield Page(cursor=END, counts={"orders": 1})


@pytest.fixture
def row(monkeypatch: pytest.MonkeyPatch) -> Recurring:
    """The night of a store whose last one was yesterday's, and today's hour has come."""
    Pages.ran, Pages.fails_at = [], ""
    monkeypatch.setattr(streams, "stages", lambda **_: {"levels": Pages(), "orders": other})
    channel = make_channel(night_hour=0)
    recurring.schedule_channel(channel)
    Recurring.objects.exclude(kind=Recurring.Kind.NIGHTLY).delete()
    row = Recurring.objects.get()
    assert row.cursor == night.first(channel)
    yesterday = night.last_night(channel, timezone.now()) - timedelta(days=1)
    row.cursor = night.Night(night=yesterday.isoformat()).dump()
    row.save()
    return row


def come_round(row: Recurring, times: int = 1) -> None:
    for _ in range(times):
        Recurring.objects.update(next_due="2000-01-01T00:00Z")
        recurring.run_one()
    row.refresh_from_db()


def test_a_night_is_compared_once(row: Recurring) -> None:
    come_round(row, 3)

    job = SyncJob.objects.get()
    assert Pages.ran == ["1", "2", "3", "other"]
    assert (job.kind, job.status) == (SyncJob.Kind.NIGHTLY, SyncJob.Status.DONE)
    assert job.counts == {"levels": 30, "orders": 1}


def test_a_store_connected_today_waits_for_its_first_night(row: Recurring) -> None:
    assert row.channel is not None
    Recurring.objects.update(cursor=night.first(row.channel))
    come_round(row)

    assert Pages.ran == []


def test_nights_without_a_worker_are_made_up_for_once(row: Recurring) -> None:
    Recurring.objects.update(cursor=night.Night(night="2020-01-01").dump())
    come_round(row, 3)

    assert SyncJob.objects.count() == 1


def test_it_goes_on_where_its_time_was_up(row: Recurring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "SLICE", timedelta(0))
    come_round(row)
    assert Pages.ran == ["1"]
    assert SyncJob.objects.get().status == SyncJob.Status.RUNNING

    come_round(row, 12)
    assert Pages.ran == ["1", "2", "3", "other"]
    assert SyncJob.objects.get().counts == {"levels": 30, "orders": 1}


def test_a_page_that_failed_is_tried_again_and_not_those_before_it(row: Recurring) -> None:
    Pages.fails_at = "3"
    come_round(row, 2)
    row.refresh_from_db()
    assert row.last_error == "no answer"
    Pages.fails_at = ""
    come_round(row)

    assert Pages.ran == ["1", "2", "3", "other"]
    assert SyncJob.objects.get().status == SyncJob.Status.DONE


def test_what_fails_for_good_does_not_keep_the_rest_from_being_compared(row: Recurring) -> None:
    Pages.fails_at = "2"
    come_round(row, night.TRIES + 2)

    job = SyncJob.objects.get()
    assert Pages.ran == ["1", "other"]
    assert (job.status, job.error) == (SyncJob.Status.FAILED, "levels: no answer")


def test_a_worker_that_was_taken_over_stores_nothing_more(row: Recurring) -> None:
    row.claims = 7
    with pytest.raises(schedule.TakenOver):
        night.compare(row)

    assert Pages.ran == []
    row.refresh_from_db()
    assert '"job": null' in row.cursor
