"""Work that comes round by itself. The rows say what is due; workers take turns."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from erp_connectors.models import ErpConnection
from mapping.models import Channel
from shopify_app import webhooks
from sync import alarms, calls, notices, polling, queue, tidying
from sync.models import InboxMessage, Recurring
from sync.reconcile import night, schedule

logger = logging.getLogger(__name__)
Kind = Recurring.Kind

_POLLS = (Kind.POLL_PRODUCTS, Kind.POLL_PRICES, Kind.POLL_STOCK, Kind.POLL_SHIPMENTS)
# A failing ERP is asked less and less often, but at least once in this time.
_SLOWEST = timedelta(minutes=5)
# What sold in the ERP while it was away is on sale in the stores until it is asked again.
_SLOWEST_STOCK = timedelta(seconds=5)
# Work that has more to do at once makes room for so long.
_BREATH = timedelta(seconds=1)


def schedule_connection(connection: ErpConnection) -> None:
    """Have an ERP asked for changes at its own pace. Repeatable."""
    for kind in _POLLS:
        Recurring.objects.update_or_create(
            kind=kind,
            connection=connection,
            channel=None,
            defaults={"seconds": connection.poll_seconds},
        )


def schedule_channel(channel: Channel) -> None:
    """Have a store compared and looked after. Repeatable."""
    paces = {kind: int(pace.total_seconds()) for kind, pace in schedule.paces().items()}
    for kind, seconds in (paces | {Kind.CHECK_STORE: 900, Kind.WATCH: 30}).items():
        values: dict[str, object] = {"seconds": seconds}
        first = {"cursor": night.first(channel)} if kind == Kind.NIGHTLY else {}
        Recurring.objects.update_or_create(
            kind=kind,
            connection=None,
            channel=channel,
            defaults=values,
            create_defaults=values | first,
        )
    for kind, seconds in ((Kind.TIDY, 3600), (Kind.NOTIFY, 5)):
        Recurring.objects.get_or_create(
            kind=kind, connection=None, channel=None, defaults={"seconds": seconds}
        )


def run_one(*, kind: Kind | None = None) -> bool:
    """Run the job that is most overdue, of one kind or of all; return whether there was one."""
    row = _claim(kind)
    if row is None:
        return False
    try:
        has_more = _WORK[Kind(row.kind)](row)
    except Exception as error:
        _failed(row, error)
    else:
        now = timezone.now()
        _release(
            row,
            next_due=now + _BREATH if has_more else _next_time(row, now),
            last_ok_at=now,
            last_error="",
            failures=0,
        )
        if row.connection:
            _answered(row, row.connection, now)
    return True


def _answered(row: Recurring, erp: ErpConnection, now: datetime) -> None:
    ErpConnection.objects.filter(pk=erp.pk).update(last_ok_at=now, last_error="")
    if row.failures:
        # It is back: what was put off for its sake need not wait for its turn.
        queue.bring_forward(InboxMessage.objects.filter(channel__company=erp.company_id))


def _next_time(row: Recurring, now: datetime) -> datetime:
    """Return the next moment of the row's own rhythm: the time it took is not added to it."""
    every = timedelta(seconds=max(row.seconds, 1))
    return row.next_due + every * ((now - row.next_due) // every + 1)


@transaction.atomic
def _claim(kind: Kind | None) -> Recurring | None:
    now = timezone.now()
    which = {"kind": kind} if kind else {}
    row = (
        Recurring.objects.select_for_update(skip_locked=True, of=["self"])
        .select_related("connection__company", "channel__shop", "channel__company")
        .filter(Q(lease_until=None) | Q(lease_until__lt=now), next_due__lte=now, **which)
        # Also a paused channel is watched: its backlog grows, and its sides may go away.
        .exclude(~Q(kind=Kind.WATCH), channel__mode=Channel.Mode.PAUSED)
        .exclude(connection__enabled=False)
        .order_by("next_due")
        .first()
    )
    if row is not None:
        row.claims += 1
        row.lease_until = now + settings.SYNC_LEASE
        row.save(update_fields=["claims", "lease_until"])
    return row


def _failed(row: Recurring, error: Exception) -> None:
    """Try again, each time a little later; the row and the connection say why."""
    failures = row.failures + 1
    slowest = _SLOWEST_STOCK if row.kind == Kind.POLL_STOCK else _SLOWEST
    pause = min(timedelta(seconds=row.seconds) * 2 ** min(failures, 10), slowest)
    _release(row, next_due=timezone.now() + pause, last_error=str(error), failures=failures)
    if row.connection:
        ErpConnection.objects.filter(pk=row.connection.pk).update(last_error=str(error))
    logger.warning("%s failed (%s in a row): %s", row, failures, error)


def _release(row: Recurring, **changes: object) -> None:
    Recurring.objects.filter(pk=row.pk, claims=row.claims).update(lease_until=None, **changes)


def _poll(row: Recurring) -> None:
    polling.poll(row)


def _check_store(row: Recurring) -> None:
    """Put back the notices that Shopify dropped after failures of ours, and work that an
    older version of ours did not know of.
    """
    assert row.channel is not None
    schedule_channel(row.channel)
    with calls.store(row.channel) as client:
        made = webhooks.ensure_subscriptions(client, webhook_address())
    if made:
        logger.warning("%s: %s notices had to be asked for again", row.channel, len(made))


def webhook_address() -> str:
    return f"{settings.APP_URL}/shopify/webhooks"


def _tidy(_row: Recurring) -> None:
    tidying.forget_old()


def _watch(row: Recurring) -> None:
    assert row.channel is not None
    alarms.watch(row.channel)


def _notify(_row: Recurring) -> None:
    notices.deliver_due()


# What returns True has more to do at once.
_WORK: dict[Recurring.Kind, Callable[[Recurring], bool | None]] = {
    **dict.fromkeys(_POLLS, _poll),
    Kind.RECONCILE_ORDERS: schedule.compare_orders,
    Kind.RECONCILE_STOCK: schedule.compare_stock,
    Kind.RECONCILE_FULFILMENTS: schedule.compare_shipments,
    Kind.RECONCILE_CATALOGUE: schedule.compare_products,
    Kind.NIGHTLY: night.compare,
    Kind.CHECK_STORE: _check_store,
    Kind.TIDY: _tidy,
    Kind.WATCH: _watch,
    Kind.NOTIFY: _notify,
}
