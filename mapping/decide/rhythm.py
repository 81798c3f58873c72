"""When silence is news: a shop's own past says which hours always have something."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

WEEKS = 4
# Fewer weeks are no habit; fewer events in an hour could as well be none.
LEAST_WEEKS = 3
LEAST_EVENTS = 2
# What happened at the end of an hour may take this long to be heard of.
GRACE = timedelta(minutes=5)
# A whole day has every hour in it: looking further back finds nothing new.
LONGEST_LOOK = timedelta(days=1)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of the merchant's clock, as a moment in UTC."""

    start: datetime

    @property
    def end(self) -> datetime:
        return self.start + _HOUR


@dataclass(frozen=True, slots=True)
class QuietHour:
    """A whole hour without an event, and the same hour of the weeks before."""

    hour: Hour
    before: tuple[Hour, ...]


def quiet_hours(
    *, last: datetime | None, now: datetime, zone: tzinfo, known_since: datetime
) -> tuple[QuietHour, ...]:
    """Return the whole hours that passed since the last event, the oldest first.

    Empty also where nothing ever happened, or too little is known to call it a habit.
    """
    if last is None:
        return ()
    earliest = max(last, now - LONGEST_LOOK)
    found = []
    hour = _hour_of(now - GRACE - _HOUR, zone)
    while hour.start > earliest:
        before = _weeks_before(hour, zone, known_since)
        if len(before) >= LEAST_WEEKS:
            found.append(QuietHour(hour, before))
        hour = Hour(hour.start - _HOUR)
    return tuple(reversed(found))


def broken_habit(quiet: Sequence[QuietHour], counts: Mapping[Hour, int]) -> Hour | None:
    """Return the first quiet hour that had events in each week before, if there is one.

    A silence that began in such an hour stays one until something happens, also into
    the night: nobody is told that it is over because it got late.
    """
    for each in quiet:
        if all(counts.get(hour, 0) >= LEAST_EVENTS for hour in each.before):
            return each.hour
    return None


def _hour_of(moment: datetime, zone: tzinfo) -> Hour:
    # Some clocks are half an hour off UTC, so the hour is cut on the merchant's.
    local = moment.astimezone(zone)
    return Hour(local.replace(minute=0, second=0, microsecond=0).astimezone(UTC))


def _weeks_before(hour: Hour, zone: tzinfo, known_since: datetime) -> tuple[Hour, ...]:
    """Return the same weekday and hour of the weeks before, by the clock on the wall."""
    # Arithmetic of times with a zone is done on the wall clock: across a change to
    # summer time a week is an hour shorter, and ten o'clock stays ten o'clock.
    local = hour.start.astimezone(zone)
    starts = [(local - timedelta(weeks=week)).astimezone(UTC) for week in range(1, WEEKS + 1)]
    return tuple(Hour(start) for start in starts if start >= known_since)
