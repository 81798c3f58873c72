"""Stock: each number with its reasons, as far as it is known."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from mapping.models import WarehouseMapping
from sync import corrections, explain
from sync.admin import base, waterfall
from sync.models import StockPosition

POSITION_COLOURS = {
    "aside": base.BAD,
    "held": base.WAITS,
    "mass": base.WAITS,
    "uncounted": "",
    "moving": base.MOVES,
    "right": base.GOOD,
    "differs": base.WAITS,
    "unread": "",
}
POSITION_STATES: dict[str, Any] = {
    "aside": _("set aside"),
    "held": _("waits for approval"),
    "mass": _("held: mass change"),
    "uncounted": _("not counted"),
    "moving": _("on its way"),
    "right": _("in step"),
    "differs": _("differs"),
    "unread": _("not read yet"),
}


class LookAgain(base.Question):
    model = StockPosition

    def lines(self, row: StockPosition) -> list[tuple[Any, Any]]:
        return [
            (_("Item"), row.sku),
            (_("Shown in the store"), row.mirror if row.mirror is not None else "—"),
            (_("Should be"), explain.sentence(row)),
        ]


@admin.register(StockPosition)
class StockPositionScreen(base.StoryScreen[StockPosition]):
    """Each number with its parts, drawn; their sources, their times and who wrote it last."""

    change_form_outer_before_template = "admin/sync/position.html"
    list_display = ["sku", "place", "channel", "shown", "should", "how", "where", "published_at"]
    list_filter = [
        ("channel", RelatedDropdownFilter),
        ("stocked", ChoicesDropdownFilter),
        "held",
        "needs_read",
    ]
    list_select_related = ["channel"]
    search_fields = ["sku__startswith"]
    search_help_text = _("SKU, from its beginning")
    ordering = ["channel_id", "sku"]
    actions = ["look_again"]
    actions_row = ["look_at_one_again"]
    actions_detail = ["look_at_one_again"]
    fieldsets = [
        (None, {"fields": ["sku", "family", "place", "channel", "standing", "set_aside"]}),
        (
            _("Times"),
            {"fields": ["level_at", "decided_at", "published_at", "seen_at", "changed_at"]},
        ),
        (_("References"), {"classes": ["tab"], "fields": ["item", "location"]}),
    ]
    readonly_fields = ["place", "standing"]

    def story(self, request: HttpRequest, row: StockPosition) -> dict[str, Any]:
        return waterfall.story(row)

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockPosition]:
        named = WarehouseMapping.objects.filter(
            channel=OuterRef("channel"), location=OuterRef("location")
        ).exclude(location_name="")
        rows: QuerySet[StockPosition] = super().get_queryset(request)
        return rows.annotate(place_name=Subquery(named.values("location_name")[:1]))

    @base.display(description=_("Location"))
    def place(self, row: Any) -> str:
        return str(row.place_name or row.location.rpartition("/")[2])

    @base.display(description=_("In the store"), ordering="mirror")
    def shown(self, row: StockPosition) -> Any:
        return "—" if row.mirror is None else row.mirror

    @base.display(description=_("Should be"), ordering="target")
    def should(self, row: StockPosition) -> Any:
        return "—" if row.target is None else row.target

    @base.display(description=_("How it came about"))
    def how(self, row: StockPosition) -> Any:
        return format_html('<span class="puente-wide">{}</span>', explain.sentence(row))

    @base.display(description=_("State"), label=POSITION_COLOURS)
    def where(self, row: StockPosition) -> Any:
        state = _state(row)
        return state, POSITION_STATES[state]

    @base.display(description=_("State"))
    def standing(self, row: StockPosition) -> Any:
        return POSITION_STATES[_state(row)]

    @base.action(description=_("Look again"), permissions=["decide"])
    def look_again(self, request: HttpRequest, rows: QuerySet[StockPosition]) -> None:
        chosen = list(rows.select_related("channel"))
        for row in chosen:
            corrections.release(row, by=base.person(request))
        self.tell(request, len(chosen))

    @base.action(
        description=_("Look again"),
        permissions=["decide"],
        url_path="look-again",
        icon="refresh",
        dialog=base.question(
            _("Look again"),
            _("Both sides are read once more, and the number is decided afresh."),
            _("Yes, look again"),
            LookAgain,
        ),
    )
    def look_at_one_again(self, request: HttpRequest, _form: Any, object_id: str) -> HttpResponse:
        self.look_again(request, self.get_queryset(request).filter(pk=object_id))
        return self.back_to_list()


def _state(row: StockPosition) -> str:
    if row.set_aside:
        return "aside"
    if row.stocked:
        return "uncounted"
    if row.mass_change_id:
        return "mass"
    if row.held:
        return "held"
    return _progress(row)


def _progress(row: StockPosition) -> str:
    if row.sent is not None or row.dirty:
        return "moving"
    if row.mirror is None:
        return "unread"
    return "right" if row.target in (None, row.mirror) else "differs"
