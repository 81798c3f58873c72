"""Read both sides, and put right or write down what differs.

It decides nothing itself: levels go through the comparison that every notice goes
through, and an order found missing enters by the road that every order takes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.utils import timezone

from mapping import rules
from mapping.models import Channel
from shopify_app import reads
from sync import calls, inbox
from sync.flows import levels, orders
from sync.flows.levels import Compared
from sync.inbox import News
from sync.models import Priority, ShopOrder, StockPosition, SyncJob


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """How many orders of the store were looked at, and how many were news to us."""

    looked_at: int
    found: int
    newest: datetime | None


def sweep_orders(channel: Channel, since: datetime, *, job: SyncJob | None = None) -> Swept:
    """Find the orders that a lost notice kept from us; 13 points for 250 of them.

    `newest` is the store's own clock: the next sweep starts there, less an overlap,
    because the store's search lags behind.
    """
    looked_at = found = 0
    newest: datetime | None = None
    for stubs in recent_orders(channel, since):
        looked_at += len(stubs)
        missing = unseen(channel, stubs)
        found += len(missing)
        inbox.receive_many(channel, [_news(stub) for stub in missing], job=job)
        newest = max((each.updated_at for each in stubs), default=newest)
    for row in orders.stranded(channel):
        orders.resume(row, message_id=f"stranded:{row.pk}:{timezone.now().isoformat()}")
    return Swept(looked_at=looked_at, found=found, newest=newest)


def recent_orders(channel: Channel, since: datetime) -> Iterator[list[reads.OrderStub]]:
    """Yield pages of orders that changed since then, as the store finds them."""
    with calls.store(channel, priority=Priority.ORDERS) as client:
        cursor: str | None = ""
        while cursor is not None:
            stubs, cursor = reads.orders_updated_since(client, since, cursor)
            yield stubs


def unseen(channel: Channel, stubs: list[reads.OrderStub]) -> list[reads.OrderStub]:
    """Return the orders that are new, or changed since we last read them."""
    known = {
        row.shopify_id: row
        for row in ShopOrder.objects.filter(
            channel=channel, shopify_id__in=[stub.id for stub in stubs]
        ).defer("document")
    }
    return [stub for stub in stubs if _is_news(stub, known.get(stub.id))]


def _is_news(stub: reads.OrderStub, row: ShopOrder | None) -> bool:
    if row is None or row.shop_updated_at < stub.updated_at:
        return True
    # Two changes may share a second; then only what changed tells them apart.
    settled = {ShopOrder.State.CANCELLED, ShopOrder.State.NOT_NEEDED}
    cancelled = stub.cancelled_at is not None and row.state not in settled
    return cancelled or row.total != stub.total.amount


def _news(stub: reads.OrderStub) -> News:
    return News(
        message_id=f"sweep:{stub.id}:{stub.updated_at.isoformat()}",
        topic=orders.TOPIC,
        key=stub.id,
        payload={"updated_at": stub.updated_at.isoformat()},
        priority=Priority.ORDERS,
    )


def sweep_start(cursor: str, *, days: int = 30) -> datetime:
    """Return where a sweep begins: the last one's end less the overlap, or days ago."""
    if not cursor:
        return timezone.now() - timedelta(days=days)
    return datetime.fromisoformat(cursor).astimezone(UTC) - settings.SYNC_ORDER_OVERLAP


def compare_stock(channel: Channel) -> Iterator[Compared]:
    """Compare every followed level of the store, a page at a time."""
    with calls.store(channel) as client:
        for location in rules.warehouses_by_location(channel):
            cursor: str | None = ""
            while cursor is not None:
                asked_at = timezone.now()
                page, cursor = reads.location_levels(client, location, cursor)
                seen = {each.item: each.level for each in page}
                ours = set(
                    StockPosition.objects.filter(
                        channel=channel, location=location, item__in=seen
                    ).values_list("item", flat=True)
                )
                mine = {item: level for item, level in seen.items() if item in ours}
                yield levels.compare(channel, location, mine, asked=list(mine), asked_at=asked_at)
