"""Store what the two sides, and people, tell us."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from mapping.models import Channel
from sync.models import InboxMessage, Priority, SyncJob
from sync.wake import wake


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One thing somebody told us. `key` names the record it is about."""

    message_id: str
    topic: str
    key: str
    payload: dict[str, Any] = field(default_factory=dict)
    priority: Priority = Priority.NORMAL
    run_after: datetime | None = None

    def lane(self, channel: Channel) -> str:
        # Messages about one record are handled in order, whoever sends them.
        return f"{channel.pk}/{self.topic}/{self.key}"[:400]


def receive(
    channel: Channel,
    *,
    message_id: str,
    topic: str,
    key: str,
    payload: dict[str, Any] | None = None,
    priority: Priority = Priority.NORMAL,
    job: SyncJob | None = None,
    run_after: datetime | None = None,
) -> InboxMessage:
    """Store a message once, however often its sender repeats it, and wake a worker."""
    news = News(
        message_id=message_id,
        topic=topic,
        key=key,
        payload=payload or {},
        priority=priority,
        run_after=run_after,
    )
    receive_many(channel, [news], job=job)
    return InboxMessage.objects.get(channel=channel, message_id=message_id)


@transaction.atomic
def receive_many(channel: Channel, news: Iterable[News], *, job: SyncJob | None = None) -> int:
    """Store many messages and wake a worker once. Return how many were offered."""
    now = timezone.now()
    rows = [
        InboxMessage(
            channel=channel,
            message_id=each.message_id,
            topic=each.topic,
            key=each.key,
            payload=each.payload,
            lane=each.lane(channel),
            priority=each.priority,
            run_after=each.run_after or now,
            created_at=now,
            job=job,
        )
        for each in news
    ]
    # A message we have stays as it is: the second copy says nothing new.
    InboxMessage.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    if rows:
        wake()
    return len(rows)
