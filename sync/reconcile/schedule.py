"""When what is compared: round and round, and in full at night.

* Orders, every few minutes: a sweep over what changed in the store costs 13 points.
* Stock, as often: but only the levels that neither we nor the store have said a word
  about for an hour. What moves confirms itself; what is still is looked at once an hour.
* Shipments, hourly: those that the ERP told since the last time.
* Products and prices, hourly, one page of 244 products, and the next page an hour later:
  a change by hand makes no noise here, so silence says nothing of it, and one page is
  cheap for a store of any size.
* Everything, at night.
"""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.utils import timezone

from mapping.models import Channel
from sync.models import Recurring
from sync.reconcile import catalogue, fulfilments, orders, stock
from sync.reconcile.marks import Marks
from sync.reconcile.rounds import Round

Kind = Recurring.Kind
HOUR = timedelta(hours=1)
# Whoever compares more often than this wants everything looked at each time.
IMPATIENT = timedelta(minutes=2)
# A worker is busy with one comparison for so long, and then makes room.
SLICE = timedelta(seconds=20)
# How often it is looked whether it is night: so late a night's comparison may begin.
NIGHT_EVERY = timedelta(minutes=5)


class TakenOver(Exception):
    """Another worker has this comparison now: this one must not go on."""


def paces() -> dict[Recurring.Kind, timedelta]:
    """Return what comes round for a store, and how often."""
    often = settings.SYNC_RECONCILE_EVERY
    hourly = min(HOUR, 15 * often)
    return {
        Kind.RECONCILE_ORDERS: often,
        Kind.RECONCILE_STOCK: often,
        Kind.RECONCILE_FULFILMENTS: hourly,
        Kind.RECONCILE_CATALOGUE: hourly,
        Kind.NIGHTLY: NIGHT_EVERY,
    }


def hold(row: Recurring, cursor: str) -> None:
    """Store how far a comparison is and keep it ours. Raises TakenOver."""
    now = timezone.now()
    mine = Recurring.objects.filter(pk=row.pk, claims=row.claims)
    if not mine.update(cursor=cursor, lease_until=now + settings.SYNC_LEASE):
        raise TakenOver(f"{row} was taken over by another worker")
    row.cursor = cursor


def time_is_up() -> Callable[[], bool]:
    """Return a question to ask after each page: has it been a slice of work since now?"""
    end = time.monotonic() + SLICE.total_seconds()
    return lambda: time.monotonic() > end


def compare_orders(row: Recurring) -> bool:
    """Sweep the orders that changed since the last time. Return whether there is more at once."""
    channel, is_late = _channel(row), time_is_up()
    # Inside a sweep: where it began, its next page, and the newest change it has seen.
    begun = json.loads(row.cursor) if row.cursor.startswith("{") else {}
    since = datetime.fromisoformat(begun["since"]) if begun else orders.sweep_start(row.cursor)
    newest = begun.get("newest", "")
    for page in orders.sweep(channel, since, cursor=begun.get("at", "")):
        if page.newest:
            newest = max(newest, page.newest.astimezone(UTC).isoformat())
        place = {"since": since.isoformat(), "at": page.cursor, "newest": newest}
        hold(row, json.dumps(place) if page.cursor else newest or row.cursor)
        if page.cursor and is_late():
            return True
    return False


def compare_stock(row: Recurring) -> bool:
    """Look at the levels that were silent for an hour. Return whether there is more at once."""
    silence = timedelta(0) if settings.SYNC_RECONCILE_EVERY < IMPATIENT else HOUR
    round_, is_late = Round(channel=_channel(row), began=timezone.now()), time_is_up()
    for page in stock.silent(round_, row.cursor, since=round_.began - silence):
        hold(row, page.cursor)
        if is_late():
            return True
    hold(row, "")
    return False


def compare_shipments(row: Recurring) -> bool:
    """Look at the shipments told since the last time. Return whether there is more at once."""
    round_, is_late = Round(channel=_channel(row), began=timezone.now()), time_is_up()
    marks = Marks.read(row.cursor)
    for page in fulfilments.told_since(round_, marks.at):
        marks = marks.moved(page.cursor)
        hold(row, marks.dump())
        if is_late():
            return True
    hold(row, marks.leave(round_.began, needed=fulfilments.LOOKED_BACK).dump())
    return False


def compare_products(row: Recurring) -> bool:
    """Compare one page of products; the next time the next page."""
    round_ = Round(channel=_channel(row), began=timezone.now())
    catalogue.look_again(round_)
    hold(row, catalogue.one_page(round_, row.cursor).cursor)
    return False


def _channel(row: Recurring) -> Channel:
    assert row.channel is not None
    return row.channel
