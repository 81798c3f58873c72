from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mapping.models import Channel


class Divergence(models.Model):
    """A field on which the two sides disagree. It closes itself when they agree again."""

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        DISMISSED = "dismissed", _("left as it is")
        HEALED = "healed", _("equal again")

    class Cause(models.TextChoices):
        HAND_EDIT = "hand_edit", _("changed by hand in the store")
        LOST_NOTICE = "lost_notice", _("a notice was lost")
        LATE_ERP = "late_erp", _("the ERP is late")
        ECHO = "echo", _("a write of ours that was not confirmed")
        UNLINKED = "unlinked", _("not linked")
        MISSING_IN_ERP = "missing_in_erp", _("not in the ERP")
        MISSING_IN_STORE = "missing_in_store", _("not in the store")
        MONEY = "money", _("the totals differ")
        UNCLEAR = "unclear", _("unclear")

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, verbose_name=_("channel"))
    field = models.CharField(_("field"), max_length=80)
    key = models.CharField(_("record"), max_length=200)
    expected = models.CharField(_("should be"), max_length=200)
    found = models.CharField(_("is"), max_length=200)
    cause = models.CharField(
        _("likely cause"), max_length=20, choices=Cause, default=Cause.UNCLEAR
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.OPEN)
    first_seen_at = models.DateTimeField(_("since"), default=timezone.now)
    last_seen_at = models.DateTimeField(_("last seen"), default=timezone.now)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    # What it may cost: units offered that are not there, or not offered that are, and
    # what they sell for.
    units_at_risk = models.PositiveIntegerField(_("units at risk"), default=0)
    money_at_risk = models.DecimalField(
        _("money at risk"), max_digits=14, decimal_places=2, default=0
    )
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("assigned to"),
    )
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("seen by"),
    )
    acknowledged_at = models.DateTimeField(_("seen"), null=True, blank=True)
    snoozed_until = models.DateTimeField(_("put off until"), null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        verbose_name = _("difference")
        verbose_name_plural = _("differences")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["channel", "field", "key"],
                condition=Q(status="open"),
                name="divergence_open_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.key.partition('@')[0]}: {self.expected} ≠ {self.found}"


class StockCorrection(models.Model):
    """A decision to bring the store back to what it should show. One per divergence."""

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("waits for approval")
        APPROVED = "approved", _("approved")
        REJECTED = "rejected", _("rejected")
        APPLIED = "applied", _("applied")

    divergence = models.OneToOneField(
        Divergence, on_delete=models.CASCADE, related_name="correction"
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PROPOSED)
    before = models.IntegerField(_("before"))
    after = models.IntegerField(_("after"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        verbose_name=_("decided by"),
    )
    by_rule = models.BooleanField(_("by rule"), default=False)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    class Meta:
        verbose_name = _("stock correction")
        verbose_name_plural = _("stock corrections")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status="proposed") | Q(by_rule=True) | Q(decided_by__isnull=False),
                name="correction_decision_has_a_name",
            )
        ]

    def __str__(self) -> str:
        return f"{self.divergence.key.partition('@')[0]}: {self.before} → {self.after}"


class AuditEntry(models.Model):
    """What a person did here, in a sentence. Never changed, never deleted by us."""

    channel = models.ForeignKey(Channel, null=True, blank=True, on_delete=models.SET_NULL)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    action = models.CharField(_("action"), max_length=60)
    subject = models.CharField(_("subject"), max_length=200)
    details = models.JSONField(_("details"), default=dict, blank=True)
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        ordering: ClassVar = ["-id"]
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")

    def __str__(self) -> str:
        return f"{self.action}: {self.subject}"
