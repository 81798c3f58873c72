"""Work that comes round by itself. The rows say what is due; workers take turns."""

import logging
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from erp_connectors.models import ErpConnection
from mapping.models import Channel
from shopify_app import webhooks
from sync import calls, polling, reconcile, tidying
from sync.models import Recurring

logger = logging.getLogger(__name__)
Kind = Recurring.Kind

_POLLS = (Kind.POLL_PRODUCTS, Kind.POLL_PRICES, Kind.POLL_STOCK, Kind.POLL_SHIPMENTS)
# A failing ERP is asked less and less often, but at least once in this time.
_SLOWEST = timedelta(minutes=5)


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
    every = int(settings.SYNC_RECONCILE_EVERY.total_seconds())
    for kind, seconds in (
        (Kind.RECONCILE_ORDERS, every),
        (Kind.RECONCILE_STOCK, every),
        (Kind.CHECK_STORE, 900),
    ):
        Recurring.objects.update_or_create(
            kind=kind, connection=None, channel=channel, defaults={"seconds": seconds}
        )
    Recurring.objects.get_or_create(
        kind=Kind.TIDY, connection=None, channel=None, defaults={"seconds": 3600}
    )


def run_one() -> bool:
    """Run the job that is most overdue, and return whether there was one."""
    row = _claim()
    if row is None:
        return False
    try:
        _WORK[Kind(row.kind)](row)
    except Exception as error:
        _failed(row, error)
    else:
        now = timezone.now()
        _release(
            row,
            next_due=now + timedelta(seconds=row.seconds),
            last_ok_at=now,
            last_error="",
            failures=0,
        )
        if row.connection:
            ErpConnection.objects.filter(pk=row.connection.pk).update(
                last_ok_at=now, last_error=""
            )
    return True


@transaction.atomic
def _claim() -> Recurring | None:
    now = timezone.now()
    row = (
        Recurring.objects.select_for_update(skip_locked=True, of=["self"])
        .select_related("connection__company", "channel__shop", "channel__company")
        .filter(Q(lease_until=None) | Q(lease_until__lt=now), next_due__lte=now)
        .exclude(channel__mode=Channel.Mode.PAUSED)
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
    pause = min(timedelta(seconds=row.seconds) * 2 ** min(failures, 10), _SLOWEST)
    _release(row, next_due=timezone.now() + pause, last_error=str(error), failures=failures)
    if row.connection:
        ErpConnection.objects.filter(pk=row.connection.pk).update(last_error=str(error))
    logger.warning("%s failed (%s in a row): %s", row, failures, error)


def _release(row: Recurring, **changes: object) -> None:
    Recurring.objects.filter(pk=row.pk, claims=row.claims).update(lease_until=None, **changes)


def _poll(row: Recurring) -> None:
    polling.poll(row)


def _sweep(row: Recurring) -> None:
    assert row.channel is not None
    swept = reconcile.sweep_orders(row.channel, reconcile.sweep_start(row.cursor))
    if swept.newest:
        Recurring.objects.filter(pk=row.pk).update(cursor=swept.newest.isoformat())


def _compare(row: Recurring) -> None:
    assert row.channel is not None
    for _page in reconcile.compare_stock(row.channel):
        Recurring.objects.filter(pk=row.pk, claims=row.claims).update(
            lease_until=timezone.now() + settings.SYNC_LEASE
        )


def _check_store(row: Recurring) -> None:
    """Put back the notices that Shopify dropped after failures of ours."""
    assert row.channel is not None
    with calls.store(row.channel) as client:
        made = webhooks.ensure_subscriptions(client, webhook_address())
    if made:
        logger.warning("%s: %s notices had to be asked for again", row.channel, len(made))


def webhook_address() -> str:
    return f"{settings.APP_URL}/shopify/webhooks"


def _tidy(_row: Recurring) -> None:
    tidying.forget_old()


_WORK: dict[Recurring.Kind, Callable[[Recurring], None]] = {
    **dict.fromkeys(_POLLS, _poll),
    Kind.RECONCILE_ORDERS: _sweep,
    Kind.RECONCILE_STOCK: _compare,
    Kind.CHECK_STORE: _check_store,
    Kind.TIDY: _tidy,
}
