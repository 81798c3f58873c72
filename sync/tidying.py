"""Forget what is old and done. What waits for a person is never forgotten."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from sync.models import (
    Alert,
    Attempt,
    InboxMessage,
    LatencyBucket,
    OutboxCommand,
    Status,
    StoredAnswer,
)

_OVER = [Status.DONE, Status.SUPERSEDED, Status.IGNORED]
BATCH = 5000
FIVE_WEEKS = timedelta(weeks=5)


def forget_old() -> int:
    """Delete a bounded number of old rows and return how many; the next round goes on."""
    before = timezone.now() - settings.SYNC_RETENTION
    old = (
        Attempt.objects.filter(started_at__lt=before),
        OutboxCommand.objects.filter(status__in=_OVER, created_at__lt=before),
        InboxMessage.objects.filter(status__in=_OVER, created_at__lt=before),
        StoredAnswer.objects.filter(claimed_at__lt=before),
        # The shop's rhythm is learnt from four weeks of them.
        LatencyBucket.objects.filter(minute__lt=min(before, timezone.now() - FIVE_WEEKS)),
        # Its notices go with it.
        Alert.objects.filter(status=Alert.Status.CLOSED, closed_at__lt=before),
    )
    deleted = 0
    for rows in old:
        some = list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])
        deleted += rows.model._default_manager.filter(pk__in=some).delete()[0]
    return deleted
