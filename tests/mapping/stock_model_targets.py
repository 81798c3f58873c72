"""The production arithmetic of stock, remembered: the models ask it the same again and again."""

from datetime import UTC, datetime
from decimal import Decimal
from functools import cache

from mapping.decide.stock_target import (
    Claims,
    Elsewhere,
    Policy,
    Shelf,
    StockTarget,
    item_target,
    kit_target,
    supply,
)
from mapping.documents import StockLevel

PLAIN = Policy()


def shelf(free: int, share: int | None = None) -> Shelf:
    """A warehouse that has so many units to sell."""
    level = StockLevel(
        sku="A", warehouse="W", on_hand=Decimal(free), as_of=datetime(2026, 11, 24, tzinfo=UTC)
    )
    return Shelf(level=level, share=share)


@cache
def target_alone(free: int, pending: int, unknown: int) -> StockTarget:
    claims = Claims(pending_web=Decimal(pending), unknown_web=Decimal(unknown))
    return item_target(supply([shelf(free)], claims, PLAIN), PLAIN)


@cache
def target_pooled(free: int, pending: int, unknown: int, elsewhere: int) -> StockTarget:
    """What a place may show of a warehouse from which another sells `elsewhere` units."""
    other = Elsewhere(claimed=Decimal(elsewhere), own_free=Decimal(free), divided=False)
    claims = Claims(
        pending_web=Decimal(pending),
        pending_elsewhere=other.taken,
        unknown_web=Decimal(unknown),
    )
    return item_target(supply([shelf(free)], claims, PLAIN), PLAIN)


@cache
def target_divided(free: int, pending: int, unknown: int, elsewhere: int) -> StockTarget:
    """What a place may show of its half, before it waits for the other to make room."""
    half = shelf(free, share=50)
    other = Elsewhere(claimed=Decimal(elsewhere), own_free=half.part(Decimal(free)), divided=True)
    claims = Claims(
        pending_web=Decimal(pending),
        pending_elsewhere=other.taken,
        unknown_web=Decimal(unknown),
    )
    return item_target(supply([half], claims, PLAIN), PLAIN)


@cache
def target_of_kit(free: int, pending: int, unknown: int, size: int) -> StockTarget:
    claims = Claims(pending_web=Decimal(pending), unknown_web=Decimal(unknown))
    component = supply([shelf(free)], claims, PLAIN)
    return kit_target([(component, Decimal(size))], PLAIN)
