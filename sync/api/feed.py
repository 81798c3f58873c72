"""Which orders come next, so that a reader who keeps a cursor misses none.

Two things could make it miss one. An order that was numbered early may be committed late:
nothing is read beyond the point up to which every order is decided. And an order that was
passed while it was held may be released later: the cursor remembers the ones still open.
"""

import base64
import binascii
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Max, QuerySet

from sync.models import ShopOrder

State = ShopOrder.State
# What is asked for, and the states from which an order may yet come to be it.
WANTED = {
    "waiting": ({State.HANDED_OVER}, {State.RECEIVED, State.HELD, State.UNKNOWN}),
    "in_erp": (
        {State.IN_ERP},
        {State.RECEIVED, State.HELD, State.UNKNOWN, State.HANDED_OVER},
    ),
    "held": ({State.HELD}, {State.RECEIVED, State.UNKNOWN}),
    "all": (set(State), set()),
}
# The cursor travels in a URL. With more orders open than this it waits for them.
MOST_OPEN = 200
# The clocks of our machines may differ by this much.
CLOCK_SKEW = timedelta(seconds=10)

# A write of an order takes milliseconds; one that takes longer is not waited for.
PATIENCE = timedelta(seconds=0.3)

# Whoever inserts into a table holds this lock on it from before its number is drawn
# until it commits.
_WRITERS = """
SELECT l.pid, COALESCE(a.xact_start, 'epoch') FROM pg_locks l JOIN pg_stat_activity a USING (pid)
 WHERE l.locktype = 'relation' AND l.relation = 'sync_shoporder'::regclass
   AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND l.mode = 'RowExclusiveLock' AND l.granted AND l.pid <> pg_backend_pid()
"""


class BadCursor(Exception):
    """The cursor is not one that we gave out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Every order up to `after` has been passed; `open` ones are to be looked at again."""

    after: int = 0
    open: tuple[int, ...] = ()

    def text(self) -> str:
        raw = json.dumps([self.after, *self.open], separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    @classmethod
    def read(cls, text: str) -> "Cursor":
        if not text:
            return cls()
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            numbers = json.loads(raw)
        except (binascii.Error, ValueError, RecursionError):
            raise BadCursor from None
        if not isinstance(numbers, list) or not 1 <= len(numbers) <= MOST_OPEN + 1:
            raise BadCursor
        if not all(type(each) is int and 0 <= each < 2**63 for each in numbers):
            raise BadCursor
        return cls(after=numbers[0], open=tuple(numbers[1:]))


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPage:
    orders: list[ShopOrder]
    cursor: Cursor
    more: bool


def page(orders: QuerySet[ShopOrder], cursor: Cursor, *, state: str, limit: int) -> FeedPage:
    """Return up to `limit` orders in the wanted state and the cursor that follows them."""
    wanted, may_become = WANTED[state]
    decided = _decided(orders)
    found: list[ShopOrder] = []
    remembered = list(orders.filter(pk__in=cursor.open, state__in=wanted | may_become))
    still_open: list[int] = []
    for order in sorted(remembered, key=lambda each: each.pk):
        if order.state in wanted and len(found) < limit:
            found.append(order)
        else:
            still_open.append(order.pk)
    fresh = decided.filter(pk__gt=cursor.after, state__in=wanted | may_become).order_by("pk")
    window = list(fresh[: limit + MOST_OPEN + 1])
    after, read = _walk(window, wanted, found, still_open, limit)
    if read == len(window) and len(window) <= limit + MOST_OPEN:
        # All of it was read, so the rest up to here needs no second look.
        after = decided.filter(pk__gt=cursor.after).aggregate(last=Max("pk"))["last"]
    following = Cursor(after=max(after or 0, cursor.after), open=tuple(still_open))
    return FeedPage(orders=found, cursor=following, more=len(found) >= limit)


def _walk(
    window: Sequence[ShopOrder],
    wanted: set[State],
    found: list[ShopOrder],
    still_open: list[int],
    limit: int,
) -> tuple[int, int]:
    """Sort orders into found and open until one list is full; return the last and the count."""
    after = read = 0
    for order in window:
        full = len(found) >= limit if order.state in wanted else len(still_open) >= MOST_OPEN
        if full:
            break
        if order.state in wanted:
            found.append(order)
        else:
            still_open.append(order.pk)
        after, read = order.pk, read + 1
    return after, read


def _decided(orders: QuerySet[ShopOrder]) -> QuerySet[ShopOrder]:
    """Narrow to the orders below which no other can appear any more."""
    # The order of the two questions matters: whoever drew a number up to `last` and has
    # not committed yet holds its lock when we look for it.
    last = ShopOrder.objects.aggregate(last=Max("pk"))["last"] or 0
    settled = orders.filter(pk__lte=last)
    if slow := _slow_writers():
        # Their numbers are higher than those of all orders that were there before.
        begun = min(moment for _pid, moment in slow)
        settled = settled.filter(received_at__lt=begun - CLOCK_SKEW)
    return settled


def _slow_writers() -> set[tuple[int, datetime]]:
    """Return who was writing orders when asked and has not ended a moment later."""
    end = time.monotonic() + PATIENCE.total_seconds()
    writers = _writers()
    while writers and time.monotonic() < end:
        time.sleep(0.02)
        writers &= _writers()
    return writers


def _writers() -> set[tuple[int, datetime]]:
    with connection.cursor() as cursor:
        cursor.execute(_WRITERS)
        return {(pid, begun) for pid, begun in cursor.fetchall()}
