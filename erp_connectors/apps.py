from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ErpConnectorsConfig(AppConfig):
    name = "erp_connectors"
    verbose_name = _("ERP connections")
