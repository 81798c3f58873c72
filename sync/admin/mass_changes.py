"""Mass changes: what the brake holds, and the two answers a person can give."""

from typing import Any

from django.contrib import admin
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.aggregates import Count
from django.http import HttpRequest, HttpResponse
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from mapping.models import WarehouseMapping
from sync import brakes
from sync.admin import base
from sync.models import MassChange, StockPosition

Status = MassChange.Status
COLOURS = {
    Status.HELD: base.WAITS,
    Status.APPROVED: base.GOOD,
    Status.REJECTED: base.BAD,
    Status.PASSED: "",
}
APPROVE = _("Everything that is held goes to the store now, as the ERP says at that moment.")
REJECT = _("The store stays as it is until the ERP gives other figures for these items.")
_MOST_SHOWN = 200


class Ask(base.Question):
    model = MassChange

    def lines(self, row: MassChange) -> list[tuple[Any, Any]]:
        return [
            (_("What"), headline(row)),
            (_("Items that would move by half or more"), row.large),
            (_("Items with stock there"), row.followed),
        ]


@admin.register(MassChange)
class MassChangeScreen(base.StoryScreen[MassChange]):
    """What is held, with every row that would change; it refreshes as the ERP speaks."""

    change_form_outer_before_template = "admin/sync/mass_change.html"
    list_display = ["what", "place", "channel", "large", "age", "where"]
    list_filter = [("status", ChoicesDropdownFilter), ("channel", RelatedDropdownFilter)]
    list_select_related = ["channel"]
    # What waits for somebody comes first.
    ordering = [F("decided_at").desc(nulls_first=True), "-pk"]
    actions_row = ["approve_one", "reject_one"]
    actions_detail = actions_row
    fields = ["channel", "place", "status", "opened_at", "decided_at", "decided_by"]
    readonly_fields = ["place"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[MassChange]:
        named = WarehouseMapping.objects.filter(
            channel=OuterRef("channel"), location=OuterRef("location")
        ).exclude(location_name="")
        rows: QuerySet[MassChange] = super().get_queryset(request)
        return rows.annotate(place_name=Subquery(named.values("location_name")[:1]))

    def is_over(self, row: MassChange) -> bool:
        return row.status != Status.HELD

    def story(self, request: HttpRequest, row: MassChange) -> dict[str, Any]:
        held = row.status == Status.HELD
        counts = _counts(row) if held else {}
        return {
            "mass_change": row,
            "headline": headline(row),
            "bars": _bars(counts),
            "rows": _live(row) if held else row.preview,
            "held": held,
            "held_count": counts.get("held", 0),
            "approve_means": APPROVE,
            "reject_means": REJECT,
            "may_decide": self.has_decide_permission(request),
        }

    @base.display(description=_("What"))
    def what(self, row: MassChange) -> str:
        return headline(row)

    @base.display(description=_("Location"))
    def place(self, row: Any) -> str:
        return str(row.place_name or row.location.rpartition("/")[2])

    @base.display(description=_("Age"), ordering="-opened_at")
    def age(self, row: MassChange) -> str:
        return str(timesince(row.opened_at, row.decided_at, depth=1))

    @base.display(description=_("Status"), ordering="status", label=COLOURS)
    def where(self, row: MassChange) -> Any:
        return row.status, row.get_status_display()

    @base.action(
        description=_("Approve: let it go"),
        permissions=["decide"],
        url_path="approve",
        icon="check",
        dialog=base.question(_("Let the mass change go?"), APPROVE, _("Yes, let it go"), Ask),
    )
    def approve_one(self, request: HttpRequest, _form: Any, object_id: str) -> HttpResponse:
        return self._answer(request, object_id, brakes.approve)

    @base.action(
        description=_("Reject: leave the store as it is"),
        permissions=["decide"],
        url_path="reject",
        icon="close",
        dialog=base.question(_("Reject the mass change?"), REJECT, _("Yes, reject it"), Ask),
    )
    def reject_one(self, request: HttpRequest, _form: Any, object_id: str) -> HttpResponse:
        return self._answer(request, object_id, brakes.reject)

    def _answer(self, request: HttpRequest, object_id: str, answer: Any) -> HttpResponse:
        row = self.get_queryset(request).filter(pk=object_id).select_related("channel").first()
        done = bool(row) and answer(row, by=base.person(request))
        self.tell(request, int(done), int(bool(row) and not done))
        return self.back_to_list()


def headline(row: MassChange) -> str:
    """Return what is held in one line: "142 items would go to 0: sending stopped"."""
    if row.to_zero:
        would = ngettext(
            "%(number)s item would go to 0", "%(number)s items would go to 0", row.to_zero
        ) % {"number": row.to_zero}
    else:
        would = ngettext(
            "%(number)s item would move by half or more",
            "%(number)s items would move by half or more",
            row.large,
        ) % {"number": row.large}
    if row.status == Status.HELD:
        return str(_("%(would)s: sending stopped") % {"would": would})
    return would


def _waiting(row: MassChange) -> QuerySet[StockPosition]:
    return StockPosition.objects.filter(mass_change=row)


def _counts(row: MassChange) -> dict[str, int]:
    counts: dict[str, int] = _waiting(row).aggregate(
        held=Count("pk"),
        to_zero=Count("pk", filter=Q(target=0, mirror__gt=0)),
        down=Count("pk", filter=Q(target__gt=0, target__lt=F("mirror"))),
        up=Count("pk", filter=Q(target__gt=F("mirror"))),
    )
    return counts


def _bars(counts: dict[str, int]) -> list[dict[str, Any]]:
    """Return the bars of the drawing; widths as text, the same in every language."""
    if not counts:
        return []
    most = max(counts.values()) or 1
    named = (("to_zero", _("To 0")), ("down", _("Down")), ("up", _("Up")))
    return [
        {
            "name": name,
            "kind": kind,
            "count": counts[kind],
            "width": f"{1000 * counts[kind] // most}",
        }
        for kind, name in named
    ]


def _live(row: MassChange) -> list[dict[str, Any]]:
    """Return what is held now, the deepest falls first."""
    worst = _waiting(row).order_by(F("target") - F("mirror"), "sku")
    return [
        {"sku": sku, "shown": shown, "would": would}
        for sku, shown, would in worst.values_list("sku", "mirror", "target")[:_MOST_SHOWN]
    ]
