"""Stores that divide a warehouse: together they never offer more than is left of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.decide.stock_target import (
    Claims,
    Elsewhere,
    Shelf,
    StockTarget,
    capped,
    excess,
    shown_at_most,
    supply,
)
from tests.mapping.stock_makers import (
    PLAIN,
    adds_up,
    fractions,
    shelf,
    signed,
    target,
    whole,
)


@dataclass(frozen=True, kw_only=True)
class Store:
    shares: tuple[int, ...]
    claimed: Decimal


@st.composite
def divisions(draw: st.DrawFn) -> tuple[list[Decimal], list[Store]]:
    """Warehouses, and stores that have a part of each of at most the whole."""
    free = draw(st.lists(signed, min_size=1, max_size=3))
    count = draw(st.integers(2, 3))
    shares = []
    for _ in free:
        cuts = sorted(draw(st.lists(st.integers(0, 100), min_size=count, max_size=count)))
        shares.append([high - low for low, high in zip([0, *cuts[:-1]], cuts, strict=True)])
    claimed = draw(st.lists(fractions | whole, min_size=count, max_size=count))
    stores = [
        Store(shares=tuple(each[number] for each in shares), claimed=claimed[number])
        for number in range(count)
    ]
    return free, stores


def shelves_of(store: Store, free: Sequence[Decimal]) -> list[Shelf]:
    return [shelf(units, share=share) for units, share in zip(free, store.shares, strict=True)]


def offered(free: Sequence[Decimal], stores: Sequence[Store]) -> list[StockTarget]:
    """What each store shows, given what the others took beyond their parts."""
    elsewhere = [
        Elsewhere(
            claimed=each.claimed,
            own_free=supply(shelves_of(each, free), Claims(), PLAIN).free,
            divided=True,
        )
        for each in stores
    ]
    return [
        target(
            *shelves_of(store, free),
            claims=Claims(
                pending_web=store.claimed,
                pending_elsewhere=sum(
                    (other.taken for at, other in enumerate(elsewhere) if at != number),
                    Decimal(0),
                ),
            ),
        )
        for number, store in enumerate(stores)
    ]


@given(division=divisions())
def test_the_parts_of_a_warehouse_never_offer_more_than_is_left_of_it(
    division: tuple[list[Decimal], list[Store]],
) -> None:
    free, stores = division
    parts = [supply(shelves_of(each, free), Claims(), PLAIN).free for each in stores]
    # What no store has a part of is for none of them, be it more than nothing or less.
    left = sum(parts) - sum(each.claimed for each in stores)

    assert sum(each.quantity for each in offered(free, stores)) <= max(floor(left), 0)


@pytest.mark.parametrize(
    ("_case", "free", "claimed", "quantities"),
    [
        ("each its half", "10", ("0", "0"), [5, 5]),
        ("an odd one is nobody's", "11", ("0", "0"), [5, 5]),
        ("orders come off the part of their store", "10", ("2", "0"), [3, 5]),
        ("beyond it they come off the other's", "10", ("7", "0"), [0, 3]),
        ("both have sold out theirs", "10", ("5", "6"), [0, 0]),
        ("less than nothing has no parts", "-4", ("0", "0"), [0, 0]),
    ],
)
def test_a_warehouse_in_halves(
    _case: str, free: str, claimed: tuple[str, str], quantities: list[int]
) -> None:
    stores = [Store(shares=(50,), claimed=Decimal(each)) for each in claimed]

    assert [each.quantity for each in offered([Decimal(free)], stores)] == quantities


def test_what_one_store_lacks_in_one_warehouse_the_other_makes_up_for_in_another() -> None:
    stores = [
        Store(shares=(90, 10), claimed=Decimal(0)),
        Store(shares=(10, 90), claimed=Decimal(0)),
    ]

    found = offered([Decimal(-10), Decimal(10)], stores)

    assert [each.quantity for each in found] == [0, 0]


def test_where_a_warehouse_is_shared_every_order_comes_off_all() -> None:
    elsewhere = Elsewhere(claimed=Decimal(3), own_free=Decimal(10), divided=False)

    assert elsewhere.taken == 3


# Room for a raise


@given(
    quantity=st.integers(0, 50),
    shown=st.integers(-5, 50),
    there=st.none() | st.integers(0, 50),
)
def test_a_raise_waits_for_room_and_a_decrease_never_waits(
    quantity: int, shown: int, there: int | None
) -> None:
    wished = StockTarget(quantity=quantity, free=quantity)

    found = capped(wished, shown=shown, excess_elsewhere=there)

    assert adds_up(found)
    assert 0 <= found.quantity <= quantity
    if quantity <= shown:
        assert found.quantity == quantity
    else:
        assert found.quantity >= shown
        assert found.quantity <= max(shown, 0) or found.quantity + (there or 0) <= quantity
    if there == 0:
        assert found == wished


@given(
    here=st.tuples(st.integers(0, 20), st.integers(0, 20)),
    there=st.tuples(st.integers(0, 20), st.integers(0, 20)),
)
def test_a_raise_never_makes_the_sum_more_than_the_parts(
    here: tuple[int, int], there: tuple[int, int]
) -> None:
    (wish, shown), (wish_there, shown_there) = here, there
    other = StockTarget(quantity=wish_there, free=wish_there)
    excess_there = excess(other, shown=shown_there)

    found = capped(
        StockTarget(quantity=wish, free=wish), shown=shown, excess_elsewhere=excess_there
    )

    if found.quantity > shown:
        assert found.quantity + shown_there <= wish + wish_there


@pytest.mark.parametrize(
    ("_case", "mirror", "sent", "needs_read", "never_stocked", "most"),
    [
        ("at rest", 5, None, False, False, 5),
        ("a raise under way", 5, 8, False, False, 8),
        ("a decrease under way", 5, 2, False, False, 5),
        ("an order has put units back, nobody knows where", 5, None, True, False, None),
        ("never seen", None, None, False, False, None),
        ("never stocked", None, None, False, True, 0),
        ("its first stock under way", None, 8, False, True, 8),
        ("oversold", -2, None, False, False, 0),
    ],
)
def test_the_most_a_place_can_be_showing(
    _case: str,
    mirror: int | None,
    sent: int | None,
    *,
    needs_read: bool,
    never_stocked: bool,
    most: int | None,
) -> None:
    found = shown_at_most(
        mirror=mirror, sent=sent, needs_read=needs_read, never_stocked=never_stocked
    )

    assert found == most


def test_nobody_knows_the_excess_of_what_nobody_knows() -> None:
    assert excess(StockTarget(quantity=3, free=3), shown=None) is None
