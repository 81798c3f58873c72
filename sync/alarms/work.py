"""Alarms about work that does not move, and about sides that do not answer."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q

from erp_connectors.models import ErpConnection
from mapping.models import Channel
from mapping.reasons import Reason
from mapping.reasons import gettext_noop as _
from shopify_app.models import Shop
from sync.alarms.finding import Finding, Kind, Severity, clock, quote
from sync.models import (
    InboxMessage,
    OutboxCommand,
    Priority,
    QueuedRow,
    Recurring,
    Status,
    SyncJob,
)

# So many failures in a row are no accident.
FAILURES = 3
# A restart is over within this.
BLIP = timedelta(minutes=2)
# The store's own notices are looked after every quarter of an hour, also where all is quiet.
_CALLED_WITHIN = timedelta(minutes=35)
# What comes round by itself to look for this must not alarm about itself.
_OURS = (Recurring.Kind.WATCH, Recurring.Kind.NOTIFY)


def waiting(channel: Channel, now: datetime) -> list[Finding]:
    """Find out whether the oldest work of a channel has waited too long."""
    models: list[type[QueuedRow]] = [InboxMessage]
    if channel.mode != Channel.Mode.SHADOW:
        # A channel that only looks keeps its writes, and that is meant.
        models.append(OutboxCommand)
    late = _late(timedelta(minutes=channel.alarm_minutes), now)
    counts = [
        model._default_manager.filter(late, channel=channel)
        .order_by()
        .aggregate(count=Count("pk"), since=Min("created_at"))
        for model in models
    ]
    count = sum(each["count"] for each in counts)
    if not count:
        return []
    since = min(each["since"] for each in counts if each["since"])
    return [_waiting(channel, count, since)]


def _late(limit: timedelta, now: datetime) -> Q:
    waits = Q(status=Status.WAITING)
    # A run takes as long as it takes; so does what fills in around everything else.
    of_no_run = Q(job=None) | ~Q(job__status=SyncJob.Status.RUNNING)
    overdue = Q(run_after__lte=now - limit, priority__lt=Priority.BULK) & of_no_run
    # What is tried again and again is never overdue for long, and says why it waits.
    tried = Q(created_at__lte=now - limit) & ~Q(reason="")
    stuck = Q(status=Status.RUNNING, lease_until__lte=now - limit)
    return waits & (overdue | tried) | stuck


def _waiting(channel: Channel, count: int, since: datetime) -> Finding:
    values = {"count": str(count), "since": clock(since)}
    reasons: tuple[Reason, ...]
    if channel.mode == Channel.Mode.PAUSED:
        reasons = (
            Reason(
                _("The channel is paused. Changes that wait: %(count)s, since %(since)s."), values
            ),
            Reason(_("None is lost. Set the channel to work again to have them done.")),
        )
    else:
        reasons = (
            Reason(
                _("Changes that wait longer than they should: %(count)s, since %(since)s."), values
            ),
            Reason(_("Until they are done, one side shows what the other has already left.")),
            Reason(_("Look at what was received and what is to be sent: each says why.")),
        )
    return Finding(kind=Kind.WAITING, severity=Severity.WARNING, reasons=reasons)


def set_aside(channel: Channel) -> list[Finding]:
    """Find what waits for a person to decide."""
    count, since = 0, None
    for model in (InboxMessage, OutboxCommand):
        rows = model._default_manager.filter(channel=channel, status=Status.PARKED).order_by()
        found = rows.aggregate(count=Count("pk"), since=Min("created_at"))
        count += found["count"]
        since = min((each for each in (since, found["since"]) if each), default=None)
    if since is None:
        return []
    values = {"count": str(count), "since": clock(since)}
    return [
        Finding(
            kind=Kind.SET_ASIDE,
            severity=Severity.WARNING,
            reasons=(
                Reason(_("Set aside until a person decides: %(count)s, since %(since)s."), values),
                Reason(_("Nothing else waits for them, but they have not reached their place.")),
                Reason(_("The overview says of each what happened and what to do.")),
            ),
        )
    ]


def connections(channel: Channel, now: datetime) -> list[Finding]:
    """Find out whether both sides answer, and which scheduled jobs keep failing."""
    rows = Recurring.objects.filter(
        Q(channel=channel) | Q(connection__company=channel.company_id)
    ).exclude(kind__in=_OURS)
    of_store: list[Recurring] = []
    of_erp: list[Recurring] = []
    for row in rows.order_by("pk"):
        (of_store if row.channel_id else of_erp).append(row)
    connection = ErpConnection.objects.filter(company=channel.company_id, enabled=True).first()
    # What rests on purpose does not fail: its failures are from before.
    if channel.mode == Channel.Mode.PAUSED:
        of_store = []
    if connection is None:
        of_erp = []
    store = _store_down(channel, of_store, now)
    erp = _erp_down(connection, of_erp, now) if connection else []
    unexplained = [*([] if store else of_store), *([] if erp else of_erp)]
    return [*store, *erp, *(_keeps_failing(row) for row in _failing(unexplained, now))]


def _failing(jobs: Iterable[Recurring], now: datetime) -> list[Recurring]:
    return [each for each in jobs if each.failures >= FAILURES and _long_ago(each, now)]


def _long_ago(job: Recurring, now: datetime) -> bool:
    return job.last_ok_at is None or job.last_ok_at <= now - BLIP


def _store_down(channel: Channel, jobs: list[Recurring], now: datetime) -> list[Finding]:
    shop = Shop.objects.filter(channel=channel).first()
    if shop is None:
        return []
    if shop.uninstalled_at:
        said = Reason(
            _("The app was removed from the store on %(since)s."),
            {"since": clock(shop.uninstalled_at)},
        )
        todo = Reason(_("Nothing is read or written there. Install the app again."))
    elif shop.last_error:
        said = Reason(
            _("The store does not let us in (%(error)s)."), {"error": quote(shop.last_error)}
        )
        todo = Reason(_("Open the app once from the Shopify admin, or enter a new access."))
    elif silent_since := _store_silence(channel, shop, jobs, now):
        said = Reason(
            _("The store has not answered since %(since)s."), {"since": clock(silent_since)}
        )
        todo = Reason(_("All changes wait and none is lost. Look whether Shopify works."))
    else:
        return []
    return [Finding(kind=Kind.STORE_DOWN, severity=Severity.CRITICAL, reasons=(said, todo))]


def _store_silence(
    channel: Channel, shop: Shop, jobs: list[Recurring], now: datetime
) -> datetime | None:
    """Return when a store that is called all the time answered last, if that is long ago."""
    if shop.last_ok_at is None or channel.mode == Channel.Mode.PAUSED:
        return None
    asked = max(timedelta(minutes=channel.alarm_minutes), _CALLED_WITHIN)
    patience = BLIP if _failing(jobs, now) else asked
    return shop.last_ok_at if shop.last_ok_at <= now - patience else None


def _erp_down(erp: ErpConnection, polls: list[Recurring], now: datetime) -> list[Finding]:
    if not polls:
        return [_erp_away(erp.last_ok_at, erp.last_error)] if erp.last_error else []
    failed = _failing(polls, now)
    # Where one kind of question is answered, the ERP is there.
    if not failed or not all(each.failures for each in polls):
        return []
    answered = max((each.last_ok_at for each in polls if each.last_ok_at), default=None)
    return [_erp_away(answered, failed[0].last_error)]


def _erp_away(answered: datetime | None, error: str) -> Finding:
    values = {"error": quote(error)}
    if answered is None:
        said = Reason(_("The ERP has never answered (%(error)s)."), values)
    else:
        said = Reason(
            _("The ERP has not answered since %(since)s (%(error)s)."),
            values | {"since": clock(answered)},
        )
    return Finding(
        kind=Kind.ERP_DOWN,
        severity=Severity.CRITICAL,
        reasons=(
            said,
            Reason(_("Orders wait here and none is lost; the store keeps the last stock.")),
            Reason(_("Look whether the ERP runs and can be reached.")),
        ),
    )


def _keeps_failing(row: Recurring) -> Finding:
    return Finding(
        kind=Kind.WAITING,
        key=f"job/{row.kind}",
        severity=Severity.WARNING,
        reasons=(
            Reason(
                _("A scheduled job has failed %(count)s times in a row (%(error)s)."),
                {"count": str(row.failures), "error": quote(row.last_error)},
            ),
            Reason(_("The scheduled jobs say which one, and when it worked last.")),
        ),
    )
