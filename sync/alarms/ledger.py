"""The book of alarms: opened once, kept while they last, closed by themselves.

Each alarm is told when it opens and when it is over. That it is over is told a while
later, so that one which comes and goes is told once, and nobody believes that it is over.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from mapping.models import Channel
from mapping.reasons import pack
from sync import audit
from sync.alarms.finding import Finding, Kind
from sync.models import Alert, AlertDestination, AlertNotice

Status = Alert.Status
Event = AlertNotice.Event
# What comes back within this was never over.
SETTLES = timedelta(minutes=10)
# One ERP serves every store of a company.
_OF_THE_ERP = (Kind.ERP_DOWN, Kind.ERP_SILENT)

About = tuple[str, str]


@transaction.atomic
def settle(
    channel: Channel, findings: Iterable[Finding], *, kinds: Collection[Kind], now: datetime
) -> None:
    """Make the open alarms of a channel those that were found, of the kinds looked for."""
    # Two looks at the same moment would open everything twice.
    Channel.objects.select_for_update(no_key=True).get(pk=channel.pk)
    found = {(str(each.kind), each.key[:200]): each for each in findings}
    rows = list(Alert.objects.filter(channel=channel, status=Status.OPEN))
    known = {(row.kind, row.key): row for row in rows}
    _refresh(channel, [(row, found[about]) for about, row in known.items() if about in found], now)
    _close([row for about, row in known.items() if about not in found and row.kind in kinds], now)
    _open(channel, {about: each for about, each in found.items() if about not in known}, now)


def acknowledge(alert: Alert, *, by: User, now: datetime | None = None) -> bool:
    """Note who has seen an alarm. Return False if somebody had, or it is over."""
    with transaction.atomic():
        seen = Alert.objects.filter(pk=alert.pk, status=Status.OPEN, acknowledged_at=None).update(
            acknowledged_by=by, acknowledged_at=now or timezone.now()
        )
        if seen:
            audit.note(by, "acknowledge_alarm", str(alert), channel=alert.channel, about=alert.key)
    return bool(seen)


def _refresh(channel: Channel, pairs: Sequence[tuple[Alert, Finding]], now: datetime) -> None:
    worse = [row for row, found in pairs if found.severity < row.severity]
    for row, found in pairs:
        row.severity, row.last_at = found.severity, now
        row.sentence = pack(found.reasons)
    if pairs:
        rows = [row for row, _found in pairs]
        Alert.objects.bulk_update(rows, ["severity", "sentence", "last_at"])
    # Whoever asked for critical alarms only has not heard of it yet.
    _tell_opened(channel, worse, now)


def _close(rows: Sequence[Alert], now: datetime) -> None:
    if not rows:
        return
    Alert.objects.filter(pk__in=[row.pk for row in rows]).update(
        status=Status.CLOSED, closed_at=now
    )
    told = AlertNotice.objects.filter(
        alert__in=rows, event=Event.OPENED, destination__enabled=True
    ).exclude(status=AlertNotice.Status.GAVE_UP)
    AlertNotice.objects.bulk_create(
        [
            AlertNotice(
                alert_id=alert, destination_id=to, event=Event.CLOSED, run_after=now + SETTLES
            )
            for alert, to in told.values_list("alert", "destination")
        ],
        ignore_conflicts=True,
    )


def _open(channel: Channel, findings: dict[About, Finding], now: datetime) -> None:
    if not findings:
        return
    back = _reopen(channel, findings, now)
    rows = Alert.objects.bulk_create(
        [
            Alert(
                channel=channel,
                kind=kind,
                key=key,
                severity=found.severity,
                sentence=pack(found.reasons),
                first_at=now,
                last_at=now,
            )
            for (kind, key), found in findings.items()
            if (kind, key) not in back
        ]
    )
    _tell_opened(channel, rows, now)


def _reopen(channel: Channel, findings: dict[About, Finding], now: datetime) -> set[About]:
    """Go on with alarms that closed a moment ago, and of which nobody was told so."""
    closed = Alert.objects.filter(
        channel=channel, status=Status.CLOSED, closed_at__gt=now - SETTLES
    ).order_by("closed_at", "pk")
    latest = {(row.kind, row.key): row for row in closed if (row.kind, row.key) in findings}
    # Locked: a worker may be about to say that it is over.
    notices = AlertNotice.objects.select_for_update().filter(
        alert__in=latest.values(), event=Event.CLOSED
    )
    said = {each.alert_id for each in notices if each.attempts}
    rows = {about: row for about, row in latest.items() if row.pk not in said}
    if rows:
        pks = [row.pk for row in rows.values()]
        AlertNotice.objects.filter(alert__in=pks, event=Event.CLOSED).delete()
        Alert.objects.filter(pk__in=pks).update(status=Status.OPEN, closed_at=None)
        _refresh(channel, [(row, findings[about]) for about, row in rows.items()], now)
    return set(rows)


def _tell_opened(channel: Channel, rows: Sequence[Alert], now: datetime) -> None:
    """Have the destinations told that want to hear of so severe an alarm, each once."""
    if not rows:
        return
    elsewhere = _told_elsewhere(channel)
    destinations = AlertDestination.objects.filter(company=channel.company_id, enabled=True)
    AlertNotice.objects.bulk_create(
        [
            AlertNotice(alert=row, destination=to, event=Event.OPENED, run_after=now)
            for to in destinations
            for row in rows
            if row.severity <= to.least_severity and (row.kind, row.key) not in elsewhere
        ],
        ignore_conflicts=True,
    )


def _told_elsewhere(channel: Channel) -> set[About]:
    """Return what is wrong with the ERP and was told for another store that it serves."""
    rows = Alert.objects.filter(
        channel__company=channel.company_id,
        status=Status.OPEN,
        kind__in=_OF_THE_ERP,
        notices__event=Event.OPENED,
    )
    return set(rows.exclude(channel=channel).values_list("kind", "key"))
