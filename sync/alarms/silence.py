"""Alarms about silence: nothing comes from a side that always has something to say."""

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Max, Min
from django.utils import timezone

from erp_connectors.models import ErpConnection
from mapping.decide import rhythm
from mapping.decide.rhythm import Hour, QuietHour
from mapping.models import Channel
from mapping.reasons import Reason
from mapping.reasons import gettext_noop as _
from sync.alarms.finding import Finding, Kind, Severity, clock
from sync.models import ErpStock, InboxMessage, LatencyBucket, Recurring, ShopOrder, Status

# Where these are wrong, changes do not arrive for a reason that is known.
_EXPLAINS = {Kind.ERP_DOWN, Kind.STORE_DOWN, Kind.MASS_CHANGE, Kind.WAITING}

# A handful of short looks into an index, however many orders there are.
_ORDERS_IN = """
SELECT hour.number, (SELECT count(*) FROM (
    SELECT 1 FROM sync_shoporder o WHERE o.channel_id = %(channel)s
       AND o.placed_at >= hour.begins AND o.placed_at < hour.ends LIMIT %(least)s) seen)
  FROM unnest(%(begins)s::timestamptz[], %(ends)s::timestamptz[])
       WITH ORDINALITY AS hour(begins, ends, number)
"""
_CHANGES_IN = """
SELECT hour.number, (SELECT coalesce(sum(b.count), 0) FROM sync_latencybucket b
     WHERE b.channel_id = %(channel)s AND b.stream = 'stock'
       AND b.minute >= hour.begins AND b.minute < hour.ends)
  FROM unnest(%(begins)s::timestamptz[], %(ends)s::timestamptz[])
       WITH ORDINALITY AS hour(begins, ends, number)
"""


def orders(channel: Channel, now: datetime) -> list[Finding]:
    """Find out whether no order comes at an hour of the week that always has some."""
    last = ShopOrder.objects.filter(channel=channel).aggregate(last=Max("placed_at"))["last"]
    quiet = _quiet(channel, last, now, known_since=channel.orders_from)
    if last is None or not quiet or not _broken(channel, quiet, _ORDERS_IN):
        return []
    if _orders_wait(channel):
        # They do come; that they are not looked at is another alarm.
        return []
    return [
        Finding(
            kind=Kind.ORDERS_SILENT,
            severity=Severity.WARNING,
            reasons=(
                Reason(
                    _("No order has come since %(since)s, and at such an hour there always are."),
                    {"since": clock(last)},
                ),
                Reason(_("Unless it is a holiday: try to buy something, up to where it is paid.")),
            ),
        )
    ]


def _orders_wait(channel: Channel) -> bool:
    return InboxMessage.objects.filter(
        channel=channel, topic="shopify/order", status__in=[Status.WAITING, Status.RUNNING]
    ).exists()


def erp(channel: Channel, now: datetime, troubles: Set[Kind]) -> list[Finding]:
    """Find out whether the ERP says nothing of stock. `troubles`: what is wrong already."""
    found = ErpConnection.objects.filter(company=channel.company_id).first()
    if found is None or Kind.ERP_DOWN in troubles:
        return []
    since = _unanswered_since(channel, found, now)
    if since is not None:
        return [_erp_silent(since)]
    if troubles & _EXPLAINS or channel.mode != Channel.Mode.LIVE:
        return []
    return _erp_unmoved(channel, found, now)


def _unanswered_since(
    channel: Channel, erp_connection: ErpConnection, now: datetime
) -> datetime | None:
    """Return when an ERP that we ask told us its stock last, if that is too long ago."""
    poll = Recurring.objects.filter(
        connection=erp_connection, kind=Recurring.Kind.POLL_STOCK
    ).first()
    if erp_connection.kind == "push" or poll is None or poll.last_ok_at is None:
        # One that calls us has nothing to say at night: its rhythm says when it should.
        return None
    limit = max(timedelta(minutes=channel.alarm_minutes), timedelta(seconds=3 * poll.seconds))
    return poll.last_ok_at if poll.last_ok_at <= now - limit else None


def _erp_silent(since: datetime) -> Finding:
    return Finding(
        kind=Kind.ERP_SILENT,
        severity=Severity.CRITICAL,
        reasons=(
            Reason(_("The ERP has told no stock since %(since)s."), {"since": clock(since)}),
            Reason(_("The store goes on selling by figures that may be old.")),
            Reason(_("Look whether the ERP and its connection work, and the worker runs.")),
        ),
    )


def _erp_unmoved(channel: Channel, erp_connection: ErpConnection, now: datetime) -> list[Finding]:
    arrived = LatencyBucket.objects.filter(
        channel=channel, stream=LatencyBucket.Stream.STOCK
    ).aggregate(first=Min("minute"), last=Max("minute"))
    last = arrived["last"]
    if last is None:
        return []
    quiet = _quiet(channel, last, now, known_since=arrived["first"])
    if not quiet or not _broken(channel, quiet, _CHANGES_IN):
        return []
    if _figures_came(erp_connection, quiet[0].hour.start):
        return []
    return [
        Finding(
            kind=Kind.ERP_SILENT,
            key="rhythm",
            severity=Severity.WARNING,
            reasons=(
                Reason(
                    _("No stock has changed since %(since)s, and at such an hour it always does."),
                    {"since": clock(last)},
                ),
                Reason(_("Unless it is a holiday: look whether the ERP counts what is sold.")),
            ),
        )
    ]


def _figures_came(erp_connection: ErpConnection, since: datetime) -> bool:
    """Whether an ERP that calls us has sent figures, be they the same as before."""
    if erp_connection.kind != "push":
        return False
    return ErpStock.objects.filter(connection=erp_connection, asked_at__gt=since).exists()


def _quiet(
    channel: Channel, last: datetime | None, now: datetime, *, known_since: datetime
) -> Sequence[QuietHour]:
    if channel.mode == Channel.Mode.PAUSED:
        return ()
    zone = timezone.get_default_timezone()
    return rhythm.quiet_hours(last=last, now=now, zone=zone, known_since=known_since)


def _broken(channel: Channel, quiet: Sequence[QuietHour], question: str) -> Hour | None:
    hours = [hour for each in quiet for hour in each.before]
    return rhythm.broken_habit(quiet, _counts(channel, hours, question))


def _counts(channel: Channel, hours: Iterable[Hour], question: str) -> Mapping[Hour, int]:
    asked = list(dict.fromkeys(hours))
    values: dict[str, Any] = {
        "channel": channel.pk,
        "begins": [hour.start for hour in asked],
        "ends": [hour.end for hour in asked],
        "least": rhythm.LEAST_EVENTS,
    }
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        return {asked[number - 1]: int(count) for number, count in cursor.fetchall()}
