"""Differences between the two sides, and the answers that people give."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _
from unfold.admin import StackedInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from mapping.models import WarehouseMapping
from sync import corrections, words
from sync.admin import base, difference_story
from sync.admin.difference_filters import PlaceFilter, StandingFilter
from sync.admin.difference_forms import Decide, Leave
from sync.admin.difference_work import DifferenceWork, Rows
from sync.admin.names import part_of_key
from sync.admin.orders import money
from sync.models import Divergence, StockCorrection

COLOURS = {
    Divergence.Status.OPEN: base.WAITS,
    "put_off": base.MOVES,
    Divergence.Status.DISMISSED: "",
    Divergence.Status.HEALED: base.GOOD,
}
CORRECTED = _("The store is set to what it should show. Both sides are read once more first.")


class CorrectionInline(StackedInline):  # type: ignore[misc]  # Unfold has no types
    model = StockCorrection
    fields = ["status", "before", "after", "decided_by", "decided_at", "by_rule"]
    readonly_fields = fields
    extra = 0
    can_delete = False
    verbose_name_plural = _("Proposed correction")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Divergence)
class DivergenceScreen(DifferenceWork):
    """Where the sides disagree, the dearest first, and the answers a person can give."""

    change_form_outer_before_template = "admin/sync/difference.html"
    list_display = [
        *("record", "is_and_should", "at_risk", "why", "age"),
        *("assigned_to", "where"),
    ]
    list_filter = [
        StandingFilter,
        ("cause", ChoicesDropdownFilter),
        ("channel", RelatedDropdownFilter),
        PlaceFilter,
    ]
    list_select_related = ["channel", "correction", "assigned_to"]
    search_fields = ["key__startswith"]
    search_help_text = _("Record, from its beginning")
    ordering = ["-money_at_risk", "-units_at_risk", "first_seen_at"]
    actions = ["see", "take", "assign", "put_off", "approve", "reject", "leave"]
    actions_row = [
        *("approve_one", "reject_one", "leave_one"),
        *("see_one", "take_one", "assign_one", "put_off_one"),
    ]
    actions_detail = [
        *("approve_one", "reject_one", "leave_one"),
        {"title": _("Organise"), "items": ["see_one", "take_one", "assign_one", "put_off_one"]},
    ]
    inlines = [CorrectionInline]
    fields = [
        *("what", "record", "channel", "found", "expected", "status", "cause"),
        *("units_at_risk", "money_at_risk", "assigned_to", "snoozed_until"),
        *("first_seen_at", "last_seen_at", "closed_at"),
    ]
    readonly_fields = ["what", "record"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Divergence]:
        named = WarehouseMapping.objects.filter(
            channel=OuterRef("channel"), location=part_of_key(2)
        ).exclude(location_name="")
        rows: QuerySet[Divergence] = super().get_queryset(request)
        return rows.annotate(place_name=Subquery(named.values("location_name")[:1]))

    def is_over(self, row: Divergence) -> bool:
        return row.status != Divergence.Status.OPEN

    def get_inlines(self, request: HttpRequest, obj: Divergence | None) -> list[Any]:
        return self.inlines if hasattr(obj, "correction") else []

    def story(self, request: HttpRequest, row: Divergence) -> dict[str, Any]:
        return difference_story.story(row)

    @base.display(description=_("What"), ordering="field")
    def what(self, row: Divergence) -> Any:
        return words.FIELDS.get(row.field, row.field)

    @base.display(description=_("Record"), ordering="key")
    def record(self, row: Any) -> Any:
        sku, _at, location = row.key.partition("@")
        place = getattr(row, "place_name", "") or location.rpartition("/")[2]
        return format_html(
            '<div class="puente-whole">{}<small class="puente-under">{} · {}</small></div>',
            sku,
            row.channel,
            place or self.what(row),
        )

    @base.display(description=_("Is → should be"))
    def is_and_should(self, row: Divergence) -> str:
        return f"{row.found} → {row.expected}"

    @base.display(description=_("At risk"), ordering="money_at_risk")
    def at_risk(self, row: Divergence) -> Any:
        if not row.units_at_risk:
            return "—"
        units = _("%(number)s units") % {"number": row.units_at_risk}
        worth = money(row.money_at_risk, row.channel.currency) if row.money_at_risk else ""
        return format_html(
            '<div>{}<small class="puente-under">{}</small></div>', worth or units, worth and units
        )

    @base.display(description=_("Likely cause"), ordering="cause")
    def why(self, row: Divergence) -> Any:
        return format_html(
            '<div>{}<small class="puente-under puente-wide">{}</small></div>',
            row.get_cause_display(),
            words.meaning(row.cause),
        )

    @base.display(description=_("Status"), ordering="status", label=COLOURS)
    def where(self, row: Divergence) -> Any:
        correction = getattr(row, "correction", None)
        if row.status != Divergence.Status.OPEN:
            return row.status, row.get_status_display()
        if row.snoozed_until and row.snoozed_until > timezone.now():
            return "put_off", _("put off")
        if correction is not None:
            return row.status, correction.get_status_display()
        return row.status, row.get_status_display()

    @base.display(description=_("Age"), ordering="-first_seen_at")
    def age(self, row: Divergence) -> str:
        return str(timesince(row.first_seen_at, row.closed_at, depth=1))

    @base.action(description=_("Approve: correct the store"), permissions=["decide"])
    def approve(self, request: HttpRequest, rows: Rows) -> TemplateResponse | None:
        return self._decide_many(request, rows, "approve", _("Approve: correct the store"))

    @base.action(description=_("Reject the correction"), permissions=["decide"])
    def reject(self, request: HttpRequest, rows: Rows) -> TemplateResponse | None:
        return self._decide_many(request, rows, "reject", _("Reject the correction"))

    @base.action(description=_("Leave as it is"), permissions=["decide"])
    def leave(self, request: HttpRequest, rows: Rows) -> TemplateResponse | None:
        return self._decide_many(request, rows, "leave", _("Leave as it is"))

    def _decide_many(
        self, request: HttpRequest, rows: Rows, name: str, title: Any
    ) -> TemplateResponse | None:
        by = base.person(request)
        return self.ask_many(
            request,
            rows,
            action=name,
            title=title,
            text=CORRECTED if name == "approve" else _("Nothing is written to the store."),
            answer=lambda row, _form: ANSWERS[name](row, by),
        )

    def _decide_one(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        by = base.person(request)
        return self.answer_one(request, object_id, lambda row: ANSWERS[name](row, by))

    @base.action(
        description=_("Approve: correct the store"),
        permissions=["decide"],
        url_path="approve",
        icon="check",
        dialog=base.question(_("Correct the store?"), CORRECTED, _("Yes, correct it"), Decide),
    )
    def approve_one(self, request: HttpRequest, _form: Any, object_id: str) -> HttpResponse:
        return self._decide_one(request, object_id, "approve")

    @base.action(
        description=_("Reject the correction"),
        permissions=["decide"],
        url_path="reject",
        icon="close",
        dialog=base.question(
            _("Reject the correction?"),
            _("The store keeps its number until somebody has it looked at again."),
            _("Yes, reject it"),
            Leave,
        ),
    )
    def reject_one(self, request: HttpRequest, _form: Any, object_id: str) -> HttpResponse:
        return self._decide_one(request, object_id, "reject")

    @base.action(
        description=_("Leave as it is"),
        permissions=["decide"],
        url_path="leave",
        icon="do_not_disturb_on",
        dialog=base.question(
            _("Leave it as it is?"),
            _("The difference is closed and nothing is written."),
            _("Yes, leave it"),
            Leave,
        ),
    )
    def leave_one(self, request: HttpRequest, _form: Any, object_id: str) -> HttpResponse:
        return self._decide_one(request, object_id, "leave")


def _approve(row: Divergence, person: Any) -> bool | None:
    """Return None where there is no correction to approve: a person settles it elsewhere."""
    correction = getattr(row, "correction", None)
    return None if correction is None else corrections.approve(correction, by=person)


def _reject(row: Divergence, person: Any) -> bool | None:
    correction = getattr(row, "correction", None)
    return None if correction is None else corrections.reject(correction, by=person)


def _leave(row: Divergence, person: Any) -> bool | None:
    return corrections.dismiss(row, by=person)


ANSWERS: dict[str, Callable[[Divergence, Any], bool | None]] = {
    "approve": _approve,
    "reject": _reject,
    "leave": _leave,
}
