"""The screens on which a merchant says what is called what, and which side is boss."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from import_export.admin import ImportExportModelAdmin
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.contrib.import_export.forms import ExportForm, ImportForm

from mapping.models import (
    AttributeMapping,
    Channel,
    Company,
    FieldRule,
    RecordLink,
    WarehouseMapping,
)

OF_CHANNEL = [("channel", RelatedDropdownFilter)]


class RulesScreen(SimpleHistoryAdmin, ModelAdmin):  # type: ignore[misc]  # both have no types
    """Rules are edited here, and every earlier version stays readable."""

    list_per_page = 50
    compressed_fields = True
    warn_unsaved_form = True


class SheetScreen(ImportExportModelAdmin, RulesScreen):  # type: ignore[misc]  # no types
    """Rules that a merchant keeps in a spreadsheet go in and out as one."""

    import_form_class = ImportForm
    export_form_class = ExportForm


@admin.register(Company)
class CompanyScreen(ModelAdmin):  # type: ignore[misc]  # Unfold has no types
    list_display = ["name"]
    search_fields = ["name"]

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        # Reached from a channel; one merchant rarely needs a list of itself.
        return {}


@admin.register(Channel)
class ChannelScreen(RulesScreen):
    list_display = ["name", "company", "mode", "currency", "price_list", "stock_buffer"]
    list_select_related = ["company"]
    list_filter = ["mode"]
    fieldsets = [
        (None, {"fields": ["name", "company", "mode", "currency"]}),
        (_("Prices"), {"fields": ["price_list", "compare_at_price_list"]}),
        (_("Orders"), {"fields": ["orders_from"]}),
        (_("Stock"), {"fields": ["stock_buffer", "auto_correct_units"]}),
    ]


@admin.register(FieldRule)
class FieldRuleScreen(SheetScreen):
    list_display = ["field", "owner", "channel"]
    list_filter = [*OF_CHANNEL, "owner"]
    list_select_related = ["channel"]
    ordering = ["channel_id", "field"]


@admin.register(AttributeMapping)
class AttributeMappingScreen(SheetScreen):
    list_display = ["attribute", "target", "on", "namespace", "key", "type", "channel"]
    list_filter = [*OF_CHANNEL, "target", "on"]
    list_select_related = ["channel"]
    search_fields = ["attribute", "key"]
    ordering = ["channel_id", "attribute"]


@admin.register(WarehouseMapping)
class WarehouseMappingScreen(SheetScreen):
    list_display = ["warehouse", "location_name", "ships_orders", "channel"]
    list_filter = OF_CHANNEL
    list_select_related = ["channel"]
    ordering = ["channel_id", "warehouse"]


@admin.register(RecordLink)
class RecordLinkScreen(ModelAdmin):  # type: ignore[misc]  # Unfold has no types
    """Links are made by machine; a wrong one can be cut and is then found anew."""

    list_display = ["kind", "erp_key", "shopify_id", "channel", "created_at"]
    list_filter = [*OF_CHANNEL, "kind"]
    list_select_related = ["channel"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["erp_key__startswith", "shopify_id__exact"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        # One at a time, with its own question: cutting hundreds is never meant.
        return {}
