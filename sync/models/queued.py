"""A row that is its own queue entry."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mapping.models import Channel


class Status(models.TextChoices):
    WAITING = "waiting", _("waiting")
    RUNNING = "running", _("in progress")
    DONE = "done", _("done")
    # Needs a person; nothing else waits for it.
    PARKED = "parked", _("set aside")
    # A later row about the same record did its work.
    SUPERSEDED = "superseded", _("done by a later one")
    IGNORED = "ignored", _("not needed")


class Priority(models.IntegerChoices):
    """What goes first when everything is due. Stock that shrinks cannot wait."""

    STOCK = 0, _("stock")
    ORDERS = 1, _("orders")
    NORMAL = 2, _("normal")
    BULK = 3, _("bulk load")


class QueuedRow(models.Model):
    """A row that is its own queue entry: what staff see is what a worker runs.

    Rows that share a lane run one at a time and in order of arrival; rows in
    different lanes run in parallel.
    """

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, verbose_name=_("channel"))
    lane = models.CharField(_("lane"), max_length=400)
    priority = models.PositiveSmallIntegerField(
        _("priority"), choices=Priority, default=Priority.NORMAL
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.WAITING)
    run_after = models.DateTimeField(_("not before"), default=timezone.now)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    # Never goes back, also when a person starts the row afresh: it is the fence.
    claims = models.PositiveIntegerField(default=0, editable=False)
    reason_code = models.CharField(_("kind of reason"), max_length=60, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    created_at = models.DateTimeField(_("received"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        abstract = True
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["lane"],
                condition=Q(status="running"),
                name="%(class)s_one_running_per_lane",
            ),
            models.CheckConstraint(
                condition=Q(status="running") ^ Q(lease_until__isnull=True),
                name="%(class)s_leased_while_running",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["priority", "run_after", "id"],
                condition=Q(status="waiting"),
                name="%(class)s_due",
            ),
            models.Index(
                fields=["lane", "id"],
                condition=Q(status__in=["waiting", "running"]),
                name="%(class)s_lane",
            ),
            models.Index(
                fields=["lease_until"], condition=Q(status="running"), name="%(class)s_lease"
            ),
            models.Index(fields=["channel", "status"], name="%(class)s_by_status"),
        ]
