"""The memory of the stock protocol: ERP figures, positions, and what orders took.

Everything here is short database work under row locks; nothing here calls out. The
decisions are in mapping.decide.stock.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from erp_connectors.models import ErpConnection
from mapping import rules
from mapping.decide import stock as protocol
from mapping.documents import StockLevel
from mapping.models import Channel
from mapping.ownership import STOCK, owner_of
from sync import outbox
from sync.models import (
    ErpStock,
    InboxMessage,
    OutboxCommand,
    Priority,
    StockPosition,
    SyncJob,
    WebDemand,
)

COMMAND = "stock"

# An older figure never replaces a newer one, whichever arrives last. Two of one second
# are told apart by when we asked.
_ACCEPT = """
INSERT INTO sync_erpstock AS s (connection_id, sku, warehouse, on_hand, reserved, blocked,
    incoming, as_of, asked_at)
SELECT %(connection)s, * FROM unnest(%(skus)s::text[], %(warehouses)s::text[],
    %(on_hand)s::numeric[], %(reserved)s::numeric[], %(blocked)s::numeric[],
    %(incoming)s::numeric[], %(as_of)s::timestamptz[], %(asked_at)s::timestamptz[])
ON CONFLICT (connection_id, sku, warehouse) DO UPDATE SET on_hand = EXCLUDED.on_hand,
    reserved = EXCLUDED.reserved, blocked = EXCLUDED.blocked, incoming = EXCLUDED.incoming,
    as_of = EXCLUDED.as_of, asked_at = EXCLUDED.asked_at
WHERE (s.as_of, s.asked_at) <= (EXCLUDED.as_of, EXCLUDED.asked_at)
RETURNING s.sku
"""


@transaction.atomic
def accept_levels(
    erp: ErpConnection,
    levels: Sequence[StockLevel],
    *,
    asked_at: datetime,
    cause: InboxMessage | None = None,
    job: SyncJob | None = None,
) -> int:
    """Take over newer figures and queue the decisions they call for, in every channel.

    Returns how many figures were newer than ours. A row that is missing from
    `levels` changes nothing: unknown is not zero.
    """
    newest = {(level.sku, level.warehouse): level for level in levels}.values()
    if not newest:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            _ACCEPT,
            {
                "connection": erp.pk,
                "skus": [level.sku for level in newest],
                "warehouses": [level.warehouse for level in newest],
                "on_hand": [level.on_hand for level in newest],
                "reserved": [level.reserved for level in newest],
                "blocked": [level.blocked for level in newest],
                "incoming": [level.incoming for level in newest],
                "as_of": [level.as_of for level in newest],
                "asked_at": [asked_at] * len(newest),
            },
        )
        taken = [sku for (sku,) in cursor.fetchall()]
    for channel in Channel.objects.filter(company=erp.company):
        mark_dirty(channel, StockPosition.objects.filter(sku__in=taken), cause=cause, job=job)
    return len(taken)


def mark_dirty(
    channel: Channel,
    positions: QuerySet[StockPosition],
    *,
    cause: InboxMessage | None = None,
    job: SyncJob | None = None,
) -> int:
    """Have positions decided again, soon and together. Return how many."""
    ours = positions.filter(channel=channel)
    locations = list(ours.order_by().values_list("location", flat=True).distinct())
    count = ours.update(dirty=True, dirty_at=timezone.now(), set_aside="")
    for location in locations:
        request_write(channel, location, cause=cause, job=job)
    return count


def open_positions(
    channel: Channel,
    items: Mapping[str, str],
    *,
    never_stocked: bool,
    cause: OutboxCommand | None = None,
) -> None:
    """Start following items (by SKU) at every mapped location of a channel. Repeatable.

    `never_stocked`: we made them a moment ago, so nobody can have sold one.
    """
    StockPosition.objects.bulk_create(
        [
            StockPosition(
                channel=channel,
                sku=sku,
                item=item,
                location=location,
                never_stocked=never_stocked,
                dirty_at=timezone.now(),
            )
            for location in rules.warehouses_by_location(channel)
            for sku, item in items.items()
        ],
        ignore_conflicts=True,
    )
    # New products come in bursts; their stock waits for company a little longer.
    for location in rules.warehouses_by_location(channel):
        request_write(
            channel, location, delay=settings.SYNC_BURST, job=cause.job if cause else None
        )


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoning:
    """The target of one position and the figures it was made of."""

    target: protocol.StockTarget
    levels: tuple[ErpStock, ...]


class Reckoner:
    """Computes targets of one location's positions from a fixed set of figures."""

    def __init__(self, channel: Channel, location: str, rows: Sequence[StockPosition]) -> None:
        warehouses = rules.warehouses_by_location(channel).get(location, [])
        self._buffer = channel.stock_buffer
        self.owner = owner_of(STOCK, rules.owners(channel))
        self._levels: dict[str, list[ErpStock]] = {}
        found = ErpStock.objects.filter(
            connection__company_id=channel.company_id,
            sku__in=[row.sku for row in rows],
            warehouse__in=warehouses,
        )
        for level in found:
            self._levels.setdefault(level.sku, []).append(level)
        self._demand: dict[str, list[WebDemand]] = {}
        open_demand = WebDemand.objects.filter(
            channel=channel, item__in=[row.item for row in rows], quantity__gt=0
        ).filter(location__in=["", location])
        for demand in open_demand:
            self._demand.setdefault(demand.item, []).append(demand)

    def reckon(self, row: StockPosition) -> Reckoning | None:
        """Return the target, or None while the ERP has said nothing about the item."""
        levels = self._levels.get(row.sku, [])
        if not levels:
            return None
        asked_at = min(level.asked_at for level in levels)
        # An order taken by the ERP while it was being asked may or may not be in the
        # answer. It counts twice until the next answer: that undersells for seconds.
        pending = sum(_pending(each, asked_at) for each in self._demand.get(row.item, []))
        target = protocol.stock_target(
            free=protocol.free_units(_document(level) for level in levels),
            pending_web=pending,
            unknown_web=row.unknown_web,
            buffer=self._buffer,
        )
        return Reckoning(target=target, levels=tuple(levels))


