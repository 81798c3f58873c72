"""What was last seen and written, per record. The newest accepted truth of each side."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from erp_connectors.models import ErpConnection
from mapping.models import Channel
from sync.models.outbox import OutboxCommand


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


class ErpStock(models.Model):
    """How much of an item a warehouse has, as the ERP last said.

    `as_of` is the ERP's clock and orders its figures among themselves. `asked_at` is
    ours: what happened to us before it is contained in the figure.
    """

    connection = models.ForeignKey(ErpConnection, on_delete=models.CASCADE)
    sku = models.CharField(_("SKU"), max_length=120)
    warehouse = models.CharField(_("warehouse"), max_length=80)
    on_hand = models.DecimalField(_("on hand"), max_digits=14, decimal_places=3)
    reserved = models.DecimalField(_("reserved"), max_digits=14, decimal_places=3, default=0)
    blocked = models.DecimalField(_("blocked"), max_digits=14, decimal_places=3, default=0)
    incoming = models.DecimalField(_("incoming"), max_digits=14, decimal_places=3, default=0)
    as_of = models.DateTimeField(_("as of"))
    asked_at = models.DateTimeField(_("asked"))

    class Meta:
        verbose_name = _("ERP stock")
        verbose_name_plural = _("ERP stock")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["connection", "sku", "warehouse"], name="erp_stock_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.sku} @ {self.warehouse}"


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


class StockPosition(models.Model):
    """One item at one location of a store: the memory of the stock protocol.

    The meaning of the fields is mapping.decide.stock.Position. `command` is the
    write in flight. `target` and `explanation` are the last number decided and how
    it came about.
    """

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, verbose_name=_("channel"))
    sku = models.CharField(_("SKU"), max_length=120)
    item = models.CharField(_("inventory item"), max_length=120)
    location = models.CharField(_("location"), max_length=120)
    mirror = models.IntegerField(_("shown in the store"), null=True, blank=True)
    sent = models.IntegerField(_("on its way"), null=True, blank=True)
    since = models.IntegerField(default=0)
    needs_read = models.BooleanField(_("must be read first"), default=False)
    never_stocked = models.BooleanField(default=False)
    unknown_web = models.IntegerField(_("sold in orders not seen yet"), default=0)
    level_at = models.DateTimeField(_("level read"), null=True, blank=True)
    # A person is asked first: nothing is written until the correction is decided.
    held = models.BooleanField(_("waits for approval"), default=False)
    dirty = models.BooleanField(_("to be decided"), default=True)
    dirty_at = models.DateTimeField(null=True, blank=True)
    command = models.ForeignKey(OutboxCommand, null=True, blank=True, on_delete=models.SET_NULL)
    target = models.IntegerField(_("target"), null=True, blank=True)
    explanation = models.JSONField(_("how it came about"), default=dict, blank=True)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    set_aside = models.TextField(_("set aside because"), blank=True)

    class Meta:
        verbose_name = _("stock position")
        verbose_name_plural = _("stock positions")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["channel", "item", "location"], name="stock_position_once"
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["channel", "location"],
                condition=Q(dirty=True),
                name="stock_position_dirty",
            ),
            models.Index(fields=["channel", "sku"], name="stock_position_sku"),
        ]

    def __str__(self) -> str:
        return f"{self.sku} @ {self.location}"
