"""Every order of events where several places sell what lies on the same shelves.

A place is an item at a location of a store. Each sells one order or more, all of one size;
the sets of orders are bit masks. `Model` holds the world and its events; what a place may
show, and what must hold, is said by its children. The decisions are the production's.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache

from mapping.decide import stock as protocol
from mapping.decide.stock import LevelRead, Position, ReadLevel, SetQuantity
from mapping.decide.stock_target import StockTarget
from mapping.ownership import Owner
from tests.mapping.stock_model_search import Found, bits, explore
from tests.mapping.stock_model_world import (
    Figure,
    Limits,
    Place,
    World,
    Write,
    busy,
    mistaken,
    put,
    stir,
)

TRADE = ("sale", "cancel", "counter")
Step = tuple[str, World]

# The same few values come by in all those worlds; the production's answer to each is kept.
sent = cache(protocol.sent)
acknowledged = cache(protocol.acknowledged)
refused = cache(protocol.refused)
level_read = cache(protocol.level_read)
order_changed = cache(protocol.order_changed)


class Model(ABC):
    """Places that sell the same units, under the production's decisions."""

    def __init__(self, limits: Limits, *, units: tuple[int, ...] = (1, 1)) -> None:
        self.limits = limits
        self.units = units
        self.at = [place for place, count in enumerate(limits.orders) for _ in range(count)]
        self.own = [
            sum(1 << order for order, at in enumerate(self.at) if at == place)
            for place in range(len(limits.orders))
        ]
        # How many units each set of orders takes off the shelves.
        self.weight = [
            sum(units[self.at[order]] for order in bits(orders))
            for orders in range(1 << len(self.at))
        ]

    @abstractmethod
    def target(self, world: World, number: int) -> StockTarget: ...

    @abstractmethod
    def broken_promises(self, world: World, *, at_rest: bool) -> Iterator[str]: ...

    def start(self) -> World:
        """Each place shows what it should."""
        blank = Place(shown=0, position=Position(mirror=0))
        world = World(places=tuple(blank for _ in self.own))
        targets = [self.target(world, number).quantity for number in range(len(self.own))]
        return world._replace(
            places=tuple(Place(shown=units, position=Position(mirror=units)) for units in targets)
        )

    def explore(self, *, stop_at_first: bool = False) -> Found:
        return explore(self.start(), self.steps, self.wrong, stop_at_first=stop_at_first)

    def free(self, world: World) -> int:
        """What there truly is to sell."""
        return self.limits.stock - world.counted - self.weight[world.active]

    def erp_free(self, figure: Figure) -> int:
        return self.limits.stock - figure.counted - self.weight[figure.orders & ~figure.freed]

    # Events

    def steps(self, world: World) -> list[Step]:
        events = [*self.trade(world), *self.events(world)]
        return [(name, self.settle(after)) for name, after in events]

    def events(self, world: World) -> Iterator[Step]:
        yield from self.notices(world)
        yield from self.erp(world)
        for number, place in enumerate(world.places):
            yield from self.decide(world, number, place)
            yield from self.answer(world, number, place)
        yield from self.sweep(world)

    def trade(self, world: World) -> Iterator[Step]:
        for number, place in enumerate(world.places):
            unsold = self.own[number] & ~world.sold
            if place.shown > 0 and unsold:
                order = next(bits(unsold))
                sold = world._replace(
                    sold=world.sold | 1 << order, notices=world.notices | 1 << order
                )
                yield (
                    f"sale {order} at {number}",
                    put(sold, number, place._replace(shown=place.shown - 1)),
                )
        if world.cancelled.bit_count() < self.limits.cancels:
            for order in bits(world.active):
                yield f"cancel {order}", self.cancel(world, order)
        if world.counted < self.limits.counter and self.erp_free(world.now) > 0:
            yield "counter sale", world._replace(counted=world.counted + 1)

    def cancel(self, world: World, order: int) -> World:
        place = world.places[self.at[order]]
        cancelled = world._replace(
            cancelled=world.cancelled | 1 << order, notices=world.notices | 1 << order
        )
        return put(cancelled, self.at[order], place._replace(shown=place.shown + 1))

    def notices(self, world: World) -> Iterator[Step]:
        for order in bits(world.notices):
            rest = world._replace(notices=world.notices & ~(1 << order))
            yield f"order {order} seen", self.learn(rest, order)
            if world.lost_notices < self.limits.lost_notices:
                yield (
                    f"notice of {order} lost",
                    rest._replace(lost_notices=world.lost_notices + 1),
                )
            if world.repeats < self.limits.repeats:
                again = self.learn(world, order)._replace(repeats=world.repeats + 1)
                yield f"order {order} seen, to come again", again

    def learn(self, world: World, order: int) -> World:
        """Read an order and do what the engine does with it."""
        number, bit = self.at[order], 1 << order
        place, cancelled = world.places[number], bool(world.cancelled & bit)
        position = place.position
        if world.known & bit:
            if cancelled and not world.known_cancelled & bit:
                position = replace(position, needs_read=True)
        elif not cancelled:
            seen = bool(place.read_with & bit)
            position = order_changed(position, 1, in_last_read=seen)
        elif place.read_with & bit:
            position = replace(position, needs_read=True)
        place = place._replace(position=position, read_with=place.read_with & ~bit)
        known = world._replace(
            known=world.known | bit,
            known_cancelled=world.known_cancelled | bit if cancelled else world.known_cancelled,
        )
        return stir(put(known, number, place))

    def erp(self, world: World) -> Iterator[Step]:
        for order in bits(world.known & ~world.known_cancelled & ~world.in_erp):
            yield f"order {order} enters the ERP", world._replace(in_erp=world.in_erp | 1 << order)
        for order in bits(world.known_cancelled & world.in_erp & ~world.freed):
            yield f"order {order} leaves the ERP", world._replace(freed=world.freed | 1 << order)
        if world.figure != world.now:
            yield "ERP figure read", stir(world._replace(figure=world.now))

    def step(self, world: World, number: int) -> SetQuantity | ReadLevel | None:
        target = self.target(world, number)
        return protocol.decide_stock(world.places[number].position, target, owner=Owner.ERP)

    def settle(self, world: World) -> World:
        """Where a decision is to do nothing, take it at once: it changes nothing."""
        for number, place in enumerate(world.places):
            if place.dirty and not place.position.in_flight and self.step(world, number) is None:
                settled = place._replace(dirty=False)
                # Only what it truly shows can have made room.
                if place.shown <= (place.position.mirror or 0):
                    counted, accounted = self.made_room_for(world, number)
                    settled = settled._replace(counted=counted, accounted=accounted)
                world = put(world, number, settled)
        return world

    def made_room_for(self, world: World, number: int) -> tuple[int, int]:
        heard = world.known
        for each in world.places:
            heard |= each.read_with
        # Nothing shows less than 0: what is short shows up when an order is cancelled.
        counted = max(world.figure.counted - self.short(world, number), 0)
        return counted, heard & ~self.own[number] & world.active

    def short(self, world: World, number: int) -> int:
        return self.target(world, number).short

    def decide(self, world: World, number: int, place: Place) -> Iterator[Step]:
        if not place.dirty or place.position.in_flight:
            return
        decided = self.step(world, number)
        if isinstance(decided, ReadLevel):
            yield f"level of {number} read", self.read(world, number)
        if isinstance(decided, SetQuantity):
            counted, accounted = self.made_room_for(world, number)
            sending = place._replace(
                position=sent(place.position, decided.quantity),
                dirty=False,
                write=Write(decided.quantity, decided.change_from, counted, accounted),
            )
            name = f"send {decided.quantity} if {decided.change_from} to {number}"
            yield name, put(world, number, sending)

    def read(self, world: World, number: int) -> World:
        place, own = world.places[number], self.own[number]
        level = LevelRead(available=place.shown, committed=(world.active & own).bit_count())
        known_open = (world.known & ~world.known_cancelled & own).bit_count()
        position = level_read(place.position, level, known_open=known_open)
        place = place._replace(position=position, read_with=world.sold & own & ~world.known)
        return stir(put(world, number, place))

    def answer(self, world: World, number: int, place: Place) -> Iterator[Step]:
        write = place.write
        if write is None:
            return
        if write.applied:
            yield f"answer to {number}", self.acknowledge(world, number)
        elif place.shown != write.change_from:
            stale = place._replace(position=refused(place.position), write=None)
            yield f"{number} is stale", stir(put(world, number, stale))
        else:
            done = place._replace(
                shown=write.quantity,
                write=write._replace(applied=True),
                counted=max(place.counted, write.counted),
                accounted=place.accounted | write.accounted,
            )
            applied = put(world, number, done)
            yield f"{write.quantity} applied at {number}", self.acknowledge(applied, number)
            if world.lost_answers < self.limits.lost_answers:
                unanswered = applied._replace(lost_answers=world.lost_answers + 1)
                yield f"{write.quantity} applied at {number}, unanswered", unanswered

    def acknowledge(self, world: World, number: int) -> World:
        place = world.places[number]
        told = place._replace(position=acknowledged(place.position), write=None)
        return stir(put(world, number, told))

    def sweep(self, world: World) -> Iterator[Step]:
        if world.notices or world.figure != world.now or any(busy(each) for each in world.places):
            return
        if not self.knows_all(world) or any(map(mistaken, world.places)):
            swept = world
            for order in bits(world.sold):
                swept = self.learn(swept, order)
            for number in range(len(world.places)):
                swept = self.read(swept, number)
            yield "sweep", swept

    def knows_all(self, world: World) -> bool:
        return world.known == world.sold and world.known_cancelled == world.cancelled

    # Promises

    def wrong(self, world: World, following: list[Step]) -> Iterable[str]:
        at_rest = all(name.startswith(TRADE) for name, _ in following)
        if at_rest and world.known != world.sold:
            yield "loses an order"
        if self.knows_all(world) and any(
            mistaken(each) and not (each.write or each.position.needs_read)
            for each in world.places
        ):
            yield "believes what is not shown"
        yield from self.broken_promises(world, at_rest=at_rest)
