"""Judge a storm: was there an instant at which a store offered what was not there?

Shares no code with the bridge. Both histories are laid over each other, event by event.
What there is to sell of an item in a warehouse is what the ERP has free, less what active
web orders of all stores hold that the ERP does not know yet. A store may offer no more,
except for units that went by another hand (the counter, another store, a customer's
return that the ERP has not taken back) within the window: nobody could have told it sooner.

Stores that share a warehouse are judged one by one, each against all of it. Stores that
divide it are judged together: none may excuse itself with what another has sold.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Any, TypeAlias

from tests.soak.storm_record import Action, Entry, StormRecord

# A SKU in a warehouse.
Place: TypeAlias = tuple[str, str]
# The stores that are judged together.
Group: TypeAlias = tuple[str, ...]
# How our own writes are called in a store's log.
OURS = "SetQuantities"


@dataclass
class _Order:
    """Units of one SKU that one web order holds in its store, and in the ERP."""

    shop: str
    wanted: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    booked: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def missing(self) -> dict[str, int]:
        """Return what the ERP does not know yet, by the warehouse the store takes it from."""
        left = max(sum(self.wanted.values()) - sum(self.booked.values()), 0)
        found: dict[str, int] = defaultdict(int)
        lacking = {each: units - self.booked[each] for each, units in self.wanted.items()}
        # First where the ERP holds fewer; an order it holds elsewhere is not missing.
        for units_of in (lacking, self.wanted):
            for place, units in units_of.items():
                more = min(max(units - found[place], 0), left)
                found[place] += more
                left -= more
        return dict(found)


class Shelves:
    """What is free, what is held and what is shown, after each event."""

    def __init__(self) -> None:
        self.free: dict[Place, int] = defaultdict(int)
        self.shown: dict[tuple[str, str, str], int] = defaultdict(int)
        self.pending: dict[tuple[str, str, str], int] = defaultdict(int)
        self._orders: dict[tuple[str, str], _Order] = {}
        self._lines: dict[tuple[int, int], int] = {}
        self.shops: set[str] = set()

    def there(self, place: Place) -> int:
        held = sum(self.pending[shop, *place] for shop in self.shops)
        return max(self.free[place] - held, 0)

    def happen(self, event: Action | Entry) -> set[Place]:
        """Take over one event, and return the places it touched."""
        return self._act(event) if isinstance(event, Action) else self._enter(event)

    def _act(self, action: Action) -> set[Place]:
        touched = set()
        for move in action.moves:
            touched.add((move.sku, move.place))
            if move.name == "available":
                self.shown[action.shop, move.sku, move.place] = move.after
            elif move.name == "committed" and action.order is not None:
                name = f"{action.shop}/{action.order}"
                touched |= self._change(name, move.sku, action.shop).want(
                    move.place, move.after - move.before
                )
        return touched

    def _enter(self, entry: Entry) -> set[Place]:
        touched = set()
        for row in entry.counted:
            self.free[row["sku"], row["almacen"]] = row["libre"]
            touched.add((row["sku"], row["almacen"]))
        for row in entry.booked:
            line = (row["pedido"], row["linea"])
            units = 0 if row["anulado"] else row["cantidad"]
            change = units - self._lines.get(line, 0)
            self._lines[line] = units
            if row["referencia"]:
                shop = row["referencia"].partition("/")[0]
                touched |= self._change(row["referencia"], row["sku"], shop).book(
                    row["almacen"], change
                )
        return touched

    def _change(self, name: str, sku: str, shop: str) -> "_Change":
        order = self._orders.setdefault((name, sku), _Order(shop=shop))
        return _Change(self, order, sku)


class _Change:
    """Moves an order's units and keeps the sum of what is missing in step."""

    def __init__(self, shelves: Shelves, order: _Order, sku: str) -> None:
        self._shelves, self._order, self._sku = shelves, order, sku

    def want(self, place: str, units: int) -> set[Place]:
        return self._move(self._order.wanted, place, units)

    def book(self, place: str, units: int) -> set[Place]:
        return self._move(self._order.booked, place, units)

    def _move(self, where: dict[str, int], place: str, units: int) -> set[Place]:
        before = self._order.missing()
        where[place] += units
        after = self._order.missing()
        for each in before.keys() | after.keys():
            change = after.get(each, 0) - before.get(each, 0)
            self._shelves.pending[self._order.shop, self._sku, each] += change
        return {(self._sku, each) for each in {*before, *after, place}}


class _Excuses:
    """Units that went by another hand, until the window closes on them."""

    def __init__(self, window: float, outages: Sequence[tuple[datetime, datetime]]) -> None:
        self._window = timedelta(seconds=window)
        self._outages = sorted(outages)
        self._open: dict[tuple[Group, Place], list[tuple[datetime, int]]] = defaultdict(list)
        self._ends: list[tuple[datetime, Group, Place]] = []

    def add(
        self, group: Group, place: Place, at: datetime, units: int, *, more: float = 0
    ) -> None:
        end = self._end(at) + timedelta(seconds=more)
        self._open[group, place].append((end, units))
        heappush(self._ends, (end, group, place))

    def units(self, group: Group, place: Place, at: datetime) -> int:
        mine = [each for each in self._open[group, place] if each[0] > at]
        self._open[group, place] = mine
        return sum(units for _, units in mine)

    def ended(self, until: datetime) -> Iterator[tuple[datetime, Group, Place]]:
        while self._ends and self._ends[0][0] <= until:
            yield heappop(self._ends)

    def _end(self, at: datetime) -> datetime:
        """A trouble of the storm's own making stretches the window by its length."""
        end = at + self._window
        for begun, over in self._outages:
            if begun < end and over > at:
                end += over - begun
        return end


