"""Run queued rows, one at a time."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from django.conf import settings
from django.utils import timezone

from sync import failures, handlers, queue, recurring
from sync.models import InboxMessage, OutboxCommand, Priority, QueuedRow, Recurring, Status
from sync.wake import wake

logger = logging.getLogger(__name__)
Row = TypeVar("Row", bound=QueuedRow)


def drain() -> int:
    """Run what is due until nothing is, or the time is up. Return how much ran.

    This is the whole django-q2 task. Whoever kills it loses nothing: a row it held
    comes back when its lease ends.
    """
    for model in (OutboxCommand, InboxMessage):
        queue.release_expired(model)
    end = time.monotonic() + settings.SYNC_DRAIN.total_seconds()
    ran = 0
    while time.monotonic() < end:
        if not run_next():
            return ran
        ran += 1
    wake()
    return ran


def run_next() -> bool:
    """Run the most urgent due row, of whichever kind, and return whether there was one.

    The ERP is asked for stock before orders are entered: however many of them wait after an
    outage, what sold over the counter meanwhile must not stay on sale until they are in.
    """
    return (
        run_one(OutboxCommand, handlers.send, ceiling=Priority.ORDERS)
        or recurring.run_one(kind=Recurring.Kind.POLL_STOCK)
        or run_one(InboxMessage, handlers.handle, ceiling=Priority.ORDERS)
        or recurring.run_one()
        or run_one(OutboxCommand, handlers.send)
        or run_one(InboxMessage, handlers.handle)
    )


def run_one(
    model: type[Row], work: Callable[[Row], None], *, ceiling: Priority = Priority.BULK
) -> bool:
    """Run the next due row and return whether there was one.

    The row may run again after a crash, so `work` must be safe to repeat. No
    transaction is open while it runs: it may wait on the network.
    """
    row = queue.claim(model, ceiling=ceiling)
    if row is None:
        return False
    try:
        work(row)
    except queue.LeaseLost:
        # Whoever took the row over writes its outcome.
        logger.warning("%s was taken over", _name(row))
    except failures.NotYet as wait:
        queue.postpone(row, at=timezone.now() + wait.delay, reason=str(wait))
    except failures.NotNeeded as answer:
        queue.finish(row, status=Status.IGNORED, reason=str(answer))
    except Exception as error:
        _failed(row, error)
    else:
        queue.finish(row)
    return True


def _failed(row: QueuedRow, error: Exception) -> None:
    match failures.decide(error, attempts=row.attempts):
        case failures.RetryIn(delay):
            queue.retry(row, at=timezone.now() + delay, reason=str(error))
            logger.info("%s will run again in %s: %s", _name(row), delay, error)
        case failures.Park(code):
            queue.park(row, code=code, reason=str(error) or type(error).__name__)
            # A reason that we know is news for staff; one that we do not is a defect.
            log = logger.exception if code == "error" else logger.warning
            log("%s is set aside (%s): %s", _name(row), code, error)


def _name(row: QueuedRow) -> str:
    return f"{row._meta.model_name} {row.pk} ({row.lane})"
