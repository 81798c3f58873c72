"""Take over what the store shows, exactly as it was read."""

from collections.abc import Mapping, Sequence

from django.db import transaction
from django.utils import timezone

from mapping.decide import stock as protocol
from mapping.models import Channel
from mapping.reasons import gettext_noop
from shopify_app.reads import LevelRead
from sync import stock_ledger
from sync.models import StockPosition

ITEM_UNKNOWN = gettext_noop("The store does not know this item any more.")


@transaction.atomic
def take(
    channel: Channel,
    location: str,
    levels: Mapping[str, LevelRead | None],
    *,
    asked: Sequence[str],
) -> list[StockPosition]:
    """Take over levels as the store just reported them. An item it does not know is set aside."""
    rows = list(
        StockPosition.objects.select_for_update()
        .filter(channel=channel, location=location, item__in=asked)
        .order_by("pk")
    )
    known = stock_ledger.known_open(channel, asked, location)
    unseen = {each.item: each.unknown_web for each in rows}
    now = timezone.now()
    for each in rows:
        if each.item not in levels:
            # Deleted, or left out of the answer: that says nothing about its stock.
            each.dirty, each.set_aside = False, ITEM_UNKNOWN
            continue
        level, each.seen_at = levels[each.item], now
        value = stock_ledger.position(each)
        if level is None:
            # Not stocked at this location: nobody can have sold it there.
            value = protocol.Position(never_stocked=True, sent=value.sent, since=value.since)
        else:
            read = protocol.LevelRead(available=level.available, committed=level.committed)
            value = protocol.level_read(value, read, known_open=known.get(each.item, 0))
            each.level_at = level.updated_at
            if not level.tracked:
                # Somebody told the store not to count it: a figure would say nothing.
                each.stocked, each.dirty = StockPosition.Stocked.UNTRACKED, False
        stock_ledger.store(each, value)
    stock_ledger.save(rows)
    stock_ledger.make_room(channel, [each.sku for each in rows])
    # Sold here in orders on their way to us: other stores must not offer those units.
    news = [each.sku for each in rows if each.unknown_web != unseen[each.item]]
    stock_ledger.touch(channel.company_id, news, except_at=channel)
    return rows
