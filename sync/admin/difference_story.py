"""What happened to a difference, step by step, and the writes that made it good."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from sync import trace, words
from sync.admin import base, waterfall
from sync.admin.difference_forms import before_and_after
from sync.models import AuditEntry, Divergence, StockPosition

_MOST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that happened: when, what, and by whom."""

    at: datetime
    what: Any
    who: str = "Puente"
    more: Any = ""


def story(row: Divergence) -> dict[str, Any]:
    position = _position(row)
    before, after = before_and_after(row)
    return {
        "difference": row,
        "before": before,
        "after": after,
        "meaning": words.meaning(row.cause),
        "remedy": words.remedy(row.cause),
        "position": position,
        "position_link": base.link(position, _("How the number comes about")) if position else "",
        "steps": sorted(_steps(row, position), key=lambda step: step.at),
    }


def _position(row: Divergence) -> StockPosition | None:
    sku, _at, location = row.key.partition("@")
    rows = StockPosition.objects.filter(channel=row.channel_id, sku=sku, location=location)
    return rows.first()


def _steps(row: Divergence, position: StockPosition | None) -> Iterator[Step]:
    is_and_should = _("The store shows %(found)s, it should be %(expected)s.")
    found = {"found": row.found, "expected": row.expected}
    yield Step(at=row.first_seen_at, what=_("The difference was seen"), more=is_and_should % found)
    entries = AuditEntry.objects.filter(
        channel=row.channel_id, at__gte=row.first_seen_at, details__difference=row.pk
    ).select_related("actor")
    yield from (_person(entry) for entry in entries.order_by("pk")[:_MOST])
    correction = getattr(row, "correction", None)
    if correction is not None and correction.by_rule and correction.decided_at:
        more = f"{correction.before} → {correction.after}"
        yield Step(at=correction.decided_at, what=_("Corrected by rule"), more=more)
    if position is not None:
        yield from _writes(row, position)
    if row.closed_at:
        yield Step(at=row.closed_at, what=_("Closed: %s") % row.get_status_display())


def _person(entry: AuditEntry) -> Step:
    who = str(entry.actor) if entry.actor else "Puente"
    did = words.ACTIONS.get(entry.action, entry.action)
    return Step(at=entry.at, what=did, who=who, more=_more(entry.details))


def _more(details: dict[str, Any]) -> str:
    if "to" in details:
        return str(_("to %s") % details["to"])
    if until := parse_datetime(details.get("until", "")):
        return _("until %s") % date_format(localtime(until), "SHORT_DATETIME_FORMAT")
    if "after" in details:
        return f"{details['before']} → {details['after']}"
    return ""


def _writes(row: Divergence, position: StockPosition) -> Iterator[Step]:
    for write in trace.last_writes(position, since=row.first_seen_at):
        if row.closed_at is None or write.command.created_at <= row.closed_at:
            text = _("Written to the store: %s") % waterfall.outcome(write)
            yield Step(at=write.at, what=base.link(write.command, text), more=_id(write))


def _id(write: trace.Write) -> str:
    return write.call.request_id if write.call else ""
