"""Hand rows to workers: each to one worker, each lane in order."""

import uuid
from datetime import datetime
from typing import TypeVar

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Case, F, IntegerField, QuerySet, Value, When
from django.utils import timezone
from django.utils.translation import gettext_noop

from mapping.models import Channel
from sync.models import Priority, QueuedRow, Status
from sync.models.outbox import OutboxCommand
from sync.wake import wake

Row = TypeVar("Row", bound=QueuedRow)
WORKER_GONE = gettext_noop("The worker stopped answering.")


class LeaseLost(Exception):
    """Another worker may have taken this row over: this one must not write any more."""


# A parked row does not hold up its lane. Handlers read the record afresh, so a later
# message for the same record repairs what the parked one could not.
_CLAIM = """
WITH due AS (
    SELECT o.id FROM {table} o
    JOIN mapping_channel c ON c.id = o.channel_id AND c.mode <> ALL(%(resting)s)
    WHERE o.status = 'waiting' AND o.run_after <= %(now)s AND o.priority <= %(ceiling)s
      AND NOT EXISTS (
        SELECT 1 FROM {table} p WHERE p.lane = o.lane AND p.id <> o.id
        AND (p.status = 'running' OR (p.status = 'waiting' AND p.id < o.id)))
    ORDER BY o.priority, o.run_after, o.id
    LIMIT 1 FOR UPDATE OF o SKIP LOCKED)
UPDATE {table} t
SET status = 'running', attempts = attempts + 1, claims = claims + 1, lease_until = %(lease)s
FROM due WHERE t.id = due.id
RETURNING t.*
"""

_ALL_RESTS = [Channel.Mode.PAUSED.value]
# Writes asked for before a channel was told to look only must not leave either.
_WRITES_REST = [*_ALL_RESTS, Channel.Mode.SHADOW.value]
_TRIES = 5


def claim(model: type[Row], *, ceiling: Priority = Priority.BULK) -> Row | None:
    """Take the next due row whose lane is free, or return None.

    The try is counted here and not at the end, so that a row which kills its worker
    runs out of tries like any other.
    """
    now = timezone.now()
    parameters = {
        "now": now,
        "lease": now + settings.SYNC_LEASE,
        "ceiling": int(ceiling),
        "resting": _WRITES_REST if model is OutboxCommand else _ALL_RESTS,
    }
    statement = _CLAIM.format(table=model._meta.db_table)
    try:
        with transaction.atomic():
            return next(iter(model._default_manager.raw(statement, parameters)), None)
    except IntegrityError:
        # Another worker took the lane between our read and our write.
        return None


def hold_lease(row: QueuedRow) -> None:
    """Make sure that the row is still ours, and for longer. Raises LeaseLost.

    Called right before anything that cannot be taken back.
    """
    now = timezone.now()
    lease = now + settings.SYNC_LEASE
    if not _mine(row).filter(lease_until__gt=now).update(lease_until=lease):
        raise LeaseLost(f"{row} was taken over by another worker")


def finish(row: QueuedRow, *, status: Status = Status.DONE, reason: str = "") -> bool:
    return _release(row, status=status, reason=reason, reason_code="", finished_at=timezone.now())


def retry(row: QueuedRow, *, at: datetime, reason: str) -> bool:
    return bool(_wait(_mine(row), run_after=at, reason=reason))


def park(row: QueuedRow, *, code: str, reason: str) -> bool:
    """Set a row aside until a person releases it."""
    return _release(row, status=Status.PARKED, reason_code=code, reason=reason)


def postpone(row: QueuedRow, *, at: datetime, reason: str) -> bool:
    """Wait for something that is on its way; the try does not count."""
    return bool(_wait(_mine(row), run_after=at, reason=reason, attempts=F("attempts") - 1))


def bring_forward(rows: QuerySet[Row]) -> int:
    """Have rows that wait for their next try tried now; the tries count on.

    Orders among them let new ones go first. Their units were counted when they came; those
    of an order that nobody has looked at yet are still on sale in other stores.
    """
    again = Case(
        When(priority=Priority.ORDERS, then=Value(int(Priority.NORMAL))),
        default=F("priority"),
        output_field=IntegerField(),
    )
    count = rows.filter(
        status=Status.WAITING, attempts__gt=0, run_after__gt=timezone.now()
    ).update(run_after=timezone.now(), priority=again)
    if count:
        wake()
    return count


