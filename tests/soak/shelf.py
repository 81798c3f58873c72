"""I4: at no instant does the store offer more than there is, beyond the explained window.

For each item and place both histories are laid over each other. What there is to sell is
what lies in the warehouse, less what is blocked or reserved for others, less what web
orders still wait for. The store may lag behind that by the window, and for as long as
something was broken on purpose, but it may never show what was not true within it.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from tests.soak.record import Record

Place: TypeAlias = tuple[str, str]


@dataclass
class _Line:
    """Values over time; the last one of an instant counts."""

    times: list[float] = field(default_factory=list)
    values: list[int] = field(default_factory=list)

    def add(self, at: float, value: int) -> None:
        if self.times and self.times[-1] >= at:
            self.values[-1] = value
        else:
            self.times.append(at)
            self.values.append(value)

    def highest(self, start: float, end: float) -> int | None:
        """Return the highest value that was true at some time between the two."""
        first = max(bisect_right(self.times, start) - 1, 0)
        last = bisect_right(self.times, end)
        return max(self.values[first:last], default=None)


def unexplained(record: Record, *, window: float) -> Iterator[str]:
    shown = _shown(record)
    sellable = _sellable(record)
    for place, line in sorted(shown.items()):
        for at, value in zip(line.times, line.values, strict=True):
            # A level is judged when it changes and once more just before it changes again.
            start = _start(at, window, record.outages)
            most = sellable[place].highest(start, at) if place in sellable else None
            if most is not None and value > max(most, 0):
                yield f"{place} at {at:.2f}: {value} offered, at most {most} were there"
        yield from _lingering(place, line, sellable.get(place), record, window)


def _lingering(
    place: Place, shown: _Line, sellable: _Line | None, record: Record, window: float
) -> Iterator[str]:
    """Find where the store kept offering what had long gone."""
    if sellable is None:
        return
    # What is shown last is shown to the end of the record.
    ends = [*shown.times[1:], _seconds(record.log[-1]["at"])]
    for value, since, until in zip(shown.values, shown.times, ends, strict=True):
        for judged in [*(each + window for each in sellable.times), until]:
            if not since < judged <= until:
                continue
            most = sellable.highest(_start(judged, window, record.outages), judged)
            if most is not None and value > max(most, 0):
                yield f"{place} at {judged:.2f}: still {value} offered, at most {most} left"
                break


def _start(at: float, window: float, outages: list[tuple[float, float]]) -> float:
    """Return how far back an offer at this instant may be excused by."""
    begun = [begin for begin, end in outages if begin <= at and end >= at - window]
    return min([at, *begun]) - window


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _shown(record: Record) -> dict[Place, _Line]:
    codes = {
        each["id"]: code
        for code, name in record.warehouses.items()
        for each in record.locations
        if each["name"] == name
    }
    lines: dict[Place, _Line] = defaultdict(_Line)
    for entry in record.log:
        is_level = entry["kind"] == "level" and entry["name"] == "available"
        if is_level and (code := codes.get(entry["location"])):
            lines[entry["sku"], code].add(_seconds(entry["at"]), entry["after"])
    return lines


def _sellable(record: Record) -> dict[Place, _Line]:
    """Lay the ERP's history and the store's orders over each other, in time."""
    stock: dict[Place, dict[str, Any]] = {}
    wanted: dict[tuple[str, Place], int] = defaultdict(int)
    served: dict[tuple[str, Place], tuple[int, int]] = {}
    lines: dict[Place, _Line] = defaultdict(_Line)
    by_place: dict[Place, set[str]] = defaultdict(set)
    for at, kind, row in _events(record):
        place = (row["sku"], row["almacen"])
        if kind == "stock":
            stock[place] = row
        elif kind == "line":
            held = 0 if row["anulado"] else row["cantidad"] - row["servida"]
            served[row["referencia"], place] = (held, row["servida"])
            by_place[place].add(row["referencia"])
        else:
            wanted[row["referencia"], place] += row["unidades"]
            by_place[place].add(row["referencia"])
        if place in stock:
            now = stock[place]
            value = now["fisico"] - now["bloqueado"] - now["reservado"]
            for reference in by_place[place]:
                held, sent = served.get((reference, place), (0, 0))
                value += held - max(wanted[reference, place] - sent, 0)
            lines[place].add(at, value)
    return lines


def _events(record: Record) -> list[tuple[float, str, dict[str, Any]]]:
    # A transaction shows all it did when it ends; its last mark is the nearest we have.
    rows = [*record.erp_stock_history, *record.erp_line_history]
    ends: dict[str, float] = {}
    for row in rows:
        ends[row["xid"]] = max(ends.get(row["xid"], 0), _seconds(row["en"]))
    events = [(ends[row["xid"]], "stock", row) for row in record.erp_stock_history]
    events += [(ends[row["xid"]], "line", row) for row in record.erp_line_history]
    events += _web_events(record)
    return sorted(events, key=lambda event: event[0])


def _web_events(record: Record) -> Iterator[tuple[float, str, dict[str, Any]]]:
    moments: dict[tuple[str, int], float] = {}
    for entry in record.log:
        if entry["kind"] == "order":
            moments.setdefault((entry["event"], entry["order"]), _seconds(entry["at"]))
    codes = {name: code for code, name in record.warehouses.items()}
    for order in record.shop_orders:
        skus = {line["id"]: line["sku"] for line in order["lines"]}
        for part in order["fulfillment_orders"]:
            for line in part["lines"]:
                row = {
                    "referencia": f"{record.domain}/{order['id']}",
                    "almacen": codes.get(part["location"], ""),
                    "sku": skus[line["line_id"]],
                }
                placed = moments[("placed", order["id"])]
                yield placed, "order", row | {"unidades": line["total"]}
                if gone := moments.get(("cancelled", order["id"])):
                    yield gone, "order", row | {"unidades": -line["total"]}
