"""How many units a store may offer of an item, and every number behind it. Pure.

A place is one location of one store. It sells from shelves: warehouses, each whole or a
part. Places of other stores may sell from the same shelves. Two rules keep them from
selling one unit twice. Where they share a warehouse, each gives way to the orders of all.
Where they divide it, each keeps to its part, and a part is raised only by what the
others no longer show.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from mapping.documents.stock import StockLevel

_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a merchant keeps back from sale, or sells ahead.

    The larger of the two buffers counts; a percent is one of what is on hand, rounded up.
    """

    buffer_units: int = 0
    buffer_percent: int = 0
    zero_at_or_below: int = 0
    sells_incoming: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What one warehouse has of one SKU. `share`: the percent a place may sell; None: all."""

    level: StockLevel
    share: int | None = None

    def part(self, units: Decimal) -> Decimal:
        return units if self.share is None else units * self.share / _HUNDRED


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """Units of a SKU that web orders hold and the ERP's figures do not contain yet."""

    pending_web: Decimal = Decimal(0)
    # Sold in stores that sell from the same shelves.
    pending_elsewhere: Decimal = Decimal(0)
    # Committed by the store to orders that are on their way to us.
    unknown_web: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """What another place holds of the same SKU, and its own part of the shelves.

    `divided`: the two meet only in warehouses that are divided between them.
    """

    claimed: Decimal
    own_free: Decimal
    divided: bool

    @property
    def taken(self) -> Decimal:
        """Return the units it takes from the others: all, or what exceeds its part."""
        if not self.divided:
            return self.claimed
        # A part below nothing is made up for by the others as well.
        return max(self.claimed - _floor(self.own_free), Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """One SKU at one place, before anything is cut to whole units."""

    free: Decimal
    incoming: Decimal
    claims: Claims
    buffer: int

    @property
    def left(self) -> Decimal:
        claims = self.claims
        taken = claims.pending_web + claims.pending_elsewhere + claims.unknown_web
        return self.free + self.incoming - taken - self.buffer


@dataclass(frozen=True, slots=True, kw_only=True)
class StockTarget:
    """The number to show and how it came about.

    `free` + `incoming` − all other parts is `quantity`, or less than nothing where
    `quantity` is 0. `short`: units sold that are not there.
    """

    quantity: int
    free: int
    incoming: int = 0
    pending_web: int = 0
    pending_elsewhere: int = 0
    unknown_web: int = 0
    buffer: int = 0
    # Left over, but so few that the merchant does not show them.
    withheld: int = 0
    # Another store still shows units that belong to this one's part.
    capped: int = 0
    short: int = 0


def supply(shelves: Iterable[Shelf], claims: Claims, policy: Policy) -> Supply:
    """Return what a place may sell of a SKU, given every claim on it."""
    on_hand = free = incoming = Decimal(0)
    for shelf in shelves:
        on_hand += shelf.part(shelf.level.on_hand)
        free += shelf.part(shelf.level.free)
        incoming += shelf.part(shelf.level.incoming)
    return Supply(
        free=free,
        incoming=incoming if policy.sells_incoming else Decimal(0),
        claims=claims,
        buffer=_buffer(policy, on_hand),
    )


def item_target(found: Supply, policy: Policy) -> StockTarget:
    """Return what a store may show of an item. A fraction of a unit sells nothing."""
    claims = found.claims
    target = StockTarget(
        quantity=0,
        free=_floor(found.free),
        incoming=_floor(found.incoming),
        pending_web=_ceiling(claims.pending_web),
        pending_elsewhere=_ceiling(claims.pending_elsewhere),
        unknown_web=_ceiling(claims.unknown_web),
        buffer=found.buffer,
    )
    sellable = target.free + target.incoming - target.pending_web
    sellable -= target.pending_elsewhere + target.unknown_web
    return _shown(replace(target, short=max(-sellable, 0)), sellable - target.buffer, policy)


def kit_target(components: Sequence[tuple[Supply, Decimal]], policy: Policy) -> StockTarget:
    """Return how many kits the components allow. `components`: each with its units per kit.

    Orders of the kit claim its components, so nothing of them is taken off here again.
    """
    whole = min(_floor(found.left / units) for found, units in components)
    target = StockTarget(quantity=0, free=whole, buffer=_buffer(policy, Decimal(max(whole, 0))))
    return _shown(target, whole - target.buffer, policy)


def shown_at_most(
    *, mirror: int | None, sent: int | None, needs_read: bool, never_stocked: bool
) -> int | None:
    """Return the most that a place can be showing; None: only the store knows.

    While a level has to be read an order may have put units back that nobody counted.
    """
    if needs_read or (mirror is None and not never_stocked):
        return None
    return max(mirror or 0, sent or 0)


def excess(target: StockTarget, *, shown: int | None) -> int | None:
    """Return the units a place still shows beyond its part; None: nobody knows."""
    return None if shown is None else max(shown - target.quantity, 0)


def capped(target: StockTarget, *, shown: int, excess_elsewhere: int | None) -> StockTarget:
    """Return the target as far as other places have made room for it.

    Only a raise is cut: what is shown already was part of the sum that held before. While
    nobody knows what the others show (None) there is no raise at all.
    """
    room = max(min(shown, target.quantity), 0)
    if excess_elsewhere is not None:
        room = max(target.quantity - excess_elsewhere, room)
    return replace(target, quantity=room, capped=target.quantity - room)


def _shown(target: StockTarget, left: int, policy: Policy) -> StockTarget:
    quantity = max(left, 0)
    if quantity <= policy.zero_at_or_below:
        return replace(target, withheld=quantity)
    return replace(target, quantity=quantity)


def _buffer(policy: Policy, on_hand: Decimal) -> int:
    percent = _ceiling(max(on_hand, Decimal(0)) * policy.buffer_percent / _HUNDRED)
    return max(policy.buffer_units, percent)


def _floor(units: Decimal) -> int:
    return int(units.to_integral_value(rounding=ROUND_FLOOR))


def _ceiling(units: Decimal) -> int:
    return int(units.to_integral_value(rounding=ROUND_CEILING))
