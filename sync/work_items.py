"""A difference as a piece of work: who has seen it, who has it, and when it comes back.

Two people may act at once. Each change names what it found before, so the second one is
told that somebody was faster and nothing is taken from anybody unseen.
"""

from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from sync import audit
from sync.models import Divergence

_MORNING = time(8)


class Pause(StrEnum):
    HOUR = "hour"
    TOMORROW = "tomorrow"
    WEEK = "week"


def waits(now: datetime | None = None) -> Q:
    """What is open and not put off. What was put off is back by itself when its time comes."""
    due = Q(snoozed_until=None) | Q(snoozed_until__lte=now or timezone.now())
    return Q(status=Divergence.Status.OPEN) & due


def is_put_off(now: datetime | None = None) -> Q:
    return Q(status=Divergence.Status.OPEN, snoozed_until__gt=now or timezone.now())


def end_of(pause: Pause, *, now: datetime | None = None) -> datetime:
    """Return when a pause is over; "tomorrow" is eight in the morning, the merchant's time."""
    moment = now or timezone.now()
    if pause == Pause.HOUR:
        return moment + timedelta(hours=1)
    if pause == Pause.WEEK:
        return moment + timedelta(days=7)
    zone = timezone.get_default_timezone()
    tomorrow = timezone.localtime(moment, zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, _MORNING, tzinfo=zone)


def see(row: Divergence, *, by: User) -> bool:
    """Note who has seen a difference first. False: somebody had, or it is closed."""
    return _change(
        row,
        "see_difference",
        by,
        {"acknowledged_at": None},
        {"acknowledged_by": by, "acknowledged_at": timezone.now()},
    )


def put_off(row: Divergence, *, until: datetime, by: User) -> bool:
    """Hide an open difference until then. False: it was closed or put off meanwhile."""
    return _change(
        row,
        "put_off",
        by,
        {"snoozed_until": row.snoozed_until},
        {"snoozed_until": until},
        until=until.isoformat(timespec="minutes"),
    )


def take(row: Divergence, *, by: User) -> bool:
    """Assign a difference to oneself. False: somebody has it already, or it is closed."""
    return _change(
        row, "assign", by, {"assigned_to": None}, {"assigned_to": by}, to=by.get_username()
    )


def assign(row: Divergence, *, to: User, by: User) -> bool:
    """Give a difference to somebody. False: it changed hands since it was read, or closed."""
    return _change(
        row,
        "assign",
        by,
        {"assigned_to": row.assigned_to_id},
        {"assigned_to": to},
        to=to.get_username(),
    )


@transaction.atomic
def _change(
    row: Divergence,
    action: str,
    by: User,
    found: dict[str, Any],
    changes: dict[str, Any],
    **details: Any,
) -> bool:
    rows = Divergence.objects.filter(pk=row.pk, status=Divergence.Status.OPEN)
    for name, value in found.items():
        rows = rows.filter(**({f"{name}__isnull": True} if value is None else {name: value}))
    if not rows.update(**changes):
        return False
    audit.note(by, action, str(row), channel=row.channel, difference=row.pk, **details)
    return True
