"""Runs: somebody asks for a stream to be brought up to date, and watches it happen."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Count
from django.utils import timezone

from mapping.models import Channel
from sync import polling
from sync.models import Attempt, InboxMessage, OutboxCommand, Recurring, Status, SyncJob
from sync.reconcile import orders
from sync.reconcile.rounds import Place, Round, add, go
from sync.reconcile.streams import stages

Kind = SyncJob.Kind
_OPEN = [Status.WAITING, Status.RUNNING]

_PULLS = {
    Kind.CATALOGUE: (Recurring.Kind.POLL_PRODUCTS,),
    Kind.PRICES: (Recurring.Kind.POLL_PRICES,),
    Kind.STOCK: (Recurring.Kind.POLL_STOCK,),
    Kind.FULFILMENTS: (Recurring.Kind.POLL_SHIPMENTS,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is: messages and writes, done and set aside, of all there are."""

    messages: int
    handled: int
    writes: int
    sent: int
    set_aside: int
    points: float

    @property
    def is_over(self) -> bool:
        return self.handled == self.messages and self.sent == self.writes


def start(
    channel: Channel,
    kind: SyncJob.Kind,
    *,
    since: datetime | None = None,
    by: User | None = None,
) -> SyncJob:
    """Ask everything of one stream again and queue what has to be looked at.

    Raises what the ERP or the store raises; the run then says why it failed.
    """
    job = SyncJob.objects.create(channel=channel, kind=kind, requested_by=by)
    with _saying_why(job):
        job.counts = _gather(channel, kind, job, since)
    job.save(update_fields=["counts"])
    return job


def compare(
    channel: Channel,
    streams: Sequence[str] = (),
    *,
    full: bool = False,
    by: User | None = None,
) -> Iterator[tuple[str, SyncJob]]:
    """Compare streams (none named: all) here and now; after each page say where it is.

    Queues the corrections. The last job yielded is the finished comparison, and the
    first is yielded before anything was asked.
    """
    kind = Kind.NIGHTLY if full else Kind.RECONCILE
    job = SyncJob.objects.create(channel=channel, kind=kind, requested_by=by)
    round_ = Round(channel=channel, began=timezone.now(), job=job)
    with _saying_why(job):
        for place, page in go(round_, stages(streams, full=full), Place()):
            add(job, page.counts)
            yield place.stage, job
        SyncJob.objects.filter(pk=job.pk).update(
            status=SyncJob.Status.DONE, finished_at=timezone.now()
        )


@contextmanager
def _saying_why(job: SyncJob) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        SyncJob.objects.filter(pk=job.pk).update(
            status=SyncJob.Status.FAILED, error=str(error), finished_at=timezone.now()
        )
        raise


def _gather(
    channel: Channel, kind: SyncJob.Kind, job: SyncJob, since: datetime | None
) -> dict[str, int]:
    if kind == Kind.ORDERS:
        counts = Counter(looked_at=0, found=0)
        for swept in orders.sweep(channel, since or orders.sweep_start(""), job=job):
            counts.update(looked_at=swept.looked_at, found=swept.found)
        return dict(counts)
    return {
        pull.value: polling.pull_all(channel, pull, job) for pull in _PULLS[SyncJob.Kind(kind)]
    }


def progress(job: SyncJob) -> Progress:
    messages = _by_status(InboxMessage, job)
    writes = _by_status(OutboxCommand, job)
    spent = Attempt.objects.filter(command__job=job).values_list("cost", flat=True)
    return Progress(
        messages=sum(messages.values()),
        handled=sum(count for status, count in messages.items() if status not in _OPEN),
        writes=sum(writes.values()),
        sent=sum(count for status, count in writes.items() if status not in _OPEN),
        set_aside=messages.get(Status.PARKED, 0) + writes.get(Status.PARKED, 0),
        points=float(sum(cost for cost in spent if cost is not None)),
    )


def _by_status(model: type[InboxMessage] | type[OutboxCommand], job: SyncJob) -> dict[str, int]:
    rows = model._default_manager.filter(job=job).order_by().values("status")
    return {row["status"]: row["count"] for row in rows.annotate(count=Count("pk"))}


def watch(
    job: SyncJob, *, pause: Callable[[float], None] = time.sleep, every: float = 0.3
) -> Iterator[Progress]:
    """Yield the progress until the run is over; it is done then, whoever did the work.

    A write that was asked for while the last one was looked at counts too, so the
    run is over only when it looks over twice.
    """
    quiet = 0
    while True:
        now = progress(job)
        yield now
        quiet = quiet + 1 if now.is_over else 0
        if quiet == 2:
            break
        pause(every)
    SyncJob.objects.filter(pk=job.pk).update(
        status=SyncJob.Status.DONE,
        finished_at=timezone.now(),
        counts=job.counts | {"points": now.points, "set_aside": now.set_aside},
    )