def oversold(
    record: StormRecord, *, since: datetime, window: float, sweep: float = 0
) -> list[str]:
    """I4: return every instant at which more was offered than can be explained.

    `sweep`: seconds between the sweeps that find what no notice told. Only in a common
    pool, and only where every notice of another store's sale was lost, they are waited for.
    """
    return list(_Judge(record, window, sweep).run(since))


class _Judge:
    def __init__(self, record: StormRecord, window: float, sweep: float) -> None:
        self.shelves = Shelves()
        self._sweep = sweep
        self._record = record
        self._excuses = _Excuses(window, record.outages)
        self._guilty: set[tuple[Group, Place]] = set()
        self._shops = sorted({each.shop for each in record.actions})
        self.shelves.shops = set(self._shops)

    def run(self, since: datetime) -> Iterator[str]:
        for event in in_order(self._record):
            for at, group, place in self._excuses.ended(event.at):
                yield from self._look(at, group, place)
            before = self._figures(event)
            touched = self.shelves.happen(event)
            if event.at < since:
                continue
            for place in sorted(touched):
                for group in self._groups(place[1]):
                    self._excuse(event, group, place, before[group, place])
                    yield from self._look(event.at, group, place)

    def _groups(self, warehouse: str) -> list[Group]:
        if any(place == warehouse for _, place in self._record.shares):
            return [tuple(self._shops)]
        return [(shop,) for shop in self._shops]

    def _figures(self, event: Action | Entry) -> dict[tuple[Group, Place], tuple[int, int]]:
        rows: Sequence[Any] = (
            event.moves if isinstance(event, Action) else [*event.counted, *event.booked]
        )
        skus = {row.sku if isinstance(event, Action) else row["sku"] for row in rows}
        return {
            (group, (sku, warehouse)): self._figure(group, (sku, warehouse))
            for sku in skus
            for warehouse in ("CENTRAL", "TIENDA", "TARAS")
            for group in self._groups(warehouse)
        }

    def _figure(self, group: Group, place: Place) -> tuple[int, int]:
        shown = sum(max(self.shelves.shown[shop, *place], 0) for shop in group)
        return self.shelves.there(place), shown

    def _excuse(
        self, event: Action | Entry, group: Group, place: Place, before: tuple[int, int]
    ) -> None:
        there, shown = self._figure(group, place)
        units = before[0] - there
        if isinstance(event, Action) and event.shop in group:
            # A sale takes from both; a return may be back in the store only.
            units += 0 if event.why == OURS else shown - before[1]
        if units > 0:
            elsewhere = isinstance(event, Action) and event.shop not in group
            unheard = elsewhere and self._record.unheard(event)
            more = self._sweep if unheard else 0
            self._excuses.add(group, place, event.at, units, more=more)

    def _look(self, at: datetime, group: Group, place: Place) -> Iterator[str]:
        there, shown = self._figure(group, place)
        excused = self._excuses.units(group, place, at)
        if shown <= there + excused:
            self._guilty.discard((group, place))
        elif (group, place) not in self._guilty:
            self._guilty.add((group, place))
            names = " + ".join(each.partition(".")[0] for each in group)
            yield (
                f"{at:%H:%M:%S.%f} {place[0]} in {place[1]}: {names} offers {shown},"
                f" {there} are there, {excused} went within the window"
            )


def unequal(record: StormRecord) -> list[str]:
    """I5: return every item that a store does not show as the ERP has it, at the end."""
    shelves = Shelves()
    for event in in_order(record):
        shelves.happen(event)
    shops = sorted({each.shop for each in record.actions})
    shelves.shops = set(shops)
    return [
        f"{shop} shows {shown} of {sku} in {warehouse}, {right} would be right"
        for (shop, sku, warehouse), shown in sorted(shelves.shown.items())
        if shown != (right := _right(record, shelves, shops, shop, (sku, warehouse)))
    ]


def _right(
    record: StormRecord, shelves: Shelves, shops: Sequence[str], shop: str, place: Place
) -> int:
    if not any(warehouse == place[1] for _, warehouse in record.shares):
        return shelves.there(place)
    parts = {
        each: shelves.free[place] * record.shares.get((each, place[1]), 0) // 100 for each in shops
    }
    # Who sold more than its part took it from the others.
    taken = sum(
        max(shelves.pending[each, *place] - max(parts[each], 0), 0)
        for each in shops
        if each != shop
    )
    return max(parts[shop] - shelves.pending[shop, *place] - taken, 0)


def restless(record: StormRecord, *, since: datetime) -> list[str]:
    """I6: return what was written on either side when nothing was left to do."""
    found = [
        f"{each['at']} {each['shop']}: {each['operation']}"
        for each in record.writes
        if datetime.fromisoformat(each["at"]) > since
    ]
    found += [f"{each.at} the ERP was written to" for each in record.entries if each.at > since]
    return found


def in_order(record: StormRecord) -> list[Action | Entry]:
    events: list[Action | Entry] = [*record.entries, *record.actions]
    return sorted(events, key=lambda each: each.at)
