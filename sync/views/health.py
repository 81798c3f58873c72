"""Is this process alive, and does the installation do its work? For load balancers."""

import logging
from datetime import datetime, timedelta

from django.db import DatabaseError, connection
from django.db.models import Max, Min
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mapping.models import Channel
from sync.models import InboxMessage, OutboxCommand, QueuedRow, Recurring, Status

logger = logging.getLogger(__name__)

# Work that is due is begun within a second or so; this long without any is a standstill.
STANDSTILL = timedelta(seconds=90)


@require_safe
def live(_request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def ready(_request: HttpRequest) -> JsonResponse:
    """Answer 200 while the database answers and due work moves on, else 503.

    Anybody may ask, so the reason goes to the log and not into the answer.
    """
    reason = trouble()
    if reason:
        logger.warning("not ready: %s", reason)
        return JsonResponse({"status": "failing"}, status=503)
    return JsonResponse({"status": "ok"})


def trouble(*, now: datetime | None = None) -> str:
    """Return what keeps the installation from working, or ""."""
    now = now or timezone.now()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        due, progress = _oldest_due(now), _last_progress()
    except DatabaseError as error:
        return f"the database does not answer ({type(error).__name__})"
    if due is None or due > now - STANDSTILL:
        return ""
    if progress and progress > now - STANDSTILL:
        # Behind, but working: sending our traffic elsewhere would not help.
        return ""
    return f"work is due since {due:%Y-%m-%d %H:%M:%S} and no worker takes it"


def _oldest_due(now: datetime) -> datetime | None:
    found = [_due(model, now) for model in (InboxMessage, OutboxCommand)]
    # One that is held by a worker is being worked on.
    free = Recurring.objects.filter(next_due__lt=now).exclude(lease_until__gt=now)
    free = free.exclude(channel__mode=Channel.Mode.PAUSED).exclude(connection__enabled=False)
    found.append(free.aggregate(oldest=Min("next_due"))["oldest"])
    return min((moment for moment in found if moment), default=None)


def _due(model: type[QueuedRow], now: datetime) -> datetime | None:
    rows = model._default_manager.filter(status=Status.WAITING, run_after__lt=now)
    rows = rows.exclude(channel__mode=Channel.Mode.PAUSED)
    oldest: datetime | None = rows.aggregate(oldest=Min("run_after"))["oldest"]
    return oldest


def _last_progress() -> datetime | None:
    moments = [
        Recurring.objects.aggregate(last=Max("last_ok_at"))["last"],
        *(_last_finished(model) for model in (InboxMessage, OutboxCommand)),
    ]
    return max((moment for moment in moments if moment), default=None)


def _last_finished(model: type[QueuedRow]) -> datetime | None:
    # The newest rows only: a maximum over the whole table would read all of it.
    newest = model._default_manager.order_by("-id").values("finished_at")[:200]
    moments = [row["finished_at"] for row in newest if row["finished_at"]]
    return max(moments, default=None)
