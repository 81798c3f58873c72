from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import RequestFactory
from django.utils import timezone

from mapping.models import Channel
from sync import dashboard, work_items
from sync.models import AuditEntry, Divergence
from sync.work_items import Pause
from tests.sync.makers import make_channel

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel() -> Channel:
    return make_channel()


@pytest.fixture
def ana() -> User:
    return User.objects.create_user("ana", is_staff=True)


@pytest.fixture
def luis() -> User:
    return User.objects.create_user("luis", is_staff=True)


def make_difference(channel: Channel, key: str = "A@gid://L/1") -> Divergence:
    return Divergence.objects.create(
        channel=channel, field="variant.available", key=key, expected="4", found="3"
    )


def badge() -> str:
    return dashboard.open_divergences(RequestFactory().get("/"))


def test_what_is_put_off_is_hidden_and_comes_back_by_itself(channel: Channel, ana: User) -> None:
    row = make_difference(channel)
    make_difference(channel, "B@gid://L/1")

    work_items.put_off(row, until=timezone.now() + timedelta(hours=1), by=ana)
    hidden = badge()
    later = timezone.now() + timedelta(hours=2)

    assert hidden == "1"
    assert Divergence.objects.filter(work_items.waits(later)).count() == 2
    assert Divergence.objects.filter(work_items.is_put_off()).get() == row
    assert AuditEntry.objects.get().details["difference"] == row.pk


def test_of_two_people_who_take_it_one_has_it(channel: Channel, ana: User, luis: User) -> None:
    row = make_difference(channel)

    answers = [work_items.take(row, by=ana), work_items.take(row, by=luis)]

    row.refresh_from_db()
    assert answers == [True, False]
    assert row.assigned_to == ana
    assert AuditEntry.objects.filter(action="assign").count() == 1


def test_what_changed_hands_meanwhile_is_not_taken_away_unseen(
    channel: Channel, ana: User, luis: User
) -> None:
    seen_by_both = make_difference(channel)
    work_items.assign(Divergence.objects.get(), to=luis, by=luis)

    assert not work_items.assign(seen_by_both, to=ana, by=ana)
    assert work_items.assign(Divergence.objects.get(), to=ana, by=ana)


def test_the_first_who_sees_it_is_remembered(channel: Channel, ana: User, luis: User) -> None:
    row = make_difference(channel)

    assert work_items.see(row, by=ana)
    assert not work_items.see(row, by=luis)
    row.refresh_from_db()
    assert row.acknowledged_by == ana


def test_a_closed_difference_is_nobodys_work(channel: Channel, ana: User) -> None:
    row = make_difference(channel)
    Divergence.objects.update(status=Divergence.Status.HEALED)

    assert not work_items.take(row, by=ana)
    assert not work_items.see(row, by=ana)
    assert not work_items.put_off(row, until=timezone.now(), by=ana)
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("pause", "until"),
    [
        (Pause.HOUR, datetime(2026, 11, 24, 23, 30, tzinfo=UTC)),
        # Half past eleven in the evening in Madrid: tomorrow is the 25th there.
        (Pause.TOMORROW, datetime(2026, 11, 25, 7, 0, tzinfo=UTC)),
        (Pause.WEEK, datetime(2026, 12, 1, 22, 30, tzinfo=UTC)),
    ],
)
def test_a_pause_ends_by_the_merchants_clock(pause: Pause, until: datetime) -> None:
    now = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)

    assert work_items.end_of(pause, now=now) == until
