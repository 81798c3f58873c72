"""Two stores that sell from one warehouse, in common or each its part; and kits."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from mapping.decide.stock_target import StockTarget, capped, excess, shown_at_most
from tests.mapping.stock_model_places import Model
from tests.mapping.stock_model_targets import target_divided, target_of_kit, target_pooled
from tests.mapping.stock_model_world import Limits, Place, World


class Pool(Model):
    """Two stores that each show all of one warehouse, and give way to each other's orders."""

    def __init__(self, limits: Limits, *, gives_way: bool = True) -> None:
        super().__init__(limits)
        self.gives_way = gives_way

    def target(self, world: World, number: int) -> StockTarget:
        mine, theirs = self.claims(world, number), self.claims(world, 1 - number)
        return target_pooled(
            self.erp_free(world.figure), *mine, sum(theirs) if self.gives_way else 0
        )

    def claims(self, world: World, number: int) -> tuple[int, int]:
        """The units sold in a place that the figure lacks: in known orders and in unknown."""
        pending = (world.pending & self.own[number]).bit_count()
        return pending, world.places[number].position.unknown_web

    def broken_promises(self, world: World, *, at_rest: bool) -> Iterator[str]:
        free = self.free(world)
        for number, place in enumerate(world.places):
            if place.shown > max(self.bound(world, number, place), 0):
                yield "offers what is not there"
            if at_rest and place.shown != max(free, 0):
                yield "stays different"

    def bound(self, world: World, number: int, place: Place) -> int:
        """What may be shown while counter sales and orders of others are on their way to it."""
        unheard = world.active & ~self.own[number] & ~place.accounted
        return self.free(world) + world.counted - place.counted + self.weight[unheard]


@dataclass(frozen=True, kw_only=True)
class Habits:
    """What keeps stores that divide a warehouse from raising over each other's heads."""

    makes_room: bool = True
    # A raise of the other that is on its way counts.
    looks_at_writes: bool = True
    # What the other shows is unknown while its level has to be read.
    waits_for_reads: bool = True


class Divided(Pool):
    """Two stores that each show half of one warehouse: together never more than there is."""

    def __init__(self, limits: Limits, *, habits: Habits, gives_way: bool = True) -> None:
        super().__init__(limits, gives_way=gives_way)
        self.habits = habits

    def target(self, world: World, number: int) -> StockTarget:
        if not self.habits.makes_room:
            return self.part(world, number)
        here, there = self.most(world.places[number]), self.most(world.places[1 - number])
        return _capped(self.part(world, number), self.part(world, 1 - number), here, there)

    def most(self, place: Place) -> int | None:
        """What a place may be showing as far as the other is told."""
        position = place.position
        return shown_at_most(
            mirror=position.mirror,
            sent=position.sent if self.habits.looks_at_writes else None,
            needs_read=position.needs_read and self.habits.waits_for_reads,
            never_stocked=position.never_stocked,
        )

    def part(self, world: World, number: int) -> StockTarget:
        mine, theirs = self.claims(world, number), self.claims(world, 1 - number)
        return target_divided(
            self.erp_free(world.figure), *mine, sum(theirs) if self.gives_way else 0
        )

    def made_room_for(self, world: World, number: int) -> tuple[int, int]:
        return 0, 0  # That is not counted place by place here.

    def settle(self, world: World) -> World:
        world = super().settle(world)
        if self.knows_all(world) and all(
            place.write is None and place.shown <= self.part(world, number).quantity
            for number, place in enumerate(world.places)
        ):
            return world._replace(cleared=world.figure.counted)
        return world

    def broken_promises(self, world: World, *, at_rest: bool) -> Iterator[str]:
        # A counter sale is an excuse only until both have once come down to their parts.
        on_its_way = world.counted - world.cleared
        if sum(each.shown for each in world.places) > max(self.free(world) + on_its_way, 0):
            yield "offers what is not there"
        for number, place in enumerate(world.places):
            if at_rest and place.shown != self.part(world, number).quantity:
                yield "stays different"


@cache
def _capped(
    target: StockTarget, other: StockTarget, here: int | None, there: int | None
) -> StockTarget:
    # Where it is not known what is shown here, it is read before anything is written.
    return capped(target, shown=here or 0, excess_elsewhere=excess(other, shown=there))


KIT, SINGLE = 0, 1


class Kits(Model):
    """A kit of two units of an item that is sold singly too, in one store."""

    def __init__(self, limits: Limits, *, claims_components: bool = True) -> None:
        super().__init__(limits, units=(2, 1))
        self.claims_components = claims_components

    def target(self, world: World, number: int) -> StockTarget:
        claiming = range(2) if self.claims_components else [number]
        pending = sum(self.weight[world.pending & self.own[each]] for each in claiming)
        unknown = sum(
            self.units[each] * world.places[each].position.unknown_web for each in claiming
        )
        free = self.erp_free(world.figure)
        if number == KIT:
            return target_of_kit(free, pending, unknown, 2)
        return target_pooled(free, pending, unknown, 0)

    def short(self, world: World, number: int) -> int:
        return self.target(world, SINGLE).short

    def broken_promises(self, world: World, *, at_rest: bool) -> Iterator[str]:
        free = self.free(world)
        for number, place in enumerate(world.places):
            unheard = world.active & ~self.own[number] & ~place.accounted
            bound = free + world.counted - place.counted + self.weight[unheard]
            if place.shown > max(bound // self.units[number], 0):
                yield "offers what is not there"
            if at_rest and place.shown != max(free // self.units[number], 0):
                yield "stays different"
