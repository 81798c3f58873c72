"""Every order of events that two sales, a cancellation and a counter sale can take.

The model holds the world (the shop, the ERP, the network); what the bridge does in it
is the production code of mapping.decide.stock, called at each step. `Broken` switches
one of its habits off, to show that the checks would notice.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from mapping.decide import stock as protocol
from mapping.decide.stock import LevelRead, Position, ReadLevel, SetQuantity
from mapping.decide.stock_target import StockTarget
from mapping.ownership import Owner
from tests.mapping.stock_model_search import Found
from tests.mapping.stock_model_search import explore as search
from tests.mapping.stock_model_targets import target_alone

STOCK = 2


@dataclass(frozen=True, kw_only=True)
class Broken:
    """Habits to leave out."""

    compares: bool = True
    subtracts_pending: bool = True
    one_writer: bool = True
    corrects_in_flight: bool = True
    # What was sent is what the shop shows, not what we would like it to show by now.
    believes_what_was_sent: bool = True
    sweeps: bool = True


@dataclass(frozen=True, kw_only=True)
class Write:
    quantity: int
    change_from: int | None
    figures: int  # how many counter sales its ERP figure contained
    applied: bool = False


@dataclass(frozen=True, kw_only=True)
class World:
    shown: int = STOCK
    counter_sales: int = 0
    sold: frozenset[int] = frozenset()
    cancelled: frozenset[int] = frozenset()
    in_erp: frozenset[int] = frozenset()
    freed_in_erp: frozenset[int] = frozenset()
    # What the bridge knows.
    known: frozenset[int] = frozenset()
    known_cancelled: frozenset[int] = frozenset()
    read_with: frozenset[int] = frozenset()
    figure: tuple[int, int, frozenset[int]] = (STOCK, 0, frozenset())
    stale_figure: bool = False
    position: Position = field(default_factory=lambda: Position(mirror=STOCK))
    dirty: bool = False
    # What is on its way.
    notices: frozenset[tuple[str, int]] = frozenset()
    writes: tuple[Write, ...] = ()
    newest_applied: int = 0
    spent: tuple[tuple[str, int], ...] = ()

    @property
    def active(self) -> frozenset[int]:
        return self.sold - self.cancelled

    @property
    def truly_free(self) -> int:
        return STOCK - self.counter_sales - len(self.active)

    @property
    def erp_free(self) -> int:
        return STOCK - self.counter_sales - len(self.in_erp - self.freed_in_erp)


LIMITS = {"sale": 2, "cancel": 1, "counter": 1, "lost notice": 1, "repeat": 1, "lost answer": 1}
Step = tuple[str, World]


def _can(world: World, what: str) -> bool:
    return dict(world.spent).get(what, 0) < LIMITS[what]


def _spend(world: World, what: str) -> tuple[tuple[str, int], ...]:
    counts = dict(world.spent)
    return tuple(sorted((counts | {what: counts.get(what, 0) + 1}).items()))


def steps(world: World, broken: Broken) -> Iterator[Step]:
    yield from _shoppers(world)
    yield from _notices(world, broken)
    yield from _erp(world)
    yield from _bridge(world, broken)
    yield from _network(world, broken)


def _shoppers(world: World) -> Iterator[Step]:
    if world.shown > 0 and _can(world, "sale"):
        number = len(world.sold)
        yield (
            f"sale {number}",
            replace(
                world,
                shown=world.shown - 1,
                sold=world.sold | {number},
                notices=world.notices | {("order", number)},
                spent=_spend(world, "sale"),
            ),
        )
    for number in sorted(world.active):
        if _can(world, "cancel"):
            yield (
                f"cancel {number}",
                replace(
                    world,
                    shown=world.shown + 1,
                    cancelled=world.cancelled | {number},
                    notices=world.notices | {("cancel", number)},
                    spent=_spend(world, "cancel"),
                ),
            )
    if _can(world, "counter") and world.erp_free > 0:
        yield (
            "counter sale",
            replace(
                world,
                counter_sales=world.counter_sales + 1,
                stale_figure=True,
                spent=_spend(world, "counter"),
            ),
        )


def _notices(world: World, broken: Broken) -> Iterator[Step]:
    for notice in sorted(world.notices):
        kind, number = notice
        rest = replace(world, notices=world.notices - {notice})
        if _can(world, "lost notice"):
            yield f"{kind} {number} lost", replace(rest, spent=_spend(world, "lost notice"))
        # Whatever the notice says, the order is read again: it may be cancelled by now.
        yield f"{kind} {number} seen", _learn(rest, number, broken)
        if _can(world, "repeat"):
            again = replace(_learn(world, number, broken), spent=_spend(world, "repeat"))
            yield f"{kind} {number} seen, to come again", again


def _learn(world: World, number: int, broken: Broken) -> World:
    """The production transitions of an order just read."""
    position = world.position
    cancelled = number in world.cancelled
    known, known_cancelled = world.known | {number}, world.known_cancelled
    if number not in world.known and not cancelled:
        position = protocol.order_changed(position, 1, in_last_read=number in world.read_with)
        if not broken.corrects_in_flight:
            position = replace(position, since=0)
    elif number in world.known and cancelled and number not in known_cancelled:
        position = replace(position, needs_read=True)
    elif number not in world.known and number in world.read_with:
        # The level was read while an order unknown to us held it; it may have let go since.
        position = replace(position, needs_read=True)
    if cancelled:
        known_cancelled = known_cancelled | {number}
    return replace(
        world, known=known, known_cancelled=known_cancelled, position=position, dirty=True
    )


def _erp(world: World) -> Iterator[Step]:
    for number in sorted((world.known - world.known_cancelled) - world.in_erp):
        entered = replace(world, in_erp=world.in_erp | {number}, stale_figure=True, dirty=True)
        yield f"order {number} enters the ERP", entered
    for number in sorted((world.known_cancelled & world.in_erp) - world.freed_in_erp):
        freed = replace(world, freed_in_erp=world.freed_in_erp | {number}, stale_figure=True)
        yield f"order {number} cancelled in the ERP", freed
    if world.stale_figure:
        figure = (world.erp_free, world.counter_sales, world.in_erp)
        yield (
            "ERP figure read",
            replace(world, figure=figure, stale_figure=False, dirty=True),
        )


def _target(world: World, broken: Broken) -> StockTarget:
    free, _, contained = world.figure
    if not broken.subtracts_pending:
        return target_alone(free, 0, 0)
    pending = len((world.known - world.known_cancelled) - contained)
    return target_alone(free, pending, world.position.unknown_web)


def _bridge(world: World, broken: Broken) -> Iterator[Step]:
    position = world.position
    if not broken.one_writer and position.in_flight and len(world.writes) < 2:
        position = replace(position, sent=None)
    if world.dirty:
        decided = protocol.decide_stock(position, _target(world, broken), owner=Owner.ERP)
        if isinstance(decided, SetQuantity):
            write = Write(
                quantity=decided.quantity,
                change_from=decided.change_from,
                figures=world.figure[1],
            )
            yield (
                f"send {decided.quantity} if {decided.change_from}",
                replace(
                    world,
                    dirty=False,
                    position=protocol.sent(position, decided.quantity),
                    writes=(*world.writes, write),
                ),
            )
        elif isinstance(decided, ReadLevel):
            yield "level read", _read(world)
        elif not world.position.in_flight:
            yield "nothing to write", replace(world, dirty=False)
    quiet = not (world.writes or world.notices or world.dirty or world.stale_figure)
    differs = world.known != world.sold or world.known_cancelled != world.cancelled
    if broken.sweeps and quiet and (differs or world.position.mirror != world.shown):
        swept = world
        for number in sorted(world.sold):
            swept = _learn(swept, number, broken)
        yield "sweep", _read(replace(swept, dirty=True))


def _read(world: World) -> World:
    known_open = len(world.known - world.known_cancelled)
    level = LevelRead(available=world.shown, committed=len(world.active))
    return replace(
        world,
        position=protocol.level_read(world.position, level, known_open=known_open),
        read_with=world.sold,
        dirty=True,
    )


def _network(world: World, broken: Broken) -> Iterator[Step]:
    for place, write in enumerate(world.writes):
        rest = world.writes[:place] + world.writes[place + 1 :]
        if write.applied:
            yield f"answer to {write.quantity}", _acknowledged(world, rest, broken)
            continue
        if broken.compares and world.shown != write.change_from:
            refused = protocol.refused(world.position)
            yield "stale", replace(world, writes=rest, position=refused, dirty=True)
            continue
        applied = replace(
            world,
            shown=write.quantity,
            newest_applied=max(world.newest_applied, write.figures),
        )
        yield f"{write.quantity} applied", _acknowledged(applied, rest, broken)
        # The answer takes its time, or is lost and asked for again with the same key.
        if _can(world, "lost answer"):
            late = replace(applied, writes=(*rest, replace(write, applied=True)))
            late = replace(late, spent=_spend(world, "lost answer"))
            yield f"{write.quantity} applied, unanswered", late


def _acknowledged(world: World, rest: tuple[Write, ...], broken: Broken) -> World:
    position = world.position
    if position.sent is not None:
        position = protocol.acknowledged(position)
        if not broken.believes_what_was_sent:
            position = replace(position, mirror=_target(world, broken).quantity)
    # A write that ends lets the position be decided again.
    return replace(world, writes=rest, position=position, dirty=True)


def explore(broken: Broken, *, stop_at_first: bool = False) -> Found:
    return search(World(), lambda world: steps(world, broken), _wrong, stop_at_first=stop_at_first)


_WORLD_ONLY = ("sale", "cancel", "counter")


def _wrong(world: World, following: list[Step]) -> Iterator[str]:
    on_its_way = world.counter_sales - world.newest_applied
    if world.shown > world.truly_free + on_its_way:
        yield "offers what is not there"
    at_rest = all(name.startswith(_WORLD_ONLY) for name, _ in following) and not world.notices
    # Below zero the counter has sold what the web had sold before: nothing shows that.
    if at_rest and world.shown != max(world.truly_free, 0):
        yield "stays different"
    if at_rest and world.known != world.sold:
        yield "loses an order"
    position = world.position
    knows_all = world.known == world.sold and world.known_cancelled == world.cancelled
    if knows_all and not (world.writes or position.needs_read or position.mirror == world.shown):
        yield "believes what is not shown"
