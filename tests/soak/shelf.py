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
    sellable = _sellable(record, window)
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


class _Shelves:
    """What there is to sell at each place, as one event after the other happens."""

    def __init__(self) -> None:
        self.lines: dict[Place, _Line] = defaultdict(_Line)
        self._stock: dict[Place, dict[str, Any]] = {}
        # Per order and SKU: the place it takes from, and how many units it waits for there.
        self._wanted: dict[tuple[str, str], tuple[Place, int]] = {}
        self._booked: dict[tuple[str, str], tuple[Place, int, int]] = {}
        self._lent: dict[Place, int] = defaultdict(int)

    def count(self, row: dict[str, Any]) -> set[Place]:
        place = (row["sku"], row["almacen"])
        self._stock[place] = row
        return {place}

    def book(self, row: dict[str, Any]) -> set[Place]:
        """The ERP reserves an order's units, perhaps elsewhere than the store did."""
        name, place = (row["referencia"], row["sku"]), (row["sku"], row["almacen"])
        before, units = self._wanted.get(name, (place, 0))
        held = 0 if row["anulado"] else row["cantidad"] - row["servida"]
        self._booked[name] = (place, held, row["servida"])
        if units:
            self._wanted[name] = (place, units)
        return {place, before}

    def order(self, row: dict[str, Any]) -> set[Place]:
        place = (row["sku"], row["almacen"])
        self._wanted[row["referencia"], row["sku"]] = (place, row["unidades"])
        return {place}

    def cancel(self, row: dict[str, Any]) -> set[Place]:
        """The store puts the units back where it took them, which the ERP may not have done."""
        name, shown = (row["referencia"], row["sku"]), (row["sku"], row["almacen"])
        place, units = self._wanted.pop(name, (shown, 0))
        if place != shown:
            self._lent[shown] += units
        return {place, shown}

    def settle(self, row: dict[str, Any]) -> set[Place]:
        place = (row["sku"], row["almacen"])
        self._lent[place] = 0
        return {place}

    def note(self, at: float, places: set[Place]) -> None:
        for place in places & self._stock.keys():
            now = self._stock[place]
            value = now["fisico"] - now["bloqueado"] - now["reservado"] + self._lent[place]
            value += sum(held for where, held, _ in self._booked.values() if where == place)
            for name, (where, units) in self._wanted.items():
                if where == place:
                    _, _, sent = self._booked.get(name, (place, 0, 0))
                    value -= max(units - sent, 0)
            self.lines[place].add(at, value)


def _sellable(record: Record, window: float) -> dict[Place, _Line]:
    """Lay the ERP's history and the store's orders over each other, in time."""
    shelves = _Shelves()
    for at, happens, row in _events(record, window):
        shelves.note(at, getattr(shelves, happens)(row))
    return shelves.lines


def _events(record: Record, window: float) -> list[tuple[float, str, dict[str, Any]]]:
    # A transaction shows all it did when it ends; its last mark is the nearest we have.
    rows = [*record.erp_stock_history, *record.erp_line_history]
    ends: dict[str, float] = {}
    for row in rows:
        ends[row["xid"]] = max(ends.get(row["xid"], 0), _seconds(row["en"]))
    events = [(ends[row["xid"]], "count", row) for row in record.erp_stock_history]
    events += [(ends[row["xid"]], "book", row) for row in record.erp_line_history]
    events += _web_events(record, window)
    return sorted(events, key=lambda event: event[0])


def _web_events(record: Record, window: float) -> Iterator[tuple[float, str, dict[str, Any]]]:
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
                    "unidades": line["total"],
                }
                yield moments["placed", order["id"]], "order", row
                if gone := moments.get(("cancelled", order["id"])):
                    yield gone, "cancel", row
                    yield gone + window, "settle", row
