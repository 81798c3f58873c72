"""Which differences a person wants to see: those that wait, unless they ask for others."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from mapping.models import WarehouseMapping
from sync import work_items
from sync.admin import base
from sync.models import Divergence


class StandingFilter(DropdownFilter):  # type: ignore[misc]  # Unfold has no types
    """Without an answer it shows what waits; what was put off is one choice away."""

    title = _("State")
    parameter_name = "standing"
    all_option = None

    def lookups(self, _request: HttpRequest, _screen: Any) -> Iterable[tuple[str, Any]]:
        return [
            ("", _("Waiting")),
            ("mine", _("Mine")),
            ("free", _("Nobody's")),
            ("put_off", _("Put off")),
            ("closed", _("Closed")),
            ("all", _("All")),
        ]

    def queryset(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        if chosen == "all" or (not chosen and "status__exact" in request.GET):
            return rows
        if chosen == "put_off":
            return rows.filter(work_items.is_put_off())
        if chosen == "closed":
            return rows.exclude(status=Divergence.Status.OPEN)
        waiting = rows.filter(work_items.waits())
        if chosen == "mine":
            return waiting.filter(assigned_to=base.person(request))
        return waiting.filter(assigned_to=None) if chosen == "free" else waiting


class PlaceFilter(DropdownFilter):  # type: ignore[misc]  # Unfold has no types
    title = _("Place")
    parameter_name = "place"

    def lookups(self, _request: HttpRequest, _screen: Any) -> Iterator[tuple[str, str]]:
        rows = WarehouseMapping.objects.order_by("channel__name", "location_name")
        seen = rows.values_list("location", "location_name", "channel__name").distinct()
        for location, name, channel in seen:
            yield location, f"{channel}: {name or location.rpartition('/')[2]}"

    def queryset(self, _request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        return rows.filter(key__endswith=f"@{chosen}") if chosen else rows
