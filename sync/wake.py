"""Tell a worker that there is work. Losing or doubling such a call costs nothing.

A django-q2 task carries no data: it says "drain what is due" and the rows say what
that is. With the database as broker the task is part of the transaction that makes
the work; with Redis it is sent after the commit.
"""

from django.db import transaction
from django.utils import timezone
from django_q.conf import Conf
from django_q.models import OrmQ
from django_q.tasks import async_task

from sync.models import InboxMessage, OutboxCommand, Recurring, Status

DRAIN = "sync.worker.drain"


def wake() -> None:
    """Queue a drain unless every worker already has one waiting for it."""
    if not Conf.ORM:
        transaction.on_commit(_enqueue)
    elif OrmQ.objects.filter(lock__lte=timezone.now()).count() < Conf.WORKERS:
        _enqueue()


def beat() -> None:
    """Called by the watchdog: the sweep for what nobody announced, or whose moment came."""
    if _is_due():
        wake()


def _is_due() -> bool:
    now = timezone.now()
    return (
        Recurring.objects.filter(next_due__lte=now).exists()
        or OutboxCommand.objects.filter(status=Status.WAITING, run_after__lte=now).exists()
        or InboxMessage.objects.filter(status=Status.WAITING, run_after__lte=now).exists()
        or OutboxCommand.objects.filter(status=Status.RUNNING, lease_until__lt=now).exists()
        or InboxMessage.objects.filter(status=Status.RUNNING, lease_until__lt=now).exists()
    )


def _enqueue() -> None:
    async_task(DRAIN, q_options={"save": False, "task_name": "drain"})
