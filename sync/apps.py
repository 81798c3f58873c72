from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SyncConfig(AppConfig):
    name = "sync"
    verbose_name = _("Synchronisation")

    def ready(self) -> None:
        # It needs models, which are not there yet when this file is read.
        import_module("sync.rule_changes").connect()
