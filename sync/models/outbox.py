import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from sync.models.inbox import InboxMessage
from sync.models.job import SyncJob
from sync.models.queued import QueuedRow


class OutboxCommand(QueuedRow):
    """A write the store has yet to accept.

    A command about state (stock, prices, catalogue) names the record only and is
    computed when it is sent. From the moment `request` is set the write is on its
    way: a repeat sends that same request with that same key until its outcome is
    known, whatever has changed meanwhile.
    """

    kind = models.CharField(_("kind"), max_length=40)
    key = models.CharField(_("record"), max_length=200)
    arguments = models.JSONField(_("arguments"), default=dict, blank=True)
    idempotency_key = models.UUIDField(default=uuid.uuid4, editable=False)
    request = models.JSONField(_("request on its way"), null=True, blank=True)
    sent_at = models.DateTimeField(_("first sent"), null=True, blank=True)
    cause = models.ForeignKey(
        InboxMessage, null=True, blank=True, on_delete=models.SET_NULL, verbose_name=_("cause")
    )
    job = models.ForeignKey(SyncJob, null=True, blank=True, on_delete=models.SET_NULL)

    class Meta(QueuedRow.Meta):
        verbose_name = _("write to send")
        verbose_name_plural = _("writes to send")
        constraints: ClassVar = [
            *QueuedRow.Meta.constraints,
            # State is recomputed when sent, so a second waiting write would be idle.
            models.UniqueConstraint(
                fields=["channel", "kind", "key"],
                condition=Q(status="waiting", request__isnull=True),
                name="outboxcommand_waits_once",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"
