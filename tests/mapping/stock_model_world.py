"""What the models of several places are made of. Sets of orders are bit masks."""

from dataclasses import dataclass
from typing import NamedTuple

from mapping.decide.stock import Position


class Write(NamedTuple):
    quantity: int
    change_from: int | None
    counted: int
    accounted: int
    applied: bool = False


class Place(NamedTuple):
    shown: int
    position: Position
    dirty: bool = False
    write: Write | None = None
    # Counter sales, and orders of other places, that what it shows has made room for.
    counted: int = 0
    accounted: int = 0
    # Orders unknown to us that its last level contains.
    read_with: int = 0


class Figure(NamedTuple):
    """What the ERP's figure contains: counter sales, orders, and cancellations of them."""

    counted: int = 0
    orders: int = 0
    freed: int = 0


class Where(NamedTuple):
    """Where orders are, if they can move: what the store does and what we heard of it."""

    routed: int = 0
    moved: int = 0
    heard_routed: int = 0
    heard_moved: int = 0
    booked_at_1: int = 0


class World(NamedTuple):
    places: tuple[Place, ...]
    counted: int = 0
    sold: int = 0
    cancelled: int = 0
    known: int = 0
    known_cancelled: int = 0
    in_erp: int = 0
    freed: int = 0
    figure: Figure = Figure()
    notices: int = 0
    lost_notices: int = 0
    repeats: int = 0
    lost_answers: int = 0
    # Counter sales for which all places together have made room.
    cleared: int = 0
    where: Where = Where()

    @property
    def active(self) -> int:
        return self.sold & ~self.cancelled

    @property
    def now(self) -> Figure:
        """The figure that the ERP would give now."""
        return Figure(self.counted, self.in_erp, self.freed)

    @property
    def pending(self) -> int:
        """The orders that the last figure does not contain."""
        return self.known & ~self.known_cancelled & ~self.figure.orders


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How often each thing may happen; `orders` are those of each place."""

    stock: int
    orders: tuple[int, ...]
    cancels: int = 0
    counter: int = 0
    lost_notices: int = 0
    repeats: int = 0
    lost_answers: int = 0


def busy(place: Place) -> bool:
    return place.dirty or place.write is not None


def mistaken(place: Place) -> bool:
    return place.position.mirror != place.shown


def put(world: World, number: int, place: Place) -> World:
    places = world.places
    return world._replace(places=(*places[:number], place, *places[number + 1 :]))


def stir(world: World) -> World:
    """Have every place decided again: what one learns may matter to all."""
    return world._replace(places=tuple(each._replace(dirty=True) for each in world.places))
