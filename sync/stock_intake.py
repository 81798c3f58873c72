"""What the ERP counts: newer figures are taken over, and everything that sells the items
is decided again. Short database work; nothing here calls out.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from erp_connectors.models import ErpConnection
from mapping.documents import StockLevel
from mapping.models import Channel
from sync import stock_ledger
from sync.models import InboxMessage, StockPosition, SyncJob, WebDemand

# An older figure never replaces a newer one, whichever arrives last. Two of one second
# are told apart by when we asked. An answer that only says the same again is news to
# nobody, unless an order waits to be contained in it.
_ACCEPT = """
WITH news AS (
    SELECT * FROM unnest(%(skus)s::text[], %(warehouses)s::text[], %(on_hand)s::numeric[],
        %(reserved)s::numeric[], %(blocked)s::numeric[], %(incoming)s::numeric[],
        %(as_of)s::timestamptz[])
    AS n (sku, warehouse, on_hand, reserved, blocked, incoming, as_of)),
before AS (
    SELECT s.* FROM sync_erpstock s JOIN news USING (sku, warehouse)
    WHERE s.connection_id = %(connection)s),
taken AS (
    INSERT INTO sync_erpstock AS s (connection_id, sku, warehouse, on_hand, reserved, blocked,
        incoming, as_of, asked_at)
    SELECT %(connection)s, news.*, %(asked_at)s FROM news ORDER BY sku, warehouse
    ON CONFLICT (connection_id, sku, warehouse) DO UPDATE SET on_hand = EXCLUDED.on_hand,
        reserved = EXCLUDED.reserved, blocked = EXCLUDED.blocked,
        incoming = EXCLUDED.incoming, as_of = EXCLUDED.as_of, asked_at = EXCLUDED.asked_at
    WHERE (s.as_of, s.asked_at) <= (EXCLUDED.as_of, EXCLUDED.asked_at)
    RETURNING s.sku, s.warehouse, s.on_hand, s.reserved, s.blocked, s.incoming)
SELECT t.sku, t.warehouse,
    (b.on_hand, b.reserved, b.blocked, b.incoming)
        IS DISTINCT FROM (t.on_hand, t.reserved, t.blocked, t.incoming),
    b.asked_at
FROM taken t LEFT JOIN before b USING (sku, warehouse)
"""

# The oldest change that a store does not show yet is the one whose delay is measured.
_NOTE_CHANGES = """
UPDATE sync_stockposition p SET changed_at = LEAST(p.changed_at, v.changed_at)
FROM unnest(%(skus)s::text[], %(changed_at)s::timestamptz[]) AS v (sku, changed_at)
WHERE p.sku = v.sku AND p.channel_id = ANY(%(channels)s)
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

    Returns how many figures say something new. A row that is missing from `levels`
    changes nothing: unknown is not zero.
    """
    newest = {(level.sku, level.warehouse): level for level in levels}
    if not newest:
        return 0
    news, asked_before = _accept(erp, list(newest.values()), asked_at)
    _note_changes(erp, newest, news, asked_at)
    # What the ERP took in between is in the figures now, and no longer to be subtracted.
    contained = WebDemand.objects.filter(
        channel__company=erp.company_id,
        sku__in={sku for sku, _ in newest},
        in_erp_at__gt=asked_before,
        quantity__gt=0,
    )
    new_figures = {sku for sku, _warehouse in news}
    StockPosition.objects.filter(
        channel__company=erp.company_id, sku__in=new_figures, refused=True
    ).update(refused=False)
    changed = new_figures | set(contained.values_list("sku", flat=True))
    stock_ledger.touch(erp.company_id, changed, cause=cause, job=job)
    return len(news)


def _accept(
    erp: ErpConnection, levels: Sequence[StockLevel], asked_at: datetime
) -> tuple[set[tuple[str, str]], datetime]:
    """Store the figures; return those that differ from what we had, and since when we had it."""
    # A clock ahead of ours must not make every later figure look old.
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            _ACCEPT,
            {
                "connection": erp.pk,
                "skus": [level.sku for level in levels],
                "warehouses": [level.warehouse for level in levels],
                "on_hand": [level.on_hand for level in levels],
                "reserved": [level.reserved for level in levels],
                "blocked": [level.blocked for level in levels],
                "incoming": [level.incoming for level in levels],
                "as_of": [min(level.as_of, now) for level in levels],
                "asked_at": asked_at,
            },
        )
        taken = cursor.fetchall()
    news = {(sku, warehouse) for sku, warehouse, is_new, _ in taken if is_new}
    return news, min([before for *_, before in taken if before], default=asked_at)


def _note_changes(
    erp: ErpConnection,
    levels: Mapping[tuple[str, str], StockLevel],
    news: set[tuple[str, str]],
    asked_at: datetime,
) -> None:
    """Remember since when the stores show something else than the ERP has."""
    since: dict[str, datetime] = {}
    for key in news:
        moment = min(levels[key].changed_at or asked_at, timezone.now())
        since[key[0]] = min(since.get(key[0], moment), moment)
    if since:
        channels = Channel.objects.filter(company=erp.company_id).values_list("pk", flat=True)
        with connection.cursor() as cursor:
            cursor.execute(
                _NOTE_CHANGES,
                {
                    "skus": list(since),
                    "changed_at": list(since.values()),
                    "channels": list(channels),
                },
            )
