from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ShopifyAppConfig(AppConfig):
    name = "shopify_app"
    verbose_name = _("Shopify")