def run_again(rows: QuerySet[Row]) -> int:
    """Queue rows afresh, whatever became of them, and return how many there were."""
    count = _wait(
        rows.exclude(status=Status.RUNNING),
        attempts=0,
        run_after=timezone.now(),
        reason="",
        reason_code="",
        finished_at=None,
    )
    if count:
        wake()
    return count


def supersede(row: QueuedRow) -> int:
    """Close the rows whose work this one does too; call it before reading the record."""
    rows = type(row)._default_manager.filter(
        lane=row.lane, status__in=[Status.WAITING, Status.PARKED]
    )
    return rows.exclude(pk=row.pk).update(
        status=Status.SUPERSEDED, finished_at=timezone.now(), reason=f"#{row.pk}"
    )


def release_expired(model: type[QueuedRow]) -> int:
    """Give back rows whose worker died, and return how many there were."""
    expired = model._default_manager.filter(status=Status.RUNNING, lease_until__lt=timezone.now())
    return _wait(expired, reason=WORKER_GONE)


def _wait(rows: QuerySet[Row], **changes: object) -> int:
    """Put rows back among those that wait, and return how many there were."""
    changes |= {"status": Status.WAITING, "lease_until": None}
    if rows.model is not OutboxCommand:
        return rows.update(**changes)
    return sum(
        _wait_for_both(OutboxCommand.objects.filter(pk=pk), rows.filter(pk=pk), changes)
        for pk in list(rows.order_by("pk").values_list("pk", flat=True))
    )


def _wait_for_both(
    alone: QuerySet[OutboxCommand], guarded: QuerySet[Row], changes: dict[str, object]
) -> int:
    """Let a write wait; one that was asked for meanwhile for the same record is in it then.

    Only one may wait for a record. The older keeps its place in the lane, and what it
    has done of its work already.
    """
    for _ in range(_TRIES):
        try:
            with transaction.atomic():
                if not guarded.select_for_update().exists():
                    return 0
                return alone.update(**changes | _taken_over(alone.get()))
        except IntegrityError:
            # Yet another was asked for between our look and our write.
            continue
    raise RuntimeError("a record is asked for faster than it can be queued")


def _taken_over(row: OutboxCommand) -> dict[str, object]:
    """Close the write that waits for the same record, and return what of it is kept."""
    waiting = OutboxCommand.objects.filter(
        channel=row.channel_id, kind=row.kind, key=row.key, status=Status.WAITING
    )
    twins = waiting.filter(request__isnull=True).exclude(pk=row.pk)
    twin = twins.select_for_update().first()
    if row.request is not None or twin is None:
        return {}
    twins.filter(pk=twin.pk).update(
        status=Status.SUPERSEDED, finished_at=timezone.now(), reason=f"#{row.pk}"
    )
    newer = twin.arguments if twin.pk > row.pk else {}
    return {
        "arguments": row.arguments | newer,
        "priority": min(row.priority, twin.priority),
        "job": twin.job_id or row.job_id,
    }


def settle(row: OutboxCommand) -> None:
    """The outcome of the request is known: the next one is a new write with a new key."""
    row.request = None
    row.sent_at = None
    row.idempotency_key = uuid.uuid4()
    changes = {"request": None, "sent_at": None, "idempotency_key": row.idempotency_key}
    if not _mine(row).update(**changes):
        raise LeaseLost(f"{row} was taken over by another worker")


def _mine(row: QueuedRow) -> QuerySet[QueuedRow]:
    # `claims` is the fence: a worker that lost its lease finds the number moved on,
    # and must not overwrite the outcome of the worker that replaced it.
    return type(row)._default_manager.filter(pk=row.pk, status=Status.RUNNING, claims=row.claims)


def _release(row: QueuedRow, **changes: object) -> bool:
    return bool(_mine(row).update(lease_until=None, **changes))
