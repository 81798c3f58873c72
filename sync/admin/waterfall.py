"""A number drawn as its parts: each bar begins where the one before it ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mapping import rules
from sync import explain, trace, words
from sync.admin import base
from sync.explain import Part
from sync.models import ShopOrder, StockPosition
from sync.trace import Write

# The drawing's own units; the page scales them.
WIDTH = 1000
_THIN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One part as a bar. Text, so that no language writes the numbers its own way."""

    part: Part
    x: str
    width: str
    links: tuple[Any, ...] = ()

    @property
    def look(self) -> str:
        return "less" if self.part.units < 0 else "more"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waterfall:
    """All bars, the axis, and the bar of what is left."""

    bars: list[Bar]
    zero: str
    total: int
    x: str
    width: str


def draw(parts: Sequence[Part], links: dict[str, Any] | None = None) -> Waterfall:
    """Lay the parts out from left to right. `links`: the pages of the orders they name."""
    ends = [0]
    for part in parts:
        ends.append(ends[-1] + part.units)
    low, span = min(ends), max(max(ends) - min(ends), 1)

    def place(one: int, other: int) -> dict[str, str]:
        left = round((min(one, other) - low) * (WIDTH - _THIN) / span)
        wide = round(abs(other - one) * (WIDTH - _THIN) / span)
        return {"x": str(left), "width": str(max(wide, _THIN))}

    known = links or {}
    bars = [
        Bar(
            part=part,
            links=tuple(known.get(name, name) for name in part.orders),
            **place(ends[number], ends[number + 1]),
        )
        for number, part in enumerate(parts)
    ]
    zero = place(0, 0)["x"]
    return Waterfall(bars=bars, zero=zero, total=ends[-1], **place(0, ends[-1]))


def story(row: StockPosition) -> dict[str, Any]:
    """Return everything that the page of a position tells above its fields."""
    parts = explain.stock(row, with_rules=True)
    names = {name for part in parts for name in part.orders}
    orders = ShopOrder.objects.filter(channel=row.channel_id, name__in=names).defer("document")
    last = trace.last_write(row)
    return {
        "position": row,
        "sentence": explain.sentence(row),
        "silence": explain.silence(row),
        "waterfall": draw(parts, {order.name: base.link(order) for order in orders}),
        "components": explain.components(row),
        "other_stores": _other_stores(row),
        "last_write": last,
        "last_cause": words.subject(last.cause.topic) if last and last.cause else "",
        "writes": [(write, outcome(write)) for write in trace.last_writes(row)],
    }


def outcome(write: Write) -> Any:
    """Return what became of a write, in words."""
    if write.call is None:
        return write.command.get_status_display()
    return words.OUTCOMES.get(write.call.outcome, write.call.outcome)


def _other_stores(row: StockPosition) -> list[str]:
    """Return the stores that sell from the same warehouses."""
    every = rules.places(row.channel.company_id)
    here = next(
        (
            place
            for place in every
            if (place.channel, place.location) == (row.channel_id, row.location)
        ),
        None,
    )
    if here is None:
        return []
    others = {
        place.channel
        for place in every
        if place.channel != row.channel_id and place.shares_shelves_with(here)
    }
    names = row.channel.company.channel_set.filter(pk__in=others).order_by("name")
    return list(names.values_list("name", flat=True))
