"""A mass change stops and asks: how much may move before a person is asked. Pure.

An unplugged warehouse, a restored backup or a stock-take that went wrong look like any
other figures. What gives them away is how many items they move at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

# Less than this is trade, however large a part of a small level it is.
_SMALL_MOVE = 10


class Move(StrEnum):
    TO_ZERO = "to_zero"
    LARGE = "large"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many items may go to 0, or move by half or more, within an hour.

    A percent is one of the items that have stock; the least is allowed in any case.
    """

    zero_percent: int
    zero_least: int
    move_percent: int
    move_least: int


def move_of(*, shown: int | None, quantity: int) -> Move | None:
    """Return what kind of move a write is. The first figure of a new item is none."""
    if shown is None or shown == quantity:
        return None
    if quantity == 0 and shown > 0:
        return Move.TO_ZERO
    change = abs(quantity - shown)
    return Move.LARGE if change >= _SMALL_MOVE and 2 * change >= max(shown, 0) else None


def stops(
    limits: Limits, moves: Iterable[Move], *, zeroed: int, moved: int, with_stock: int
) -> frozenset[Move]:
    """Return the kinds of moves that exceed their limit together with the last hour's."""
    counted = list(moves)
    zero = zeroed + counted.count(Move.TO_ZERO)
    large = moved + counted.count(Move.LARGE)
    found = set()
    if counted.count(Move.TO_ZERO) and zero > _most(
        limits.zero_percent, limits.zero_least, with_stock
    ):
        found.add(Move.TO_ZERO)
    if counted.count(Move.LARGE) and large > _most(
        limits.move_percent, limits.move_least, with_stock
    ):
        found.add(Move.LARGE)
    return frozenset(found)


def _most(percent: int, least: int, of: int) -> int:
    return max(of * percent // 100, least)
