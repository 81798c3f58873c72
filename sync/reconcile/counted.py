"""Whether the store counts an item again: staff can turn that off, and on."""

from collections.abc import Iterator, Mapping

from mapping.models import Channel
from shopify_app import inventory
from shopify_app.stocked import Stocked
from sync import calls, stock_ledger
from sync.models import Priority, StockPosition
from sync.reconcile.rounds import Page, Round


def again(round_: Round, cursor: str) -> Iterator[Page]:
    """Find the items whose stock could not be set, and can be now."""
    channel = round_.channel
    rows = StockPosition.objects.filter(channel=channel).exclude(stocked="").order_by("pk")
    last = int(cursor or 0)
    with calls.store(channel, priority=Priority.BULK) as client:
        while page := list(rows.filter(pk__gt=last)[: inventory.MOST_ITEMS]):
            last = page[-1].pk
            kinds = inventory.how_stocked(client, sorted({row.item for row in page}))
            counts = _note(channel, page, kinds)
            yield Page(cursor=str(last), counts={"counted_again": counts})


def _note(channel: Channel, page: list[StockPosition], kinds: Mapping[str, Stocked]) -> int:
    normal = []
    for row in page:
        kind = kinds.get(row.item, Stocked(row.stocked))
        if kind is Stocked.NORMAL:
            normal.append(row.pk)
        elif kind != row.stocked:
            StockPosition.objects.filter(pk=row.pk).update(stocked=kind.value)
    rows = StockPosition.objects.filter(pk__in=normal)
    # What the store showed meanwhile nobody has followed.
    rows.update(stocked="", needs_read=True)
    stock_ledger.mark_dirty(channel, rows)
    return len(normal)
