"""Stock rules: what is kept back, said in sentences, with its effect before it is saved."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminSelectWidget

from mapping import rule_words
from mapping.admin import OF_CHANNEL, SheetScreen, StockRuleSheet
from mapping.models import StockRule, WarehouseMapping
from sync import rule_changes


class StockRuleForm(forms.ModelForm[StockRule]):
    sells_incoming = forms.TypedChoiceField(
        label=_("Sells what is on its way"),
        required=False,
        choices=[("", _("nothing is said")), ("True", _("yes")), ("False", _("no"))],
        coerce=lambda text: text == "True",
        empty_value=None,
        widget=UnfoldAdminSelectWidget(),
    )

    class Meta:
        model = StockRule
        fields = [
            *("channel", "scope", "key", "buffer_units", "buffer_percent"),
            *("zero_at_or_below", "sells_incoming"),
        ]


@admin.register(StockRule)
class StockRuleScreen(SheetScreen):
    """A rule reads as a sentence. While it is edited, five items show what it would do."""

    form = StockRuleForm
    change_form_after_template = "admin/sync/stock_rule.html"
    resource_classes = [StockRuleSheet]
    list_display = ["says", "scope", "key", "channel"]
    list_filter = [*OF_CHANNEL, ("scope", ChoicesDropdownFilter)]
    list_select_related = ["channel"]
    search_fields = ["key__startswith"]
    search_help_text = _("Family or SKU, from its beginning")
    ordering = ["channel_id", "scope", "key"]
    fieldsets = [
        (None, {"fields": ["channel", "scope", "key"]}),
        (
            _("What is kept back"),
            {
                "fields": ["buffer_units", "buffer_percent", "zero_at_or_below", "sells_incoming"],
                "description": _(
                    "Leave empty what this rule says nothing about: the next wider rule "
                    "counts then, from the item to the family to the channel."
                ),
            },
        ),
    ]

    @admin.display(description=_("What it says"))
    def says(self, row: StockRule) -> str:
        return rule_words.sentence(row)

    def get_urls(self) -> list[URLPattern]:
        effect = self.admin_site.admin_view(require_POST(self.effect))
        urls: list[URLPattern] = super().get_urls()
        return [path("effect/", effect, name="mapping_stockrule_effect"), *urls]

    def effect(self, request: HttpRequest) -> HttpResponse:
        """Answer with what the rule in the form would change; nothing is kept."""
        row = self.get_object(request, request.GET.get("rule", ""))
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        form = self.get_form(request, row, change=row is not None)(request.POST, instance=row)
        context: dict[str, Any] = {"asked": form.is_valid()}
        if context["asked"]:
            rule = form.save(commit=False)
            effects = rule_changes.effect(rule)
            context |= {
                "says": rule_words.sentence(rule),
                "count": rule_changes.about(rule).filter(stocked="").count(),
                "effects": [(each, _place(rule, each.location)) for each in effects],
            }
        return render(request, "admin/sync/rule_effect.html", context)


def _place(rule: StockRule, location: str) -> str:
    rows = WarehouseMapping.objects.filter(channel=rule.channel_id, location=location)
    named = rows.exclude(location_name="").values_list("location_name", flat=True).first()
    return named or location.rpartition("/")[2]
