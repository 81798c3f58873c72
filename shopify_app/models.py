"""The Shopify store behind a channel, our keys to it, and how fast we may call it."""

from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mapping.encryption import EncryptedJSONField
from mapping.models import Channel


class Shop(models.Model):
    """The store of a channel.

    `credentials` holds access_token and, by grant, refresh_token, client_id and
    client_secret. Expiries are kept in clear so that a schedule can look for them.
    """

    class Grant(models.TextChoices):
        STATIC = "static", _("permanent token")
        CLIENT_CREDENTIALS = "client_credentials", _("own app (client credentials)")
        TOKEN_EXCHANGE = "token_exchange", _("installed app (token exchange)")

    channel = models.OneToOneField(Channel, on_delete=models.CASCADE, verbose_name=_("channel"))
    domain = models.CharField(_("myshopify.com domain"), max_length=120, unique=True)
    grant = models.CharField(max_length=20, choices=Grant, default=Grant.TOKEN_EXCHANGE)
    credentials = EncryptedJSONField(default=dict, blank=True, editable=False)
    scopes = models.TextField(_("scopes"), blank=True)
    token_expires_at = models.DateTimeField(_("token expires"), null=True, blank=True)
    refresh_expires_at = models.DateTimeField(_("renewal expires"), null=True, blank=True)
    name = models.CharField(_("store name"), max_length=200, blank=True)
    publication = models.CharField(_("sales channel id"), max_length=120, blank=True)
    taxes_included = models.BooleanField(_("prices include tax"), default=True)
    uninstalled_at = models.DateTimeField(_("uninstalled"), null=True, blank=True)
    last_ok_at = models.DateTimeField(_("last answer"), null=True, blank=True)
    last_webhook_at = models.DateTimeField(_("last notice"), null=True, blank=True)
    last_error = models.TextField(_("last error"), blank=True)

    class Meta:
        verbose_name = _("Shopify store")
        verbose_name_plural = _("Shopify stores")

    def __str__(self) -> str:
        return self.domain

    def token_is_fresh(self, *, now: datetime | None = None) -> bool:
        """Return whether the token will still be good for the next minute."""
        if not self.credentials.get("access_token"):
            return False
        if self.token_expires_at is None:
            return True
        return self.token_expires_at > (now or timezone.now()) + timedelta(minutes=1)


class RateBudget(models.Model):
    """The points a store has left, shared by every worker of every machine.

    One row a store; spent and refilled by single UPDATE statements, so that two
    workers never spend the same points.
    """

    shop = models.OneToOneField(Shop, on_delete=models.CASCADE, primary_key=True)
    available = models.FloatField(default=1000)
    maximum = models.FloatField(default=2000)
    restore_rate = models.FloatField(default=100)
    updated_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.shop}: {self.available:.0f}/{self.maximum:.0f}"
