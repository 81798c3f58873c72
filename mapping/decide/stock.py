"""What to write next for an item at a place, and how sure of its level we are. Pure.

The protocol keeps, for each item at each location, a mirror of the level in the shop
and writes absolute values with compare-and-set against it. Its safety rests on three
habits that an exhaustive model showed to be necessary: one write in flight per
position, the mirror corrected by orders that arrive while it flies, and one read of
the level whenever the shop turns out to have moved.
"""

from dataclasses import dataclass, replace

from mapping.decide.stock_target import StockTarget
from mapping.ownership import Owner


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """What we know of one item at one location of one shop.

    `mirror` is what we believe the shop shows; None means we never knew. `since`
    sums what orders did to the level while a write was in flight. `unknown_web` are
    units the shop has committed to orders we have not seen yet.
    """

    mirror: int | None = None
    sent: int | None = None
    since: int = 0
    needs_read: bool = False
    never_stocked: bool = False
    unknown_web: int = 0

    @property
    def in_flight(self) -> bool:
        return self.sent is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelRead:
    """A level as the shop reports it: sellable now, and promised to open orders."""

    available: int
    committed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SetQuantity:
    """Show `quantity`, provided the shop still shows `change_from` (None: never stocked)."""

    quantity: int
    change_from: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLevel:
    """Nothing may be written before the level has been read."""


def decide_stock(
    position: Position, target: StockTarget, *, owner: Owner
) -> SetQuantity | ReadLevel | None:
    """Return the next step for a position, or None if there is none to take.

    The one decision behind the flow, the reconciliation and the correction.
    """
    if owner is not Owner.ERP or position.in_flight:
        return None
    if position.needs_read:
        return ReadLevel()
    if position.mirror is None:
        # Nobody can have sold what was never stocked, so there is nothing to compare.
        if position.never_stocked:
            return SetQuantity(quantity=target.quantity, change_from=None)
        return ReadLevel()
    if target.quantity == position.mirror:
        return None
    return SetQuantity(quantity=target.quantity, change_from=position.mirror)


def sent(position: Position, quantity: int) -> Position:
    """The write is about to leave. From here on orders count twice: now and in `since`."""
    return replace(position, sent=quantity, since=0)


def acknowledged(position: Position) -> Position:
    """The write was carried out, now or by an earlier try with the same key."""
    assert position.sent is not None
    # Not simply `sent`: an order may have been taken after Shopify applied the write
    # and have reached us before its answer did.
    return replace(
        position,
        mirror=position.sent + position.since,
        sent=None,
        since=0,
        never_stocked=False,
    )


def refused(position: Position) -> Position:
    """The write was not carried out, so what we believed of the level was wrong."""
    return replace(position, sent=None, since=0, needs_read=True)


def not_applied(position: Position) -> Position:
    """The write was not carried out, for a reason that says nothing about this level."""
    return replace(position, sent=None, since=0)


def order_changed(position: Position, units: int, *, in_last_read: bool) -> Position:
    """An order we had not seen took `units` off the shelf (negative: put them back).

    `in_last_read`: the order is older than the level we read last, so the mirror
    already contains it and it explains part of `unknown_web`. Where that was less, the
    order came here after the read, and only another read can tell.
    """
    if in_last_read:
        explained = min(max(units, 0), position.unknown_web)
        return replace(
            position,
            unknown_web=position.unknown_web - explained,
            needs_read=position.needs_read or explained < units,
        )
    mirror = None if position.mirror is None else position.mirror - units
    since = position.since - units if position.in_flight else 0
    return replace(position, mirror=mirror, since=since)


def level_read(position: Position, level: LevelRead, *, known_open: int) -> Position:
    """The shop told us its level. `known_open`: units in open orders that we have seen.

    What it has committed beyond those belongs to orders on their way to us.
    """
    if position.in_flight:
        # The answer may be from before or after our write: it proves nothing.
        return position
    return replace(
        position,
        mirror=level.available,
        needs_read=False,
        never_stocked=False,
        unknown_web=max(level.committed - known_open, 0),
    )
