"""Stock in the store: position by position, as cheaply as the job allows.

By ids, a call tells 250 positions for 3 points. A walk over a location costs 36 for as
many, and also tells what we do not follow. A bulk operation tells everything for some 20
points, but Shopify needs a minute or more before its first row: from SYNC_BULK_FROM
positions on it is both faster and cheaper than the 40 walks of 250 that they take.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from mapping import rules
from mapping.models import Channel
from mapping.ownership import STOCK, Owner, owner_of
from shopify_app import inventory, reads
from shopify_app.client import ShopifyClient
from sync import calls
from sync.flows import levels
from sync.flows.levels import Compared
from sync.models import Priority, StockPosition
from sync.reconcile import bulk_files, unlinked
from sync.reconcile.rounds import END, Page, Round

BY_IDS = inventory.MOST_ITEMS
Shown = reads.LocationLevel | reads.StoreLevel
# Every item comes once by itself and once for each level.
_AT_ONCE = 2000


def silent(
    round_: Round, cursor: str, *, since: datetime, thorough: bool = False
) -> Iterator[Page]:
    """Read the levels that the store has not confirmed since then, and compare them."""
    channel = round_.channel
    if not is_ours(channel):
        return
    with calls.store(channel) as client:
        for location, after in _locations(channel, cursor):
            followed = StockPosition.objects.filter(
                Q(seen_at=None) | Q(seen_at__lt=since),
                channel=channel,
                location=location,
                stocked="",
            ).order_by("pk")
            last = int(after or 0)
            while rows := list(followed.filter(pk__gt=last).values_list("pk", "item")[:BY_IDS]):
                last = rows[-1][0]
                items = [item for _pk, item in rows]
                found = _by_ids(channel, client, location, items, thorough=thorough)
                yield Page(cursor=f"{location}|{last}", counts=found)


def positions(round_: Round, cursor: str) -> Iterator[Page]:
    """Read and decide afresh every position that was not confirmed since the round began."""
    yield from silent(round_, cursor, since=round_.began, thorough=True)


def shelves(round_: Round, cursor: str) -> Iterator[Page]:
    """Look at everything the store has at our locations, also what we do not follow.

    What is told here may be old when it is looked at, so it decides nothing. It confirms
    what is plainly right; the rest is for `positions`, which has to come after it.
    """
    channel = round_.channel
    if not is_ours(channel):
        return
    many = StockPosition.objects.filter(channel=channel, stocked="").count()
    in_bulk = bulk_files.Asked.read(cursor) or (not cursor and many >= settings.SYNC_BULK_FROM)
    with calls.store(channel, priority=Priority.BULK) as client:
        yield from (_file if in_bulk else _walk)(round_, client, cursor)
    # Only now everything was seen: what was not found unlinked again is so no more.
    unlinked.close_older(channel, round_.began)


def is_ours(channel: Channel) -> bool:
    return owner_of(STOCK, rules.owners(channel)) is Owner.ERP


def _locations(channel: Channel, cursor: str) -> Iterator[tuple[str, str]]:
    """Yield our locations from the cursor's on, each with the place to go on from."""
    names = list(rules.warehouses_by_location(channel))
    at, _, after = cursor.partition("|")
    first = names.index(at) if at in names else 0
    for name in names[first:]:
        yield name, after if name == at else ""


def _walk(round_: Round, client: ShopifyClient, cursor: str) -> Iterator[Page]:
    for location, after in _locations(round_.channel, cursor):
        place = None if after == END else after
        while place is not None:
            rows, place = reads.location_levels(client, location, place)
            counts = _look(round_, location, rows)
            yield Page(cursor=f"{location}|{END if place is None else place}", counts=counts)


def _file(round_: Round, client: ShopifyClient, cursor: str) -> Iterator[Page]:
    """Go through the file of a bulk operation, which is asked for once."""
    for page in bulk_files.waited_for(round_, client, "levels", cursor):
        cursor = page.cursor
        yield page
    asked = bulk_files.Asked.read(cursor)
    assert asked is not None
    done = asked.done
    shown = islice(inventory.levels_in(bulk_files.rows(client, asked)), done, None)
    while batch := list(islice(shown, _AT_ONCE)):
        done += len(batch)
        counts: Counter[str] = Counter()
        for location in rules.warehouses_by_location(round_.channel):
            if here := [each for each in batch if each.location == location]:
                counts.update(_look(round_, location, here))
        yield Page(cursor=asked.cursor(done=done), counts=counts)


def _look(round_: Round, location: str, rows: Sequence[Shown]) -> dict[str, int]:
    """Confirm what is plainly right; what is not waits unconfirmed until it is read again."""
    channel = round_.channel
    told = {each.item: each.level for each in rows}
    suspects = levels.suspects(channel, location, told, thorough=True)
    if suspects:
        StockPosition.objects.filter(channel=channel, location=location, item__in=suspects).update(
            seen_at=None
        )
    numbers = _numbers(Compared(looked_at=len(told) - len(suspects)))
    return numbers | {"unlinked": unlinked.note(round_, location, rows)}


def _by_ids(
    channel: Channel, client: ShopifyClient, location: str, items: Sequence[str], *, thorough: bool
) -> dict[str, int]:
    """Read levels and compare them; only what is not plainly right is locked and decided."""
    asked_at = timezone.now()
    told = reads.levels(client, items, location)
    asked = levels.suspects(channel, location, told, thorough=thorough)
    asked += [item for item in items if item not in told]
    found = Compared(looked_at=len(items) - len(asked))
    if asked:
        found += levels.compare(channel, location, told, asked=asked, asked_at=asked_at)
    return _numbers(found)


def _numbers(found: Compared) -> dict[str, int]:
    return {
        "levels": found.looked_at,
        "differ": found.differ,
        "corrected": found.corrected,
        "ask": found.ask,
    }
