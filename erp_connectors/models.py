"""Where a company's ERP is, and who may call us on its behalf."""

import hashlib
import hmac
import secrets
from datetime import timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mapping.encryption import EncryptedJSONField
from mapping.models import Company


class ErpConnection(models.Model):
    """One back-office system of a company and which connector speaks to it."""

    company = models.OneToOneField(Company, on_delete=models.CASCADE, verbose_name=_("company"))
    kind = models.CharField(_("kind"), max_length=40)
    settings = models.JSONField(_("settings"), default=dict, blank=True)
    secrets = EncryptedJSONField(default=dict, blank=True, editable=False)
    enabled = models.BooleanField(_("enabled"), default=True)
    poll_seconds = models.PositiveIntegerField(_("seconds between polls"), default=2)
    last_ok_at = models.DateTimeField(_("last answer"), null=True, blank=True)
    last_error = models.TextField(_("last error"), blank=True)

    class Meta:
        verbose_name = _("ERP connection")
        verbose_name_plural = _("ERP connections")

    def __str__(self) -> str:
        return f"{self.company} ({self.kind})"


class ApiKey(models.Model):
    """A key with which an ERP or its partner calls our REST API.

    Only the hash is stored: whoever lost the key makes a new one.
    """

    connection = models.ForeignKey(
        ErpConnection, on_delete=models.CASCADE, verbose_name=_("connection")
    )
    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(_("prefix"), max_length=12, unique=True)
    digest = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @classmethod
    def issue(cls, connection: ErpConnection, name: str) -> tuple["ApiKey", str]:
        """Create a key and return it with its text, which is shown this once."""
        prefix = secrets.token_hex(4)
        text = f"pte_{prefix}_{secrets.token_urlsafe(32)}"
        return cls.objects.create(
            connection=connection, name=name, prefix=prefix, digest=_digest(text)
        ), text

    @classmethod
    def authenticate(cls, text: str) -> "ApiKey | None":
        """Return the live key this text belongs to, or None; compares in constant time."""
        parts = text.split("_", 2)
        if len(text) > 200 or len(parts) != 3 or parts[0] != "pte":
            return None
        key = cls.objects.select_related("connection__company").filter(prefix=parts[1]).first()
        if key is None or not hmac.compare_digest(key.digest.encode(), _digest(text).encode()):
            return None
        if key.expires_at and key.expires_at < timezone.now():
            return None
        key._touch()
        return key

    def _touch(self) -> None:
        # One write a minute is enough to see that a key is alive.
        now = timezone.now()
        if self.last_used_at is None or self.last_used_at < now - timedelta(minutes=1):
            type(self).objects.filter(pk=self.pk).update(last_used_at=now)


def _digest(text: str) -> str:
    # The key has 256 random bits, so a slow password hash would protect nothing.
    return hashlib.sha256(text.encode()).hexdigest()