def _pending(demand: WebDemand, asked_at: datetime) -> int:
    """Return the units of an order that a figure asked for at that moment lacks."""
    if demand.in_erp_at is None or demand.in_erp_at > asked_at:
        return demand.quantity
    return max(demand.quantity - demand.erp_quantity, 0)


def _document(level: ErpStock) -> StockLevel:
    return StockLevel(
        sku=level.sku,
        warehouse=level.warehouse,
        on_hand=level.on_hand,
        reserved=level.reserved,
        blocked=level.blocked,
        incoming=level.incoming,
        as_of=level.as_of,
    )


def explanation(reckoning: Reckoning) -> dict[str, object]:
    """Return the numbers behind a target, each with where and when it comes from."""
    return asdict(reckoning.target) | {
        "levels": [
            {
                "warehouse": level.warehouse,
                "on_hand": str(level.on_hand.normalize()),
                "reserved": str(level.reserved.normalize()),
                "blocked": str(level.blocked.normalize()),
                "as_of": level.as_of.isoformat(),
            }
            for level in reckoning.levels
        ]
    }


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
    """Return, per item, the units that orders we know still have to be sent."""
    rows = (
        WebDemand.objects.filter(channel=channel, item__in=list(items))
        .filter(Q(location=location) | Q(location=""))
        .values("item")
        .annotate(units=Sum("unfulfilled"))
    )
    return {row["item"]: row["units"] for row in rows}


PROTOCOL_FIELDS = (
    "mirror",
    "sent",
    "since",
    "needs_read",
    "never_stocked",
    "unknown_web",
    "level_at",
    "dirty",
    "dirty_at",
    "command",
    "target",
    "explanation",
    "published_at",
    "set_aside",
)


def save(rows: Sequence[StockPosition]) -> None:
    StockPosition.objects.bulk_update(rows, PROTOCOL_FIELDS, batch_size=250)
