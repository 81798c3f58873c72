from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from erp_connectors.models import ErpConnection
from mapping.models import Channel


class SyncJob(models.Model):
    """One run somebody or a schedule asked for, and how far it has come.

    Its counts are read from the rows it caused, never kept beside them.
    """

    class Kind(models.TextChoices):
        CATALOGUE = "catalogue", _("catalogue")
        PRICES = "prices", _("prices")
        STOCK = "stock", _("stock")
        ORDERS = "orders", _("orders")
        FULFILMENTS = "fulfilments", _("shipments")
        RECONCILE = "reconcile", _("comparison")
        NIGHTLY = "nightly", _("full comparison")

    class Status(models.TextChoices):
        RUNNING = "running", _("in progress")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, verbose_name=_("channel"))
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.RUNNING)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        verbose_name=_("asked for by"),
    )
    counts = models.JSONField(_("counts"), default=dict, blank=True)
    error = models.TextField(_("error"), blank=True)
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        verbose_name = _("run")
        verbose_name_plural = _("runs")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.pk}"


class Recurring(models.Model):
    """Work that comes round by itself: polls of the ERP, comparisons, housekeeping.

    The row is claimed like any other, so that a poll runs once however many workers
    there are; `cursor` is where the last one ended and moves in the transaction that
    stores what it found.
    """

    class Kind(models.TextChoices):
        POLL_PRODUCTS = "poll_products", _("products from the ERP")
        POLL_PRICES = "poll_prices", _("prices from the ERP")
        POLL_STOCK = "poll_stock", _("stock from the ERP")
        POLL_SHIPMENTS = "poll_shipments", _("shipments from the ERP")
        RECONCILE_ORDERS = "reconcile_orders", _("compare orders")
        RECONCILE_STOCK = "reconcile_stock", _("compare stock")
        RECONCILE_CATALOGUE = "reconcile_catalogue", _("compare products and prices")
        RECONCILE_FULFILMENTS = "reconcile_shipments", _("compare shipments")
        NIGHTLY = "nightly", _("compare everything at night")
        WATCH = "watch", _("look for what should alarm")
        NOTIFY = "notify", _("tell of alarms")
        CHECK_STORE = "check_store", _("check the store's notices")
        TIDY = "tidy", _("forget what is old")

    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    connection = models.ForeignKey(ErpConnection, null=True, blank=True, on_delete=models.CASCADE)
    channel = models.ForeignKey(Channel, null=True, blank=True, on_delete=models.CASCADE)
    seconds = models.PositiveIntegerField(_("every (seconds)"))
    next_due = models.DateTimeField(_("next"), default=timezone.now)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    claims = models.PositiveIntegerField(default=0, editable=False)
    cursor = models.TextField(_("cursor"), blank=True)
    last_ok_at = models.DateTimeField(_("last success"), null=True, blank=True)
    last_error = models.TextField(_("last error"), blank=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)

    class Meta:
        verbose_name = _("scheduled job")
        verbose_name_plural = _("scheduled jobs")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "connection", "channel"],
                nulls_distinct=False,
                name="recurring_once",
            )
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())
