"""Stock: what the ERP counts, what the stores show, and what the brake holds back."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from erp_connectors.models import ErpConnection
from mapping.models import Channel
from sync.models.outbox import OutboxCommand


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


class KitComponent(models.Model):
    """What one unit of a kit takes off the shelf. A kit has no stock of its own."""

    connection = models.ForeignKey(ErpConnection, on_delete=models.CASCADE)
    kit = models.CharField(_("kit"), max_length=120)
    sku = models.CharField(_("component"), max_length=120)
    quantity = models.DecimalField(_("units in one kit"), max_digits=12, decimal_places=3)

    class Meta:
        verbose_name = _("kit component")
        verbose_name_plural = _("kit components")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["connection", "kit", "sku"], name="kit_component_once"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="kit_component_positive"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["connection", "sku"], name="kit_component_used_in")
        ]

    def __str__(self) -> str:
        return f"{self.kit}: {self.quantity} × {self.sku}"


class MassChange(models.Model):
    """Stock that would change on a large scale, held until a person says yes or no.

    `preview` shows some of the rows: SKU, what the store shows, what it would show. It
    closes itself when the ERP takes the figures back.
    """

    class Status(models.TextChoices):
        HELD = "held", _("waits for approval")
        APPROVED = "approved", _("approved")
        REJECTED = "rejected", _("rejected")
        PASSED = "passed", _("no longer needed")

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, verbose_name=_("channel"))
    location = models.CharField(_("location"), max_length=120)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.HELD)
    to_zero = models.PositiveIntegerField(_("items that would go to 0"), default=0)
    large = models.PositiveIntegerField(_("items that would move by half or more"), default=0)
    followed = models.PositiveIntegerField(_("items with stock"), default=0)
    preview = models.JSONField(_("preview"), default=list, blank=True)
    opened_at = models.DateTimeField(_("since"), default=timezone.now)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        verbose_name=_("decided by"),
    )

    class Meta:
        ordering: ClassVar = ["-id"]
        verbose_name = _("mass change")
        verbose_name_plural = _("mass changes")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["channel", "location"],
                condition=Q(status="held"),
                name="one_held_mass_change_per_location",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["approved", "rejected"]) | Q(decided_by__isnull=False),
                name="mass_change_decision_has_a_name",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.to_zero} → 0, {self.large} ↕"


class StockPosition(models.Model):
    """One item at one location of a store: the memory of the stock protocol.

    The meaning of the fields is mapping.decide.stock.Position. `command` is the
    write in flight. `target` and `explanation` are the last number decided and how
    it came about.
    """

    class Stocked(models.TextChoices):
        COUNTED = "", _("counted")
        UNTRACKED = "untracked", _("the store does not count it")
        GIFT_CARD = "gift_card", _("gift card")
        BUNDLE = "bundle", _("bundle: the store computes it")

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, verbose_name=_("channel"))
    sku = models.CharField(_("SKU"), max_length=120)
    family = models.CharField(_("family"), max_length=120, blank=True)
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
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    command = models.ForeignKey(OutboxCommand, null=True, blank=True, on_delete=models.SET_NULL)
    target = models.IntegerField(_("target"), null=True, blank=True)
    explanation = models.JSONField(_("how it came about"), default=dict, blank=True)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    # Why the store takes no figure for it at all; nothing is ever sent then.
    stocked = models.CharField(_("counted"), max_length=12, choices=Stocked, blank=True)
    # Held by the brake, and when the brake was passed for the figure that waits.
    mass_change = models.ForeignKey(
        MassChange, null=True, blank=True, on_delete=models.SET_NULL, related_name="positions"
    )
    allowed = models.BooleanField(default=False)
    # A person left the store as it is, until the ERP gives another figure.
    refused = models.BooleanField(_("left as it is"), default=False)
    # Written by us: to zero from something, or by half or more. The brake counts them.
    zeroed_at = models.DateTimeField(null=True, blank=True)
    moved_at = models.DateTimeField(null=True, blank=True)
    # The oldest change of the ERP that the store does not show yet.
    changed_at = models.DateTimeField(_("changed in the ERP"), null=True, blank=True)
    # When the store last told its level, or took one of ours.
    seen_at = models.DateTimeField(_("compared"), null=True, blank=True)
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
            models.Index(fields=["sku", "channel"], name="stock_position_by_sku"),
            models.Index(
                fields=["channel", "zeroed_at"],
                condition=Q(zeroed_at__isnull=False),
                name="stock_position_zeroed",
            ),
            models.Index(
                fields=["channel", "moved_at"],
                condition=Q(moved_at__isnull=False),
                name="stock_position_moved",
            ),
            models.Index(
                fields=["channel"],
                condition=Q(explanation__short__gt=0),
                name="stock_position_short",
            ),
            models.Index(
                fields=["mass_change"],
                condition=Q(mass_change__isnull=False),
                name="stock_position_held",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sku} @ {self.location}"
