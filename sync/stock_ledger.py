"""The memory of the stock protocol: positions, and who has to be decided again.

Everything here is short database work under row locks; nothing here calls out. The
decisions are in mapping.decide.stock, the arithmetic in sync.stock_figures.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet, Sum
from django.utils import timezone

from mapping import rules
from mapping.decide import stock as protocol
from mapping.models import Channel, RecordLink
from sync import outbox
from sync.models import (
    InboxMessage,
    KitComponent,
    OutboxCommand,
    Priority,
    StockPosition,
    SyncJob,
    WebDemand,
)

COMMAND = "stock"
_KNOWN = ("item", "family", "stocked")


def touch(
    company: int,
    skus: Iterable[str],
    *,
    except_at: Channel | None = None,
    cause: InboxMessage | None = None,
    job: SyncJob | None = None,
) -> None:
    """Have everything decided again that sells these items, in whichever store: the items
    themselves, and kits with one of them inside. `except_at`: this store's own positions
    of these items are looked after already.
    """
    wanted = set(skus)
    if not wanted:
        return
    inside = KitComponent.objects.filter(connection__company=company)
    # A kit that was sold took its components, and those are in other kits.
    parts = set(inside.filter(kit__in=wanted).values_list("sku", flat=True))
    kits = set(inside.filter(sku__in=wanted | parts).values_list("kit", flat=True))
    for channel in Channel.objects.filter(company=company):
        positions = StockPosition.objects.filter(sku__in=wanted | parts | kits)
        if except_at is not None and channel.pk == except_at.pk:
            positions = StockPosition.objects.filter(sku__in=(parts | kits) - wanted)
        mark_dirty(channel, positions, cause=cause, job=job)


def mark_dirty(
    channel: Channel,
    positions: QuerySet[StockPosition],
    *,
    cause: InboxMessage | None = None,
    job: SyncJob | None = None,
) -> int:
    """Have positions decided again, soon and together. Return how many."""
    ours = positions.filter(channel=channel, stocked="")
    locations = list(ours.order_by().values_list("location", flat=True).distinct())
    if not locations:
        return 0
    count = ours.update(dirty=True, dirty_at=timezone.now(), set_aside="")
    for location in locations:
        request_write(channel, location, cause=cause, job=job)
    return count


def make_room(channel: Channel, skus: Iterable[str]) -> None:
    """Have parts of a divided warehouse decided again that waited for what this store shows."""
    if not rules.divides(channel):
        return
    waiting = StockPosition.objects.filter(sku__in=list(skus), explanation__capped__gt=0)
    for other in Channel.objects.filter(company=channel.company_id).exclude(pk=channel.pk):
        mark_dirty(other, waiting)


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """An item of a store to be followed. `stocked`: why the store takes no figure for it."""

    sku: str
    item: str
    family: str = ""
    stocked: str = ""


def open_positions(
    channel: Channel,
    items: Iterable[Followed],
    *,
    never_stocked: bool,
    locations: Iterable[str] | None = None,
    cause: OutboxCommand | None = None,
) -> None:
    """Start following items at every mapped location of a channel, or at some. Repeatable.

    `never_stocked`: we made them a moment ago, so nobody can have sold one.
    """
    now = timezone.now()
    locations = list(rules.warehouses_by_location(channel) if locations is None else locations)
    StockPosition.objects.bulk_create(
        [
            StockPosition(
                channel=channel,
                sku=each.sku,
                family=each.family,
                item=each.item,
                location=location,
                stocked=each.stocked,
                never_stocked=never_stocked,
                dirty=not each.stocked,
                dirty_at=now,
            )
            for location in locations
            for each in items
        ],
        update_conflicts=True,
        unique_fields=["channel", "item", "location"],
        update_fields=["sku", "family", "stocked"],
        batch_size=2000,
    )
    # New products come in bursts; their stock waits for company a little longer.
    for location in locations:
        request_write(
            channel, location, delay=settings.SYNC_BURST, job=cause.job if cause else None
        )


def follow_at_new_locations(channel: Channel) -> None:
    """Follow every linked item at locations that were mapped a moment ago."""
    rows = StockPosition.objects.filter(channel=channel)
    new = set(rules.warehouses_by_location(channel)) - set(
        rows.order_by().values_list("location", flat=True).distinct()
    )
    if not new:
        return
    known = {item: (family, stocked) for item, family, stocked in rows.values_list(*_KNOWN)}
    linked = RecordLink.objects.filter(channel=channel, kind=RecordLink.Kind.INVENTORY_ITEM)
    items = []
    for sku, item in linked.values_list("erp_key", "shopify_id"):
        family, stocked = known.get(item, ("", ""))
        items.append(Followed(sku=sku, item=item, family=family, stocked=stocked))
    if items:
        open_positions(channel, items, never_stocked=False, locations=new)


def request_write(
    channel: Channel,
    location: str,
    *,
    delay: timedelta | None = None,
    cause: InboxMessage | None = None,
    job: SyncJob | None = None,
) -> None:
    """Queue one write for a location; it carries whatever is dirty when it leaves."""
    wait = settings.SYNC_COALESCE if delay is None else delay
    outbox.put(
        channel,
        kind=COMMAND,
        key=location,
        lane=f"stock/{location}",
        priority=Priority.STOCK,
        run_after=timezone.now() + wait,
        cause=cause,
        job=job,
    )


def position(row: StockPosition) -> protocol.Position:
    return protocol.Position(
        mirror=row.mirror,
        sent=row.sent,
        since=row.since,
        needs_read=row.needs_read,
        never_stocked=row.never_stocked,
        unknown_web=row.unknown_web,
    )


def store(row: StockPosition, value: protocol.Position) -> None:
    """Copy a protocol value onto its row; the caller saves it."""
    row.mirror = value.mirror
    row.sent = value.sent
    row.since = value.since
    row.needs_read = value.needs_read
    row.never_stocked = value.never_stocked
    row.unknown_web = value.unknown_web


def known_open(channel: Channel, items: Iterable[str], location: str) -> dict[str, int]:
    """Return, per item, the units that orders we know still have to be sent from here.

    An order of which nobody knows yet where it is sent from is not among them: taken for
    known at each location, it would hide others at all but one.
    """
    rows = (
        WebDemand.objects.filter(channel=channel, item__in=list(items), location=location)
        .values("item")
        .annotate(units=Sum("unfulfilled"))
    )
    return {row["item"]: row["units"] for row in rows}


# What the protocol owns of a position, and how PostgreSQL calls its type. One statement
# for all rows: an update with a branch for each row and field took longer than the call.
_COLUMNS = {
    "mirror": "int",
    "sent": "int",
    "since": "int",
    "needs_read": "bool",
    "never_stocked": "bool",
    "unknown_web": "int",
    "level_at": "timestamptz",
    "dirty": "bool",
    "dirty_at": "timestamptz",
    "decided_at": "timestamptz",
    "command_id": "bigint",
    "target": "int",
    "explanation": "jsonb",
    "published_at": "timestamptz",
    "set_aside": "text",
    "stocked": "text",
    "mass_change_id": "bigint",
    "allowed": "bool",
    "zeroed_at": "timestamptz",
    "moved_at": "timestamptz",
    "changed_at": "timestamptz",
    "seen_at": "timestamptz",
}
_SAVE = (
    f"UPDATE sync_stockposition p SET {', '.join(f'{name} = v.{name}' for name in _COLUMNS)}"  # noqa: S608
    " FROM jsonb_to_recordset(%s::jsonb) AS v"
    f" (id bigint, {', '.join(f'{name} {kind}' for name, kind in _COLUMNS.items())})"
    " WHERE p.id = v.id"
)


def save(rows: Sequence[StockPosition]) -> None:
    """Write what the protocol knows of these positions. The caller holds their locks."""
    if not rows:
        return
    values = [{"id": row.pk} | {name: getattr(row, name) for name in _COLUMNS} for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(_SAVE, [json.dumps(values, default=datetime.isoformat)])
