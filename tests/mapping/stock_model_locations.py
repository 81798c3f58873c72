"""One store with two locations, each fed by a warehouse of its own, and orders that move.

An order may be sold before the store says where it will ship from; it may be moved to the
other location, and of an order of two units one may be moved: then it is split.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from mapping.decide.stock import LevelRead
from mapping.decide.stock_target import StockTarget
from tests.mapping.stock_model_places import Model, Step, level_read, order_changed
from tests.mapping.stock_model_search import bits
from tests.mapping.stock_model_targets import target_alone
from tests.mapping.stock_model_world import Figure, Limits, Place, Where, World, put, stir

PLACES = (0, 1)
# Beside each order that a place made room for: it has dealt with the units put back there.
_SHIFT = 8
BACK = 0xFF << _SHIFT


@dataclass(frozen=True, kw_only=True)
class Habits:
    """What the engine does with an order's locations."""

    # Each location has its own part of a split order; otherwise both have all of it.
    divides: bool = True
    # An order that moved has the levels of both locations read.
    notices_moves: bool = True
    # An order that is nowhere yet does not explain what a location has promised.
    explains_only_its_own: bool = True
    # What the ERP was told of comes off the warehouse that it was told.
    counts_where_booked: bool = True


ALL = Habits()


class Locations(Model):
    """`limits.stock` is that of each warehouse; the counter sells from the first."""

    def __init__(
        self,
        limits: Limits,
        *,
        units: tuple[int, ...],
        moves: int = 0,
        late: int = 0,
        habits: Habits = ALL,
    ) -> None:
        super().__init__(limits)
        self.order_units = units  # of each order
        self.moves, self.late, self.habits = moves, late, habits

    # Where the units of an order are

    def held(self, order: int, number: int, where: Where) -> int:
        """The units that the store holds for an order in a place."""
        return self._layout(order, number, moved=bool(where.moved >> order & 1))

    def heard(self, order: int, number: int, where: Where) -> int:
        """The units that we take it to hold there."""
        moved, units = bool(where.heard_moved >> order & 1), self.order_units[order]
        nowhere = not where.heard_routed >> order & 1
        split = moved and units > 1
        if nowhere or (split and not self.habits.divides):
            return units
        return self._layout(order, number, moved=moved)

    def certain(self, order: int, where: Where) -> bool:
        """Whether we know where its units are, each in one place."""
        return self.order_units[order] == sum(self.heard(order, each, where) for each in PLACES)

    def claimed(self, world: World, order: int, number: int) -> int:
        """The units that the next figure of the place's warehouse will lack."""
        if self.habits.counts_where_booked and world.in_erp >> order & 1:
            here = self.booked(order, world.where) == number
            return self.order_units[order] if here else 0
        return self.heard(order, number, world.where)

    def _layout(self, order: int, number: int, *, moved: bool) -> int:
        away = 1 if moved else 0
        return away if number != self.at[order] else self.order_units[order] - away

    def booked(self, order: int, where: Where) -> int:
        return where.booked_at_1 >> order & 1

    def free_at(self, world: World, number: int) -> int:
        found = self.limits.stock - (world.counted if number == 0 else 0)
        for order in bits(world.active):
            if not world.in_erp >> order & 1:
                found -= self.held(order, number, world.where)
            elif self.booked(order, world.where) == number:
                found -= self.order_units[order]
        return found

    def figure_at(self, figure: Figure, where: Where, number: int) -> int:
        """What the ERP has free in the warehouse of a place."""
        found = self.limits.stock - (figure.counted if number == 0 else 0)
        for order in bits(figure.orders & ~figure.freed):
            if self.booked(order, where) == number:
                found -= self.order_units[order]
        return found

    def target(self, world: World, number: int) -> StockTarget:
        pending = sum(self.claimed(world, order, number) for order in bits(world.pending))
        unknown = world.places[number].position.unknown_web
        return target_alone(self.figure_at(world.figure, world.where, number), pending, unknown)

    # Events

    def trade(self, world: World) -> Iterator[Step]:
        yield from self._sales(world)
        if world.cancelled.bit_count() < self.limits.cancels:
            for order in bits(world.active):
                cancelled = world._replace(
                    cancelled=world.cancelled | 1 << order, notices=world.notices | 1 << order
                )
                for number, place in enumerate(world.places):
                    accounted = place.accounted & ~(1 << order << _SHIFT)
                    cancelled = put(cancelled, number, place._replace(accounted=accounted))
                yield f"cancel {order}", self._shift(cancelled, order, world.where, +1)
        if world.counted < self.limits.counter and self.figure_at(world.now, world.where, 0) > 0:
            yield "counter sale", world._replace(counted=world.counted + 1)
        yield from self._moves(world)

    def _sales(self, world: World) -> Iterator[Step]:
        for order, number in enumerate(self.at):
            bit = 1 << order
            if world.sold & bit or world.places[number].shown < self.order_units[order]:
                continue
            sold = world._replace(sold=world.sold | bit, notices=world.notices | bit)
            sold = self._shift(sold, order, world.where, -1)
            routed = world.where._replace(routed=world.where.routed | bit)
            yield f"sale {order} at {number}", sold._replace(where=routed)
            if (world.sold & ~world.where.routed).bit_count() < self.late:
                yield f"sale {order} at {number}, which is not said yet", sold

    def _moves(self, world: World) -> Iterator[Step]:
        where = world.where
        for order in bits(world.active & ~where.routed):
            bit = 1 << order
            told = world._replace(
                notices=world.notices | bit, where=where._replace(routed=where.routed | bit)
            )
            yield f"place of {order} said", told
        if where.moved.bit_count() >= self.moves:
            return
        for order in bits(world.active & where.routed & ~where.moved):
            bit, home = 1 << order, self.at[order]
            if world.places[1 - home].shown > 0:
                moved = where._replace(moved=where.moved | bit)
                after = world._replace(notices=world.notices | bit, where=moved)
                left = after.places[home]
                # What it shows now has not made room for the unit that came back.
                accounted = left.accounted & ~(bit | bit << _SHIFT)
                left = left._replace(shown=left.shown + 1, accounted=accounted)
                there = after.places[1 - home]
                after = put(after, home, left)
                yield (
                    f"sale {order} moved",
                    put(after, 1 - home, there._replace(shown=there.shown - 1)),
                )

    def _shift(self, world: World, order: int, where: Where, sign: int) -> World:
        for number in PLACES:
            place = world.places[number]
            units = sign * self.held(order, number, where)
            world = put(world, number, place._replace(shown=place.shown + units))
        return world

    def learn(self, world: World, order: int) -> World:
        bit, cancelled = 1 << order, bool(world.cancelled >> order & 1)
        where = world.where
        heard = where._replace(
            heard_routed=(where.heard_routed & ~bit) | (where.routed & bit),
            heard_moved=(where.heard_moved & ~bit) | (where.moved & bit),
        )
        known = world._replace(
            known=world.known | bit,
            known_cancelled=world.known_cancelled | (bit if cancelled else 0),
            where=heard,
        )
        for number, place in enumerate(world.places):
            place = self._hear(world, known, order, number, place)
            known = put(known, number, place._replace(read_with=place.read_with & ~bit))
        return stir(known)

    def _hear(self, before: World, after: World, order: int, number: int, place: Place) -> Place:
        """What an order just read does to a position."""
        bit, position = 1 << order, place.position
        contained = bool(place.read_with & bit)
        if after.known_cancelled & bit:
            unsure = bool(before.known & ~before.known_cancelled & bit) or contained
        elif before.known & bit:
            unsure = self.habits.notices_moves and before.where != after.where
        elif self.certain(order, after.where):
            units = self.heard(order, number, after.where)
            # It may have been here, or not, when the level was read, and moved since.
            explains = position.unknown_web >= units if units else not position.unknown_web
            unsure = contained and not explains
            if units:
                position = order_changed(position, units, in_last_read=contained)
        else:
            unsure = True
        return place._replace(position=replace(position, needs_read=True) if unsure else position)

    def erp(self, world: World) -> Iterator[Step]:
        entering = world.known & ~world.known_cancelled & ~world.in_erp
        for name, after in super().erp(world):
            entered = after.in_erp & ~world.in_erp & entering
            if entered:
                order = next(bits(entered))
                # The warehouse of an order that is nowhere, or split, is the first.
                at_0 = self.heard(order, 0, world.where)
                where = world.where
                if not at_0:
                    where = where._replace(booked_at_1=where.booked_at_1 | entered)
                after = after._replace(where=where)
            yield name, after

    def read(self, world: World, number: int) -> World:
        place, where = world.places[number], world.where
        committed = sum(self.held(order, number, where) for order in bits(world.active))
        known_open = 0
        for order in bits(world.known & ~world.known_cancelled):
            if self.certain(order, where) or not self.habits.explains_only_its_own:
                known_open += self.heard(order, number, where)
        level = LevelRead(available=place.shown, committed=committed)
        position = level_read(place.position, level, known_open=known_open)
        # Any order placed before the read counts as contained, wherever it was then.
        place = place._replace(position=position, read_with=world.sold & ~world.known)
        return stir(put(world, number, place))

    # Promises

    def made_room_for(self, world: World, number: int) -> tuple[int, int]:
        accounted = 0
        for order in bits(world.active):
            contained = world.figure.orders >> order & 1
            pending = world.pending >> order & 1
            if (contained and self.booked(order, world.where) == number) or (
                pending and self.claimed(world, order, number) == self.order_units[order]
            ):
                accounted |= 1 << order
        short = self.short(world, number)
        # A write is absolute: it takes away what the store had put back by itself. But
        # nothing shows less than 0, and what is short shows up when an order moves.
        return max(world.figure.counted - short, 0), BACK | (0 if short else accounted)

    def knows_all(self, world: World) -> bool:
        where = world.where
        heard = where.heard_routed, where.heard_moved
        return super().knows_all(world) and heard == (where.routed, where.moved)

    def broken_promises(self, world: World, *, at_rest: bool) -> Iterator[str]:
        for number, place in enumerate(world.places):
            free = self.free_at(world, number)
            bound = free + (world.counted - place.counted if number == 0 else 0)
            bound += sum(
                self.on_its_way(world, order, number, place) for order in bits(world.in_erp)
            )
            if place.shown > max(bound, 0):
                yield "offers what is not there"
            if at_rest and place.shown != max(free, 0):
                yield "stays different"

    def on_its_way(self, world: World, order: int, number: int, place: Place) -> int:
        """Units that the store and the ERP hold in different places, until a write says so."""
        held = self.held(order, number, world.where)
        if self.booked(order, world.where) == number:
            unheard = world.active & ~place.accounted
            return self.order_units[order] - held if unheard >> order & 1 else 0
        if place.accounted >> _SHIFT >> order & 1:
            return 0
        if world.cancelled >> order & 1:
            return held
        return world.where.moved >> order & 1 if self.at[order] == number else 0
