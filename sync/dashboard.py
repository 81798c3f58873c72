"""What the overview and the side bar show: what waits, and for whom."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Max, Min
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from mapping.models import Channel
from sync import words, work_items
from sync.models import (
    Divergence,
    InboxMessage,
    MassChange,
    OutboxCommand,
    QueuedRow,
    Status,
)
from sync.overview import card


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rows that wait for a person for the same reason."""

    count: int
    subject: words.Text
    reason: words.Text
    advice: words.Text
    example: str
    since: datetime
    link: str


def fill(_request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add what templates/admin/index.html shows."""
    channels = Channel.objects.select_related("company", "shop__ratebudget").order_by("name")
    context["cards"] = [card(channel) for channel in channels]
    context["groups"] = set_aside_groups()
    context["title"] = _("Overview")
    return context


def open_divergences(_request: HttpRequest) -> str:
    """Count what waits; what somebody put off does not call for anybody."""
    return _badge(Divergence.objects.filter(work_items.waits()).count())


def held_mass_changes(_request: HttpRequest) -> str:
    return _badge(MassChange.objects.filter(status=MassChange.Status.HELD).count())


def parked_messages(_request: HttpRequest) -> str:
    return _badge(InboxMessage.objects.filter(status=Status.PARKED).count())


def parked_commands(_request: HttpRequest) -> str:
    return _badge(OutboxCommand.objects.filter(status=Status.PARKED).count())


def set_aside_groups(channel: Channel | None = None) -> list[Group]:
    """Return what waits for people, the most frequent reason first."""
    groups = [
        *_groups(InboxMessage, "topic", "inboxmessage", channel),
        *_groups(OutboxCommand, "kind", "outboxcommand", channel),
    ]
    return sorted(groups, key=lambda group: -group.count)


def _groups(
    model: type[QueuedRow], about: str, name: str, channel: Channel | None
) -> Iterable[Group]:
    rows = model._default_manager.filter(status=Status.PARKED).order_by()
    if channel:
        rows = rows.filter(channel=channel)
    found = rows.values(about, "reason_code").annotate(
        count=Count("pk"), since=Min("created_at"), example=Max("reason")
    )
    for row in found:
        query = {
            "status__exact": Status.PARKED,
            about: row[about],
            "reason_code": row["reason_code"],
        }
        yield Group(
            count=row["count"],
            subject=words.subject(row[about]) if about == "topic" else words.write(row[about]),
            reason=words.reason(row["reason_code"], row["example"]),
            advice=words.advice(row["reason_code"]),
            example=row["example"],
            since=row["since"],
            link=f"{reverse(f'admin:sync_{name}_changelist')}?{urlencode(query)}",
        )


def _badge(number: int) -> str:
    return str(number) if number else ""
