"""Differences between the two sides, and the answers that people give."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from unfold.admin import StackedInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from mapping import ownership
from mapping.models import WarehouseMapping
from sync import corrections
from sync.admin import base
from sync.admin.names import part_of_key
from sync.models import Divergence, StockCorrection

COLOURS = {
    Divergence.Status.OPEN: base.WAITS,
    Divergence.Status.DISMISSED: "",
    Divergence.Status.HEALED: base.GOOD,
}


class Decide(base.Question):
    model = Divergence

    def lines(self, row: Divergence) -> list[tuple[Any, Any]]:
        before, after = before_and_after(row)
        return [
            (_("Record"), row.key.partition("@")[0]),
            (_("In the store now"), before),
            (_("Afterwards"), after),
            (_("Likely cause"), row.get_cause_display()),
        ]


class Leave(Decide):
    def lines(self, row: Divergence) -> list[tuple[Any, Any]]:
        return [
            (_("Record"), row.key.partition("@")[0]),
            (_("Is, and stays"), row.found),
            (_("Should be"), row.expected),
            (_("Likely cause"), row.get_cause_display()),
        ]


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
class DivergenceScreen(base.MachineScreen[Divergence]):
    """Where the sides disagree, and the three answers a person can give."""

    list_display = ["what", "record", "channel", "found", "expected", "where", "cause", "seen"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("cause", ChoicesDropdownFilter),
        ("channel", RelatedDropdownFilter),
    ]
    list_select_related = ["channel", "correction"]
    search_fields = ["key__startswith"]
    search_help_text = _("Record, from its beginning")
    date_hierarchy = "first_seen_at"
    actions = ["approve", "reject", "leave"]
    actions_row = ["approve_one", "reject_one", "leave_one"]
    actions_detail = ["approve_one", "reject_one", "leave_one"]
    inlines = [CorrectionInline]
    fields = [
        *("what", "record", "channel", "found", "expected", "status", "cause"),
        *("first_seen_at", "last_seen_at", "closed_at"),
    ]
    readonly_fields = ["what", "record"]

    @base.display(description=_("What"), ordering="field")
    def what(self, row: Divergence) -> Any:
        return FIELDS.get(row.field, row.field)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Divergence]:
        named = WarehouseMapping.objects.filter(
            channel=OuterRef("channel"), location=part_of_key(2)
        ).exclude(location_name="")
        rows: QuerySet[Divergence] = super().get_queryset(request)
        return rows.annotate(place_name=Subquery(named.values("location_name")[:1]))

    @base.display(description=_("Record"), ordering="key")
    def record(self, row: Any) -> str:
        sku, _at, location = row.key.partition("@")
        place = getattr(row, "place_name", "") or location.rpartition("/")[2]
        return f"{sku} · {place}" if place else sku

    @base.display(description=_("Status"), ordering="status", label=COLOURS)
    def where(self, row: Divergence) -> Any:
        correction = getattr(row, "correction", None)
        if row.status == Divergence.Status.OPEN and correction is not None:
            return row.status, correction.get_status_display()
        return row.status, row.get_status_display()

    @base.display(description=_("Since"), ordering="first_seen_at")
    def seen(self, row: Divergence) -> Any:
        return row.first_seen_at

    @base.action(description=_("Approve: correct the store"), permissions=["decide"])
    def approve(self, request: HttpRequest, rows: QuerySet[Divergence]) -> TemplateResponse | None:
        return self._ask_many(request, rows, "approve", _("Approve: correct the store"))

    @base.action(description=_("Reject the correction"), permissions=["decide"])
    def reject(self, request: HttpRequest, rows: QuerySet[Divergence]) -> TemplateResponse | None:
        return self._ask_many(request, rows, "reject", _("Reject the correction"))

    @base.action(description=_("Leave as it is"), permissions=["decide"])
    def leave(self, request: HttpRequest, rows: QuerySet[Divergence]) -> TemplateResponse | None:
        return self._ask_many(request, rows, "leave", _("Leave as it is"))

    def _ask_many(
        self, request: HttpRequest, rows: QuerySet[Divergence], name: str, title: Any
    ) -> TemplateResponse | None:
        chosen = list(rows.select_related("channel", "correction"))
        if request.POST.get("confirmed"):
            self._answer(request, chosen, name)
            return None
        lines = [(row, self.record(row), *before_and_after(row)) for row in chosen]
        context = self.admin_site.each_context(request) | {
            "title": title,
            "opts": self.opts,
            "lines": lines,
            "changes_store": name == "approve",
            "action": name,
        }
        return TemplateResponse(request, "admin/sync/decide_many.html", context)

    def _answer(self, request: HttpRequest, rows: Iterable[Divergence], name: str) -> None:
        answers = [ANSWERS[name](row, base.person(request)) for row in rows]
        self.tell(request, answers.count(True), answers.count(False), answers.count(None))

    def _answer_one(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        row = self.get_queryset(request).filter(pk=object_id).select_related("correction").first()
        self._answer(request, [row] if row else [], name)
        return self.back_to_list()

    @base.action(
        description=_("Approve: correct the store"),
        permissions=["decide"],
        url_path="approve",
        icon="check",
        dialog=base.question(
            _("Correct the store?"),
            _("The store is set to what it should show. Both sides are read once more first."),
            _("Yes, correct it"),
            Decide,
        ),
    )
    def approve_one(self, request: HttpRequest, _form: Any, object_id: str) -> HttpResponse:
        return self._answer_one(request, object_id, "approve")

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
        return self._answer_one(request, object_id, "reject")

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
        return self._answer_one(request, object_id, "leave")


FIELDS: dict[str, Any] = {
    ownership.STOCK: _("Stock"),
    "order.total": _("Order total"),
}


def before_and_after(row: Divergence) -> tuple[str, str]:
    """Return what the store shows and what it would show, as far as anybody knows."""
    correction = getattr(row, "correction", None)
    if correction is None:
        return row.found, row.expected
    return str(correction.before), str(correction.after)


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
