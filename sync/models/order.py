"""Web orders as we know them, and what they take off the shelf."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from mapping.models import Channel


class ShopOrder(models.Model):
    """One order of a store and where it stands on its way to the ERP."""

    class State(models.TextChoices):
        RECEIVED = "received", _("received")
        # A reason stands beside it; the fix sends it on.
        HELD = "held", _("held")
        # The ERP may or may not have it: it is looked up before anything else.
        UNKNOWN = "unknown", _("being checked with the ERP")
        HANDED_OVER = "handed_over", _("waiting for the ERP to fetch it")
        IN_ERP = "in_erp", _("in the ERP")
        CANCELLED = "cancelled", _("cancelled")
        NOT_NEEDED = "not_needed", _("not for the ERP")

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, verbose_name=_("channel"))
    shopify_id = models.CharField(_("Shopify id"), max_length=120)
    reference = models.CharField(_("reference"), max_length=160)
    name = models.CharField(_("order"), max_length=60)
    state = models.CharField(_("state"), max_length=20, choices=State, default=State.RECEIVED)
    reason_code = models.CharField(_("kind of reason"), max_length=60, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    document = models.JSONField(_("document"))
    shop_updated_at = models.DateTimeField(_("changed in the store"))
    placed_at = models.DateTimeField(_("placed"))
    total = models.DecimalField(_("total"), max_digits=14, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3)
    erp_number = models.CharField(_("ERP number"), max_length=80, blank=True)
    erp_total = models.DecimalField(
        _("total in the ERP"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    proof = models.JSONField(_("money proof"), default=dict, blank=True)
    received_at = models.DateTimeField(_("received"), auto_now_add=True)
    in_erp_at = models.DateTimeField(_("in the ERP since"), null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-placed_at"]
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "shopify_id"], name="shop_order_once"),
            models.UniqueConstraint(
                fields=["channel", "erp_number"],
                condition=~Q(erp_number=""),
                name="one_erp_order_per_shop_order",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["channel", "state"], name="shop_order_state"),
            models.Index(fields=["channel", "placed_at"], name="shop_order_placed"),
        ]

    def __str__(self) -> str:
        return self.name


class WebDemand(models.Model):
    """Units one open order takes from one item, until they are sent or given back.

    `location` is empty while nobody knows which one ships them; they then count
    against every location, which can undersell but never oversell.
    """

    order = models.ForeignKey(ShopOrder, on_delete=models.CASCADE, related_name="demand")
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE)
    item = models.CharField(_("inventory item"), max_length=120)
    sku = models.CharField(_("SKU"), max_length=120)
    location = models.CharField(_("location"), max_length=120, blank=True)
    # Taken off what the store may sell, and not yet given back.
    quantity = models.PositiveIntegerField(_("units"))
    # Of these, what the store still has to send: its "committed".
    unfulfilled = models.PositiveIntegerField(_("to be sent"))
    # What the ERP took of it, and when: figures it gave us later contain those units. An
    # order that grew afterwards holds more than the ERP knows of.
    erp_quantity = models.PositiveIntegerField(_("units in the ERP"), default=0)
    in_erp_at = models.DateTimeField(_("in the ERP since"), null=True, blank=True)
    # The location whose warehouse the ERP took it from, which may be another one.
    booked = models.CharField(_("booked at"), max_length=120, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order", "item", "location"], name="web_demand_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["channel", "item"], name="web_demand_item"),
            models.Index(fields=["sku", "channel"], name="web_demand_by_sku"),
        ]

    def __str__(self) -> str:
        return f"{self.order}: {self.quantity} × {self.sku}"
