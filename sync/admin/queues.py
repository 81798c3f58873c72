"""What came in and what is to go out: where each row stands, and why."""

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from sync import audit, queue, words
from sync.admin import base
from sync.admin.calls import call_table
from sync.admin.filters import AboutFilter, KindFilter, ReasonFilter
from sync.admin.names import with_names
from sync.models import InboxMessage, OutboxCommand, QueuedRow, Status

COLOURS = {
    Status.WAITING: base.MOVES,
    Status.RUNNING: base.MOVES,
    Status.DONE: base.GOOD,
    Status.PARKED: base.BAD,
    Status.SUPERSEDED: "",
    Status.IGNORED: "",
}


class TryAgain(base.Question):
    model = QueuedRow

    def lines(self, row: QueuedRow) -> list[tuple[Any, Any]]:
        happened = words.reason(row.reason_code, row.reason) or "—"
        return [
            (_("What happened"), happened),
            (_("Detail"), words.said(row.reason) or "—"),
            (_("What to do"), words.advice(row.reason_code) or "—"),
        ]


class TryMessageAgain(TryAgain):
    model = InboxMessage


class TryWriteAgain(TryAgain):
    model = OutboxCommand


TEXTS = (
    _("Try again"),
    _("It is done afresh with today's data. Nothing is done twice."),
    _("Yes, try again"),
)


class QueueScreen(base.MachineScreen[Any]):
    """A queue as staff read it: what, since when, where it stands and why."""

    actions = ["try_again"]
    date_hierarchy = "created_at"
    list_select_related = ["channel"]
    ordering = ["-id"]
    about = ""

    @base.display(description=_("What happened"))
    def happened(self, row: QueuedRow) -> Any:
        if row.status == Status.PARKED or row.reason_code:
            return words.reason(row.reason_code, row.reason) or "—"
        return words.said(row.reason) or "—"

    @base.display(description=_("Detail"))
    def detail(self, row: QueuedRow) -> str:
        return words.said(row.reason) or "—"

    @base.display(description=_("What to do"))
    def advice(self, row: QueuedRow) -> Any:
        return words.advice(row.reason_code) or "—"

    @base.display(description=_("Record"), ordering="key")
    def record(self, row: Any) -> str:
        """Return the name staff know a record by, or at least its number."""
        name = row.order_name or row.sku or row.place_name
        return str(name or row.key.rpartition("/")[2] or row.key)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return with_names(super().get_queryset(request))

    @base.display(description=_("Status"), ordering="status", label=COLOURS)
    def state(self, row: QueuedRow) -> Any:
        return row.status, row.get_status_display()

    @base.display(description=_("Age"), ordering="created_at")
    def age(self, row: QueuedRow) -> str:
        return str(timesince(row.created_at))

    @base.display(description=_("Next try"))
    def next_try(self, row: QueuedRow) -> Any:
        waits = row.status == Status.WAITING and row.run_after > timezone.now()
        return row.run_after if waits else "—"

    @base.display(description=_("Calls"))
    def calls_made(self, row: Any) -> Any:
        calls = row.calls.order_by("id")[:50] if row.pk else []
        return call_table(calls)

    @base.action(description=_("Try again"), permissions=["decide"])
    def try_again(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        self.tell(request, self._again(request, rows))

    def _again(self, request: HttpRequest, rows: QuerySet[Any]) -> int:
        """Start rows afresh and write down who did it."""
        chosen = list(rows.exclude(status__in=[Status.RUNNING]).select_related("channel"))
        with transaction.atomic():
            count = queue.run_again(rows)
            for row in chosen:
                audit.note(
                    base.person(request),
                    "replay",
                    str(row),
                    channel=row.channel,
                    row=row.pk,
                    reason=row.reason_code,
                )
        return count

    def again_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        self.tell(request, self._again(request, self.get_queryset(request).filter(pk=object_id)))
        return self.back_to_list()


@admin.register(InboxMessage)
class InboxMessageScreen(QueueScreen):
    list_display = ["what", "record", "channel", "state", "happened", "age", "attempts"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        AboutFilter,
        ReasonFilter,
        ("channel", RelatedDropdownFilter),
    ]
    search_fields = ["key", "message_id__exact"]
    search_help_text = _("Record or id")
    actions_row = ["try_message_again"]
    actions_detail = ["try_message_again"]
    fieldsets = [
        (None, {"fields": ["what", "key", "channel", "status", "happened", "detail", "advice"]}),
        (_("When"), {"fields": ["created_at", "finished_at", "next_try", "attempts"]}),
        (_("Calls"), {"fields": ["calls_made"]}),
        (_("As received"), {"classes": ["tab"], "fields": ["message_id", "payload", "job"]}),
    ]
    readonly_fields = ["what", "happened", "detail", "advice", "next_try", "calls_made"]

    @base.display(description=_("About"), ordering="topic")
    def what(self, row: InboxMessage) -> Any:
        return words.subject(row.topic)

    @base.action(
        description=_("Try again"),
        permissions=["decide"],
        url_path="try-again",
        icon="replay",
        dialog=base.question(*TEXTS, TryMessageAgain),
    )
    def try_message_again(self, request: HttpRequest, _form: Any, object_id: str) -> HttpResponse:
        return self.again_one(request, object_id)


@admin.register(OutboxCommand)
class OutboxCommandScreen(QueueScreen):
    list_display = ["what", "record", "channel", "state", "happened", "age", "attempts"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        KindFilter,
        ReasonFilter,
        ("channel", RelatedDropdownFilter),
    ]
    search_fields = ["key"]
    search_help_text = _("Record")
    actions_row = ["try_write_again"]
    actions_detail = ["try_write_again"]
    fieldsets = [
        (None, {"fields": ["what", "key", "channel", "status", "happened", "detail", "advice"]}),
        (
            _("When"),
            {"fields": ["created_at", "finished_at", "next_try", "attempts", "caused_by"]},
        ),
        (_("Calls"), {"fields": ["calls_made"]}),
        (
            _("As sent"),
            {"classes": ["tab"], "fields": ["once_key", "request", "sent_at", "job"]},
        ),
    ]
    readonly_fields = [
        "what",
        "state",
        "happened",
        "detail",
        "advice",
        "next_try",
        "calls_made",
        "caused_by",
        "once_key",
    ]

    @base.display(description=_("What"), ordering="kind")
    def what(self, row: OutboxCommand) -> Any:
        return words.write(row.kind)

    @base.display(description=_("Key of the write"))
    def once_key(self, row: OutboxCommand) -> str:
        return str(row.idempotency_key)

    @base.display(description=_("Because of"))
    def caused_by(self, row: OutboxCommand) -> Any:
        return base.link(row.cause, row.cause and words.subject(row.cause.topic))

    @base.action(
        description=_("Try again"),
        permissions=["decide"],
        url_path="try-again",
        icon="replay",
        dialog=base.question(*TEXTS, TryWriteAgain),
    )
    def try_write_again(self, request: HttpRequest, _form: Any, object_id: str) -> HttpResponse:
        return self.again_one(request, object_id)
