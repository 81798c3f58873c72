"""What was last seen and written, per record. The newest accepted truth of each side."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from erp_connectors.models import ErpConnection
from mapping.models import Channel


class ErpRecord(models.Model):
    """A product or price as the ERP last gave it. Older versions never replace newer."""

    connection = models.ForeignKey(ErpConnection, on_delete=models.CASCADE)
    entity = models.CharField(_("entity"), max_length=20)
    key = models.CharField(_("key"), max_length=200)
    document = models.JSONField(_("document"))
    as_of = models.DateTimeField(_("as of"))

    class Meta:
        verbose_name = _("ERP record")
        verbose_name_plural = _("ERP records")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["connection", "entity", "key"], name="erp_record_once")
        ]

    def __str__(self) -> str:
        return f"{self.entity} {self.key}"


class FieldState(models.Model):
    """One product of a channel: what we last wrote to the store, field by field."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE)
    entity = models.CharField(_("entity"), max_length=20)
    key = models.CharField(_("key"), max_length=200)
    written = models.JSONField(_("last written"), null=True, blank=True)
    written_at = models.DateTimeField(_("written"), null=True, blank=True)
    published = models.BooleanField(_("published"), default=False)
    # It was in the store before us: its texts are its own unless a rule says otherwise.
    adopted = models.BooleanField(_("was in the store before"), default=False)

    class Meta:
        verbose_name = _("field state")
        verbose_name_plural = _("field states")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "entity", "key"], name="field_state_once")
        ]

    def __str__(self) -> str:
        return f"{self.entity} {self.key}"
