"""Silence is news where the same hour of the weeks before never was silent."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.decide import rhythm
from mapping.decide.rhythm import Hour, QuietHour

MADRID = ZoneInfo("Europe/Madrid")
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
# A Friday: the hour from 11 to 12 is over, and its stragglers have arrived.
NOON = datetime(2026, 11, 20, 12, 6, tzinfo=MADRID)

moments = st.datetimes(
    min_value=datetime(2026, 1, 1),  # noqa: DTZ001 - Hypothesis adds the zone
    max_value=datetime(2027, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)
zones = st.sampled_from(
    [ZoneInfo(name) for name in ("Europe/Madrid", "Atlantic/Canary", "Asia/Kolkata", "UTC")]
)
spans = st.timedeltas(min_value=timedelta(), max_value=timedelta(days=3))


def quiet(
    last: datetime | None, now: datetime = NOON, known_since: datetime = LONG_AGO
) -> tuple[QuietHour, ...]:
    return rhythm.quiet_hours(last=last, now=now, zone=MADRID, known_since=known_since)


def at(hour: int, *, day: int = 20, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=MADRID).astimezone(UTC)


def always(quiet_hours: tuple[QuietHour, ...], events: int) -> dict[Hour, int]:
    return {hour: events for each in quiet_hours for hour in each.before}


def by_day(quiet_hours: tuple[QuietHour, ...]) -> dict[Hour, int]:
    """A store that sells from ten to six, by the clock on the wall."""
    hours = always(quiet_hours, 9)
    return {each: 9 for each in hours if 10 <= each.start.astimezone(MADRID).hour < 18}


def test_an_hour_that_always_has_orders_and_has_none_is_news() -> None:
    found = quiet(last=NOON.replace(hour=10, minute=50))

    assert [each.hour for each in found] == [Hour(at(11))]
    assert found[0].before == (
        *(Hour(at(11, day=13)), Hour(at(11, day=6))),
        *(Hour(at(11, day=30, month=10)), Hour(at(11, day=23, month=10))),
    )
    assert rhythm.broken_habit(found, always(found, 2)) == Hour(at(11))


@pytest.mark.parametrize(
    ("_case", "last", "now"),
    [
        ("the last order came within the hour", NOON.replace(hour=11), NOON),
        ("the hour has not ended", NOON.replace(hour=10), NOON.replace(hour=11, minute=59)),
        ("its last orders may be on their way", NOON.replace(hour=10), NOON.replace(minute=4)),
        ("nothing was ever sold", None, NOON),
    ],
)
def test_nothing_is_quiet_when(_case: str, last: datetime | None, now: datetime) -> None:
    assert [each for each in quiet(last, now) if each.hour == Hour(at(11))] == []


def test_one_week_with_a_single_order_makes_it_no_habit() -> None:
    found = quiet(last=NOON.replace(hour=10))
    counts = always(found, 50) | {Hour(at(11, day=6)): 1}

    assert rhythm.broken_habit(found, counts) is None


def test_a_store_of_two_weeks_has_no_habits() -> None:
    since = NOON - timedelta(days=20)

    assert quiet(last=NOON.replace(hour=10), known_since=since) == ()


def test_three_weeks_are_enough() -> None:
    found = quiet(last=NOON.replace(hour=10, minute=30), known_since=NOON - timedelta(days=22))

    assert [len(each.before) for each in found] == [3]


def test_a_silence_lasts_into_the_night_until_something_happens() -> None:
    last = NOON.replace(hour=10)
    found = quiet(last, now=NOON.replace(hour=23, minute=30))

    assert rhythm.broken_habit(found, by_day(found)) == Hour(at(11))


def test_a_holiday_is_one_silence_and_not_one_an_hour() -> None:
    """Every look during the day names the same hour; the first order ends it."""
    last = NOON.replace(day=19, hour=22)
    named = set()
    for minutes in range(0, 6 * 60, 10):
        found = quiet(last, now=NOON + timedelta(minutes=minutes))
        named.add(rhythm.broken_habit(found, by_day(found)))

    assert named == {Hour(at(10))}
    assert quiet(last=NOON + timedelta(hours=5), now=NOON + timedelta(hours=5, minutes=1)) == ()


@pytest.mark.parametrize(
    ("_case", "now"),
    [
        ("summer time ended on 25 October", datetime(2026, 10, 30, 11, 10, tzinfo=MADRID)),
        ("summer time began on 29 March", datetime(2026, 4, 3, 11, 10, tzinfo=MADRID)),
    ],
)
def test_ten_o_clock_stays_ten_o_clock_when(_case: str, now: datetime) -> None:
    [found] = quiet(last=now - timedelta(hours=2), now=now)[-1:]

    on_the_wall = [each.start.astimezone(MADRID) for each in found.before]
    assert {(each.hour, each.minute) for each in on_the_wall} == {(10, 0)}
    assert {each.weekday() for each in on_the_wall} == {4}
    assert {each.utcoffset() for each in on_the_wall} != {now.utcoffset()}


@given(now=moments, ago=spans, zone=zones)
def test_quiet_hours_are_whole_and_lie_between_the_last_event_and_now(
    now: datetime, ago: timedelta, zone: ZoneInfo
) -> None:
    found = rhythm.quiet_hours(last=now - ago, now=now, zone=zone, known_since=LONG_AGO)

    assert len(found) <= 24
    for each in found:
        assert now - ago < each.hour.start
        assert each.hour.end <= now - rhythm.GRACE
        assert each.hour.start.astimezone(zone).minute == 0
        assert len(each.before) == rhythm.WEEKS


@given(now=moments, zone=zones, since=moments)
def test_no_week_counts_of_which_nothing_is_known(
    now: datetime, zone: ZoneInfo, since: datetime
) -> None:
    last = now - timedelta(hours=12)

    for each in rhythm.quiet_hours(last=last, now=now, zone=zone, known_since=since):
        assert len(each.before) >= rhythm.LEAST_WEEKS
        assert all(hour.start >= since for hour in each.before)


@given(now=moments, ago=spans, counts=st.lists(st.integers(0, 4), min_size=1))
def test_the_hour_named_was_never_silent_before(
    now: datetime, ago: timedelta, counts: list[int]
) -> None:
    found = rhythm.quiet_hours(last=now - ago, now=now, zone=MADRID, known_since=LONG_AGO)
    hours = [hour for each in found for hour in each.before]
    known = {hour: counts[number % len(counts)] for number, hour in enumerate(hours)}

    named = rhythm.broken_habit(found, known)

    usual = [each.hour for each in found if min(known[hour] for hour in each.before) >= 2]
    assert named == (usual[0] if usual else None)


@given(now=moments, ago=spans, later=st.timedeltas(timedelta(), timedelta(hours=6)))
def test_a_silence_does_not_end_by_itself_within_the_day(
    now: datetime, ago: timedelta, later: timedelta
) -> None:
    """More silence is never less of an alarm, as long as the day is not over."""
    last = now - ago
    before = rhythm.quiet_hours(last=last, now=now, zone=MADRID, known_since=LONG_AGO)
    after = rhythm.quiet_hours(last=last, now=now + later, zone=MADRID, known_since=LONG_AGO)

    still = {each.hour for each in before if each.hour.start > now + later - rhythm.LONGEST_LOOK}
    assert still <= {each.hour for each in after}
