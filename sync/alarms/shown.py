"""Open alarms, as a screen shows them."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from mapping.models import Channel
from sync import words
from sync.models import Alert


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAlert:
    """One alarm in the reader's language: what happened, what it means, what to do."""

    id: int
    channel: str
    title: words.Text
    sentence: str
    critical: bool
    since: datetime
    acknowledged_by: str
    link: str


def open_alerts(channel: Channel | None = None) -> list[OpenAlert]:
    """Return what is wrong now, the worst and oldest first; of every channel without one."""
    rows = Alert.objects.filter(status=Alert.Status.OPEN).select_related(
        "channel", "acknowledged_by"
    )
    if channel is not None:
        rows = rows.filter(channel=channel)
    return [_shown(row) for row in rows.order_by("severity", "first_at", "pk")]


def count_open() -> int:
    return Alert.objects.filter(status=Alert.Status.OPEN).count()


def _shown(row: Alert) -> OpenAlert:
    return OpenAlert(
        id=row.pk,
        channel=str(row.channel),
        title=row.get_kind_display(),
        sentence=words.said(row.sentence),
        critical=row.severity == Alert.Severity.CRITICAL,
        since=row.first_at,
        acknowledged_by=str(row.acknowledged_by) if row.acknowledged_by else "",
        link=reverse("admin:sync_alert_change", args=[row.pk]),
    )
