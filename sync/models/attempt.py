from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from mapping.models import Channel
from sync.models.inbox import InboxMessage
from sync.models.outbox import OutboxCommand


class Attempt(models.Model):
    """One call to Shopify or an ERP: what was asked, what it cost, what came of it."""

    channel = models.ForeignKey(Channel, null=True, blank=True, on_delete=models.CASCADE)
    message = models.ForeignKey(
        InboxMessage, null=True, blank=True, on_delete=models.SET_NULL, related_name="calls"
    )
    command = models.ForeignKey(
        OutboxCommand, null=True, blank=True, on_delete=models.SET_NULL, related_name="calls"
    )
    system = models.CharField(_("system"), max_length=20)
    operation = models.CharField(_("operation"), max_length=80)
    is_write = models.BooleanField(_("write"), default=False)
    outcome = models.CharField(_("outcome"), max_length=20)
    idempotency_key = models.CharField(_("key"), max_length=200, blank=True)
    request_id = models.CharField(_("request id"), max_length=100, blank=True)
    cost = models.DecimalField(_("points"), max_digits=8, decimal_places=1, null=True, blank=True)
    milliseconds = models.PositiveIntegerField(_("ms"))
    error = models.TextField(_("error"), blank=True)
    answer = models.JSONField(_("answer"), default=dict, blank=True)
    started_at = models.DateTimeField(_("at"))

    class Meta:
        ordering: ClassVar = ["-id"]
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        indexes: ClassVar = [
            models.Index(fields=["channel", "-started_at"], name="attempt_by_time"),
            models.Index(fields=["started_at"], name="attempt_age"),
        ]

    def __str__(self) -> str:
        return f"{self.system} {self.operation}: {self.outcome}"
