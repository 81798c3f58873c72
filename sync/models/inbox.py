from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from sync.models.job import SyncJob
from sync.models.queued import QueuedRow


class InboxMessage(QueuedRow):
    """Something one side, or a person, told us; stored once and word for word."""

    message_id = models.CharField(_("id"), max_length=200)
    topic = models.CharField(_("about"), max_length=80)
    key = models.CharField(_("record"), max_length=200)
    payload = models.JSONField(_("content"))
    job = models.ForeignKey(SyncJob, null=True, blank=True, on_delete=models.SET_NULL)

    class Meta(QueuedRow.Meta):
        verbose_name = _("received message")
        verbose_name_plural = _("received messages")
        constraints: ClassVar = [
            *QueuedRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["channel", "message_id"], name="inboxmessage_received_once"
            ),
        ]
        indexes: ClassVar = [
            *QueuedRow.Meta.indexes,
            models.Index(fields=["channel", "topic", "key"], name="inboxmessage_by_record"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"
