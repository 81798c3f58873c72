"""Alarms: what is wrong now, and who was told."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from sync import alarms, words
from sync.admin import base
from sync.models import Alert, AlertNotice

SEVERITIES = {Alert.Severity.CRITICAL: base.BAD, Alert.Severity.WARNING: base.WAITS}
NOTICE_COLOURS = {
    AlertNotice.Status.WAITING: base.MOVES,
    AlertNotice.Status.SENT: base.GOOD,
    AlertNotice.Status.GAVE_UP: base.BAD,
}


def open_alarms(_request: HttpRequest) -> str:
    """Return the number beside the menu entry, or nothing."""
    return str(alarms.count_open() or "")


class NoticeInline(TabularInline):  # type: ignore[misc]  # Unfold has no types
    model = AlertNotice
    fields = ["destination", "event", "where", "attempts", "run_after", "sent_at", "why"]
    readonly_fields = fields
    extra = 0
    can_delete = False
    verbose_name_plural = _("Who was told")

    def get_queryset(self, request: HttpRequest) -> QuerySet[AlertNotice]:
        rows: QuerySet[AlertNotice] = super().get_queryset(request)
        # The address is not for this page, and need not be decrypted for it.
        return rows.select_related("destination").defer("destination__secrets").order_by("pk")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @base.display(description=_("Status"), label=NOTICE_COLOURS)
    def where(self, row: AlertNotice) -> Any:
        return row.status, row.get_status_display()

    @base.display(description=_("Error"))
    def why(self, row: AlertNotice) -> str:
        return words.said(row.error) or "—"


class See(base.Question):
    model = Alert

    def lines(self, row: Alert) -> list[tuple[Any, Any]]:
        return [(_("What happened"), words.said(row.sentence)), (_("Since"), row.first_at)]


@admin.register(Alert)
class AlertScreen(base.MachineScreen[Alert]):
    """What is wrong now, the worst first; what is over, below."""

    list_display = ["what", "how_bad", "channel", "happened", "since", "where", "seen"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ("channel", RelatedDropdownFilter),
    ]
    list_select_related = ["channel", "acknowledged_by"]
    ordering = ["-status", "severity", "-first_at"]
    actions = ["acknowledge"]
    actions_row = ["acknowledge_one"]
    actions_detail = ["acknowledge_one"]
    inlines = [NoticeInline]
    fields = [
        *("what", "key", "channel", "how_bad", "where", "happened"),
        *("first_at", "last_at", "closed_at", "seen", "acknowledged_at"),
    ]
    readonly_fields = ["what", "how_bad", "where", "happened", "seen"]

    @base.display(description=_("Alarm"), ordering="kind")
    def what(self, row: Alert) -> Any:
        return row.get_kind_display()

    @base.display(description=_("Severity"), ordering="severity", label=SEVERITIES)
    def how_bad(self, row: Alert) -> Any:
        return row.severity, row.get_severity_display()

    @base.display(description=_("What happened, and what to do"))
    def happened(self, row: Alert) -> str:
        return words.said(row.sentence)

    @base.display(description=_("Since"), ordering="first_at")
    def since(self, row: Alert) -> Any:
        return row.first_at

    @base.display(
        description=_("Status"),
        ordering="status",
        label={Alert.Status.OPEN: base.WAITS, Alert.Status.CLOSED: base.GOOD},
    )
    def where(self, row: Alert) -> Any:
        return row.status, row.get_status_display()

    @base.display(description=_("Seen by"), ordering="acknowledged_at")
    def seen(self, row: Alert) -> str:
        return str(row.acknowledged_by) if row.acknowledged_by else "—"

    @base.action(description=_("I have seen it"), permissions=["decide"])
    def acknowledge(self, request: HttpRequest, rows: QuerySet[Alert]) -> None:
        person = base.person(request)
        answers = [alarms.acknowledge(row, by=person) for row in rows.select_related("channel")]
        self.tell(request, answers.count(True), answers.count(False))

    @base.action(
        description=_("I have seen it"),
        permissions=["decide"],
        url_path="acknowledge",
        icon="visibility",
        dialog=base.question(
            _("Have you seen it?"),
            _("Your colleagues see that you look after it. It closes itself when it is over."),
            _("Yes, I have seen it"),
            See,
        ),
    )
    def acknowledge_one(self, request: HttpRequest, _form: Any, object_id: str) -> HttpResponse:
        self.acknowledge(request, self.get_queryset(request).filter(pk=object_id))
        return self.back_to_list()
