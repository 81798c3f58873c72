"""Each call that was made to one of the two sides."""

from typing import Any

from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RelatedDropdownFilter

from sync import words
from sync.admin import base
from sync.models import Attempt

CALL_COLOURS = {
    "ok": base.GOOD,
    "refused": base.BAD,
    "unavailable": base.WAITS,
    "unknown": base.BAD,
}


@admin.register(Attempt)
class AttemptScreen(base.MachineScreen[Attempt]):
    list_display = ["started_at", "side", "operation", "result", "ms", "cost", "why", "channel"]
    list_filter = [
        ("channel", RelatedDropdownFilter),
        "system",
        "outcome",
        "is_write",
    ]
    list_select_related = ["channel", "message", "command"]
    search_fields = ["idempotency_key__exact", "request_id__exact"]
    search_help_text = _("Key or request id")
    readonly_fields = ["side", "why", "ms"]
    fields = [
        *("started_at", "side", "operation", "outcome", "ms", "cost", "channel", "why"),
        *("is_write", "idempotency_key", "request_id", "error", "answer"),
    ]

    @base.display(description=_("Side"), ordering="system")
    def side(self, row: Attempt) -> Any:
        return words.SYSTEMS.get(row.system, row.system)

    @base.display(description=_("Result"), ordering="outcome", label=CALL_COLOURS)
    def result(self, row: Attempt) -> Any:
        return row.outcome, words.OUTCOMES.get(row.outcome, row.outcome)

    @base.display(description=_("ms"), ordering="milliseconds")
    def ms(self, row: Attempt) -> int:
        return row.milliseconds

    @base.display(description=_("For"))
    def why(self, row: Attempt) -> Any:
        return base.link(row.command or row.message)


def call_table(calls: Any) -> Any:
    """Return the calls made for a record, oldest first."""
    rows = [
        (
            base.link(call, timezone.localtime(call.started_at).strftime("%d/%m %H:%M:%S")),
            words.SYSTEMS.get(call.system, call.system),
            call.operation,
            words.OUTCOMES.get(call.outcome, call.outcome),
            f"{call.milliseconds} ms",
            call.cost if call.cost is not None else "",
            call.error[:200],
        )
        for call in calls
    ]
    if not rows:
        return _("No call was made.")
    heads = (_("When"), _("Side"), _("Operation"), _("Result"), "", _("Points"), _("Error"))
    return base.table(heads, rows)
