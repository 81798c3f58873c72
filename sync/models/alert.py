"""What should wake somebody, whom it wakes, and whether they were reached."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mapping.encryption import EncryptedJSONField
from mapping.models import Channel, Company


class Alert(models.Model):
    """One thing that is wrong now. It closes itself when it is over.

    `sentence` is a packed mapping.reasons.Reason: said in the reader's language.
    """

    class Kind(models.TextChoices):
        OVERSOLD = "oversold", _("sold what is not there")
        DIVERGENCE = "divergence", _("the store shows another figure")
        MASS_CHANGE = "mass_change", _("a mass change waits")
        ERP_SILENT = "erp_silent", _("no stock from the ERP")
        ORDERS_SILENT = "orders_silent", _("no orders at an hour that has some")
        WAITING = "waiting", _("work waits too long")
        SET_ASIDE = "set_aside", _("something was set aside")
        STORE_DOWN = "store_down", _("the store does not answer")
        ERP_DOWN = "erp_down", _("the ERP does not answer")

    class Severity(models.IntegerChoices):
        CRITICAL = 0, _("critical")
        WARNING = 1, _("warning")

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        CLOSED = "closed", _("over")

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, verbose_name=_("channel"))
    kind = models.CharField(_("alarm"), max_length=20, choices=Kind)
    key = models.CharField(_("about"), max_length=200, blank=True)
    severity = models.PositiveSmallIntegerField(_("severity"), choices=Severity)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.OPEN)
    sentence = models.TextField(_("what happened"))
    first_at = models.DateTimeField(_("since"), default=timezone.now)
    last_at = models.DateTimeField(_("last seen"), default=timezone.now)
    closed_at = models.DateTimeField(_("over since"), null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        verbose_name=_("seen by"),
    )
    acknowledged_at = models.DateTimeField(_("seen"), null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-status", "severity", "-first_at"]
        verbose_name = _("alarm")
        verbose_name_plural = _("alarms")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["channel", "kind", "key"],
                condition=Q(status="open"),
                name="alert_open_once",
            )
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())


class AlertDestination(models.Model):
    """Where alarms go besides the admin. The secret signs what is posted."""

    class Kind(models.TextChoices):
        EMAIL = "email", _("e-mail")
        WEBHOOK = "webhook", _("signed call")
        SLACK = "slack", _("Slack")
        TEAMS = "teams", _("Teams")

    company = models.ForeignKey(Company, on_delete=models.CASCADE, verbose_name=_("company"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    # "target": an e-mail address or the address that is posted to; "signing": the key of
    # a signed call. A Slack or Teams address is a secret in itself, so both are kept as one.
    secrets = EncryptedJSONField(default=dict, blank=True, editable=False)
    # What of it may be shown: the e-mail address, or the host that is called.
    shown = models.CharField(_("where"), max_length=200, blank=True, editable=False)
    name = models.CharField(_("name"), max_length=80)
    least_severity = models.PositiveSmallIntegerField(
        _("from severity"), choices=Alert.Severity, default=Alert.Severity.WARNING
    )
    enabled = models.BooleanField(_("in use"), default=True)
    last_ok_at = models.DateTimeField(_("last reached"), null=True, blank=True)
    last_error = models.TextField(_("last error"), blank=True)

    class Meta:
        verbose_name = _("alarm destination")
        verbose_name_plural = _("alarm destinations")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["company", "name"], name="alert_destination_once")
        ]

    def __str__(self) -> str:
        return self.name


class AlertNotice(models.Model):
    """One alarm told to one destination: opened, or over. Tried until it arrives."""

    class Event(models.TextChoices):
        OPENED = "opened", _("opened")
        CLOSED = "closed", _("over")

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        GAVE_UP = "gave_up", _("gave up")

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="notices")
    destination = models.ForeignKey(AlertDestination, on_delete=models.CASCADE)
    event = models.CharField(_("event"), max_length=10, choices=Event)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.WAITING)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    run_after = models.DateTimeField(_("not before"), default=timezone.now)
    error = models.TextField(_("error"), blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["alert", "destination", "event"], name="alert_notice_once"
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["run_after"], condition=Q(status="waiting"), name="alert_notice_due"
            )
        ]

    def __str__(self) -> str:
        return f"{self.alert} → {self.destination}"
