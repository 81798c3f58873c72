"""The screens on which a merchant says what is called what, and which side is boss."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from import_export import fields, resources
from import_export.admin import ImportExportModelAdmin
from import_export.formats import base_formats
from import_export.widgets import ForeignKeyWidget
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
    StockRule,
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
    formats = [base_formats.CSV, base_formats.XLSX]


class _Sheet(resources.ModelResource):  # type: ignore[misc]  # it has no types
    """A sheet names the channel as staff do, and its rows are checked like a form."""

    channel = fields.Field(
        column_name="channel",
        attribute="channel",
        widget=ForeignKeyWidget(Channel, field="name"),
    )


class StockRuleSheet(_Sheet):
    class Meta:
        model = StockRule
        import_id_fields = ["channel", "scope", "key"]
        fields = [
            *("channel", "scope", "key", "buffer_units", "buffer_percent"),
            *("zero_at_or_below", "sells_incoming"),
        ]
        export_order = fields
        clean_model_instances = True
        skip_unchanged = True


class WarehouseSheet(_Sheet):
    class Meta:
        model = WarehouseMapping
        import_id_fields = ["channel", "warehouse"]
        fields = [
            *("channel", "warehouse", "location", "location_name", "ships_orders", "share"),
        ]
        export_order = fields
        clean_model_instances = True
        skip_unchanged = True


@admin.register(Company)
class CompanyScreen(ModelAdmin):  # type: ignore[misc]  # Unfold has no types
    list_display = ["name"]
    search_fields = ["name"]

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        # Reached from a channel; one merchant rarely needs a list of itself.
        return {}


class ChannelForm(forms.ModelForm[Channel]):
    class Meta:
        model = Channel
        # The screen's own list counts; here are those that need a word of help.
        fields = [
            *("stock_buffer", "auto_correct_units", "night_hour", "alarm_units"),
            *("alarm_minutes", "brake_zero_percent", "brake_zero_least"),
            *("brake_move_percent", "brake_move_least"),
        ]
        help_texts = {
            "stock_buffer": _("Units of every item that are never offered. Rules may say more."),
            "auto_correct_units": _(
                "If the store shows fewer than it should, up to this many units are added "
                "without asking. What is too high is always lowered at once."
            ),
            "brake_zero_percent": _(
                "Of the items with stock. If more would go to 0 within an hour, none of them "
                "is sent and a person is asked."
            ),
            "brake_zero_least": _("So that a small shop is not asked about ordinary trade."),
            "brake_move_percent": _(
                "Of the items with stock. A move counts from half of the number, and from 10 "
                "units."
            ),
            "brake_move_least": _("So that a small shop is not asked about ordinary trade."),
            "night_hour": _("From 0 to 23, in the merchant's time. Choose a quiet hour."),
            "alarm_units": _(
                "If differences put this many units at risk, whoever looks after the stores "
                "is told."
            ),
            "alarm_minutes": _(
                "If the ERP says nothing, or work waits, for longer than this, an alarm goes off."
            ),
        }


@admin.register(Channel)
class ChannelScreen(RulesScreen):
    form = ChannelForm
    list_display = ["name", "company", "mode", "currency", "price_list", "stock_buffer"]
    list_select_related = ["company"]
    list_filter = ["mode"]
    fieldsets = [
        (None, {"fields": ["name", "company", "mode", "currency"]}),
        (_("Prices"), {"fields": ["price_list", "compare_at_price_list"]}),
        (_("Orders"), {"fields": ["orders_from"]}),
        (_("Stock"), {"fields": ["stock_buffer", "auto_correct_units", "night_hour"]}),
        (
            _("Mass changes: stop and ask"),
            {
                "fields": [
                    ("brake_zero_percent", "brake_zero_least"),
                    ("brake_move_percent", "brake_move_least"),
                ]
            },
        ),
        (_("Alarms"), {"fields": [("alarm_units", "alarm_minutes")]}),
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
    resource_classes = [WarehouseSheet]
    list_display = ["warehouse", "location_name", "part", "ships_orders", "channel"]
    list_filter = OF_CHANNEL
    list_select_related = ["channel"]
    ordering = ["channel_id", "warehouse"]

    @admin.display(description=_("Part"), ordering="share")
    def part(self, row: WarehouseMapping) -> str:
        return str(_("all of it")) if row.share is None else f"{row.share} %"


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
