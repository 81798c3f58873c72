"""Queued rows to test with, and threads that run at the same moment."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, TypeVar

from django.db import connection
from django.utils import timezone

from mapping.models import Channel
from sync import outbox, queue
from sync.models import InboxMessage, OutboxCommand, QueuedRow

Result = TypeVar("Result")


def ask_for(channel: Channel, key: str = "B-1", **options: Any) -> OutboxCommand:
    """Ask for a catalogue write of a product and return its row."""
    outbox.put(channel, **({"kind": "catalogue", "key": key, "lane": f"product/{key}"} | options))
    return OutboxCommand.objects.filter(channel=channel, key=key).latest("pk")


def claim_command() -> OutboxCommand:
    row = queue.claim(OutboxCommand)
    assert row is not None
    return row


def lease_runs_out(row: QueuedRow) -> None:
    """The worker that holds the row says nothing for too long."""
    past = timezone.now() - timedelta(seconds=1)
    type(row)._default_manager.filter(pk=row.pk).update(lease_until=past)


def taken_over(row: QueuedRow) -> QueuedRow:
    """Another worker has the row now; the one that held it does not know."""
    lease_runs_out(row)
    queue.release_expired(type(row))
    other = queue.claim(type(row))
    assert other is not None
    assert other.pk == row.pk
    return other


def status(row: QueuedRow) -> str:
    return str(type(row)._default_manager.get(pk=row.pk).status)


def at_once(count: int, work: Callable[[int], Result]) -> list[Result]:
    """Run `work` in so many threads that start at the same moment, each with its database."""
    barrier = threading.Barrier(count)

    def run(number: int) -> Result:
        try:
            barrier.wait(10)
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


__all__ = ["InboxMessage", "OutboxCommand", "ask_for", "at_once", "claim_command", "status"]
