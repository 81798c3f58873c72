"""Where we are in a stream of changes that are stamped when their transaction began.

A slow transaction shows records older than what we have read. So each read goes back by an
overlap, and the cursor remembers which stamps in it were read: all records of one
transaction carry one stamp and appear together, so a stamp that was read is read for good.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from erp_connectors.errors import ErpMisconfigured

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """A record that changed in a transaction which began at `stamp`."""

    stamp: datetime
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """How far the changes were read. `partly` is a transaction read up to one record."""

    high: datetime = EPOCH
    done: frozenset[datetime] = frozenset()
    partly: Event | None = None

    def since(self, overlap: timedelta) -> datetime:
        return self.high - overlap

    def fresh(self, events: Iterable[Event]) -> list[Event]:
        """Return what was not read yet, oldest first."""
        return sorted(event for event in set(events) if self._is_fresh(event))

    def _is_fresh(self, event: Event) -> bool:
        if self.partly and event.stamp == self.partly.stamp:
            return event.id > self.partly.id
        return event.stamp not in self.done

    def after(
        self, read: Sequence[Event], left: Sequence[Event], overlap: timedelta
    ) -> "Position":
        """Return the position once `read` is read and `left`, which follows it, is not."""
        if not read:
            return self
        last = read[-1]
        split = bool(left) and left[0].stamp == last.stamp
        stamps = {event.stamp for event in read} - ({last.stamp} if split else set())
        high = max(self.high, last.stamp)
        kept = {stamp for stamp in self.done | stamps if stamp >= high - overlap}
        return Position(
            high=high, done=frozenset(kept), partly=last if split else self._rest(left)
        )

    def _rest(self, left: Sequence[Event]) -> Event | None:
        """Keep the place in a split transaction while others that came late go first."""
        return self.partly if self.partly and self.partly.stamp in _stamps(left) else None


def _stamps(events: Iterable[Event]) -> set[datetime]:
    return {event.stamp for event in events}


def take(events: Sequence[Event], limit: int) -> tuple[list[Event], list[Event]]:
    """Split sorted events after `limit` different records."""
    seen: set[int] = set()
    for place, event in enumerate(events):
        if event.id not in seen and len(seen) == limit:
            return list(events[:place]), list(events[place:])
        seen.add(event.id)
    return list(events), []


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """A full read in progress (`full`, with the last id read), then changes from `position`.

    `lists` are price lists still to be read whole.
    """

    position: Position = Position()
    full: bool = False
    after: int = 0
    lists: tuple[int, ...] = ()
    complete: bool = False

    def dump(self) -> str:
        position = self.position
        values: dict[str, Any] = {
            "h": _number(position.high),
            "d": sorted(_number(position.high) - _number(stamp) for stamp in position.done),
        }
        if position.partly:
            values["p"] = [_number(position.partly.stamp), position.partly.id]
        if self.full:
            values |= {"a": self.after, "l": list(self.lists), "c": self.complete}
        return json.dumps(values, separators=(",", ":"))


def load_cursor(text: str) -> Cursor | None:
    """Return the cursor that `dump` wrote, or None for the empty one: read everything."""
    if not text:
        return None
    try:
        values = json.loads(text)
        high = values["h"]
        partly = values.get("p")
        position = Position(
            high=_moment(high),
            done=frozenset(_moment(high - before) for before in values["d"]),
            partly=Event(_moment(partly[0]), int(partly[1])) if partly else None,
        )
        return Cursor(
            position=position,
            full="a" in values,
            after=int(values.get("a", 0)),
            lists=tuple(map(int, values.get("l", ()))),
            complete=bool(values.get("c", False)),
        )
    except (ValueError, TypeError, KeyError, IndexError, OverflowError):
        raise ErpMisconfigured("This cursor was not written by the Tryton connector.") from None


def _number(moment: datetime) -> int:
    return (moment - EPOCH) // MICROSECOND


def _moment(number: int) -> datetime:
    return EPOCH + number * MICROSECOND
