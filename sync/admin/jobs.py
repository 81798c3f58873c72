"""Runs that people started, work that comes round by itself, and who did what."""

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from sync import audit, runs, words
from sync.admin import base
from sync.models import AuditEntry, Recurring, SyncJob
from sync.wake import wake

RUN_COLOURS = {
    SyncJob.Status.RUNNING: base.MOVES,
    SyncJob.Status.DONE: base.GOOD,
    SyncJob.Status.FAILED: base.BAD,
}
HEALTH_COLOURS = {"well": base.GOOD, "failing": base.BAD, "new": ""}
HEALTH: dict[str, Any] = {
    "well": _("well"),
    "failing": _("failing"),
    "new": _("has not run yet"),
}


@admin.register(SyncJob)
class SyncJobScreen(base.MachineScreen[SyncJob]):
    list_display = ["started_at", "kind", "channel", "where", "requested_by", "took"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ("channel", RelatedDropdownFilter),
    ]
    list_select_related = ["channel", "requested_by"]
    fields = [
        *("kind", "channel", "status", "requested_by"),
        *("started_at", "finished_at", "took", "how_far", "found", "error"),
    ]
    readonly_fields = ["took", "how_far", "found"]

    @base.display(description=_("Status"), ordering="status", label=RUN_COLOURS)
    def where(self, row: SyncJob) -> Any:
        return row.status, row.get_status_display()

    @base.display(description=_("Took"))
    def took(self, row: SyncJob) -> str:
        end = row.finished_at or timezone.now()
        return f"{(end - row.started_at).total_seconds():.1f} s"

    @base.display(description=_("Progress"))
    def how_far(self, row: SyncJob) -> Any:
        progress = runs.progress(row)
        rows = [
            (_("Records looked at"), f"{progress.handled}/{progress.messages}"),
            (_("Writes to the store"), f"{progress.sent}/{progress.writes}"),
            (_("Set aside"), progress.set_aside),
            (_("Points spent"), f"{progress.points:g}"),
        ]
        return base.table(("", ""), rows)

    @base.display(description=_("Counts"))
    def found(self, row: SyncJob) -> str:
        named = ((words.COUNTS.get(name, name), count) for name, count in row.counts.items())
        return ", ".join(f"{name}: {count}" for name, count in named) or "—"


class RunNow(base.Question):
    model = Recurring

    def lines(self, row: Recurring) -> list[tuple[Any, Any]]:
        return [
            (_("Job"), row),
            (_("Last success"), row.last_ok_at or "—"),
            (_("Last error"), row.last_error or "—"),
        ]


@admin.register(Recurring)
class RecurringScreen(base.MachineScreen[Recurring]):
    list_display = ["kind", "of", "seconds", "health", "last_ok_at", "next_due", "last_error"]
    list_filter = [("kind", ChoicesDropdownFilter)]
    list_select_related = ["connection__company", "channel"]
    ordering = ["channel_id", "kind"]
    actions = ["run_now"]
    actions_row = ["run_one_now"]
    fields = [
        *("kind", "of", "seconds", "failures"),
        *("last_ok_at", "next_due", "last_error", "cursor"),
    ]
    readonly_fields = ["of"]

    @base.display(description=_("Of"))
    def of(self, row: Recurring) -> str:
        return str(row.channel or row.connection or "—")

    @base.display(description=_("Health"), label=HEALTH_COLOURS)
    def health(self, row: Recurring) -> Any:
        state = "failing" if row.failures else "well" if row.last_ok_at else "new"
        return state, HEALTH[state]

    @base.action(description=_("Run now"), permissions=["decide"])
    def run_now(self, request: HttpRequest, rows: QuerySet[Recurring]) -> None:
        with transaction.atomic():
            count = rows.update(next_due=timezone.now())
            for row in rows:
                audit.note(base.person(request), "run_now", str(row), channel=row.channel)
            wake()
        self.tell(request, count)

    @base.action(
        description=_("Run now"),
        permissions=["decide"],
        url_path="run-now",
        icon="play_arrow",
        dialog=base.question(
            _("Run now"), _("It runs once now, and then at its usual times."), _("Run"), RunNow
        ),
    )
    def run_one_now(self, request: HttpRequest, _form: Any, object_id: str) -> HttpResponse:
        self.run_now(request, self.get_queryset(request).filter(pk=object_id))
        return self.back_to_list()


@admin.register(AuditEntry)
class AuditEntryScreen(base.MachineScreen[AuditEntry]):
    list_display = ["at", "who", "did", "subject", "channel", "more"]
    list_filter = [("channel", RelatedDropdownFilter), ("actor", RelatedDropdownFilter)]
    list_select_related = ["channel", "actor"]
    date_hierarchy = "at"
    search_fields = ["subject__icontains"]
    fields = ["at", "who", "did", "subject", "channel", "more"]
    readonly_fields = ["who", "did", "more"]

    def has_decide_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # There is nothing to decide about the past.
        return False

    @base.display(description=_("Who"), ordering="actor")
    def who(self, row: AuditEntry) -> str:
        return str(row.actor) if row.actor else "Puente"

    @base.display(description=_("Did"), ordering="action")
    def did(self, row: AuditEntry) -> Any:
        return words.ACTIONS.get(row.action, row.action)

    @base.display(description=_("Details"))
    def more(self, row: AuditEntry) -> str:
        return ", ".join(f"{name}: {value}" for name, value in row.details.items()) or "—"
