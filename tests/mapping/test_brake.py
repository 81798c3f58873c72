"""A mass change stops and asks; trade does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.decide.brake import Limits, Move, move_of, stops

LIMITS = Limits(zero_percent=10, zero_least=25, move_percent=40, move_least=100)
counts = st.integers(0, 200)


def zeros(count: int) -> list[Move]:
    return [Move.TO_ZERO] * count


@pytest.mark.parametrize(
    ("_case", "shown", "quantity", "move"),
    [
        ("the first figure of a new item", None, 0, None),
        ("the first stock of a new item", None, 500, None),
        ("nothing changes", 40, 40, None),
        ("the last unit is sold", 1, 0, Move.TO_ZERO),
        ("a full shelf goes to nothing", 500, 0, Move.TO_ZERO),
        ("a level below nothing is set right", -3, 0, None),
        ("half of a large level goes", 40, 20, Move.LARGE),
        ("less than half of it goes", 40, 21, None),
        ("half of a small level is trade", 18, 9, None),
        ("half of the smallest level that counts", 20, 10, Move.LARGE),
        ("a delivery of half as much again", 40, 60, Move.LARGE),
        ("a delivery of less", 40, 59, None),
        ("sold out, and much comes in", 0, 10, Move.LARGE),
        ("sold out, and a little comes in", 0, 9, None),
        ("oversold, and much comes in", -5, 5, Move.LARGE),
    ],
)
def test_what_counts_as_a_move(
    _case: str, shown: int | None, quantity: int, move: Move | None
) -> None:
    assert move_of(shown=shown, quantity=quantity) is move


@pytest.mark.parametrize(
    ("_case", "going", "zeroed", "with_stock", "stopped"),
    [
        ("24 of 1,000", 24, 0, 1000, False),
        ("the percent of a large catalogue", 100, 0, 1000, False),
        ("one more than it", 101, 0, 1000, True),
        ("the least of a small catalogue", 25, 0, 60, False),
        ("one more than it", 26, 0, 60, True),
        ("the last hour counts", 1, 100, 1000, True),
        ("the last hour was quiet enough", 1, 99, 1000, False),
        ("a percent is rounded down", 27, 0, 269, True),
        ("of nothing the least may go", 25, 0, 0, False),
    ],
)
def test_so_many_items_may_go_to_zero_within_an_hour(
    _case: str, going: int, zeroed: int, with_stock: int, *, stopped: bool
) -> None:
    found = stops(LIMITS, zeros(going), zeroed=zeroed, moved=0, with_stock=with_stock)

    assert found == ({Move.TO_ZERO} if stopped else frozenset())


@pytest.mark.parametrize(
    ("going", "moved", "stopped"),
    [(400, 0, False), (401, 0, True), (1, 399, False), (1, 400, True)],
)
def test_so_many_items_may_move_by_half_within_an_hour(
    going: int, moved: int, *, stopped: bool
) -> None:
    found = stops(LIMITS, [Move.LARGE] * going, zeroed=0, moved=moved, with_stock=1000)

    assert found == ({Move.LARGE} if stopped else frozenset())


def test_each_kind_stops_by_itself() -> None:
    moves = [*zeros(101), *[Move.LARGE] * 5]

    assert stops(LIMITS, moves, zeroed=0, moved=0, with_stock=1000) == {Move.TO_ZERO}


def test_both_kinds_may_stop_together() -> None:
    moves = [*zeros(101), *[Move.LARGE] * 401]

    assert stops(LIMITS, moves, zeroed=0, moved=0, with_stock=1000) == set(Move)


def test_an_hour_that_went_too_far_does_not_stop_a_run_that_moves_nothing() -> None:
    assert not stops(LIMITS, [], zeroed=500, moved=900, with_stock=1000)
    assert not stops(LIMITS, [Move.LARGE], zeroed=500, moved=0, with_stock=1000)


@given(going=counts, zeroed=counts, with_stock=st.integers(0, 3000))
def test_what_stops_stops_all_the_more_with_one_more(
    going: int, zeroed: int, with_stock: int
) -> None:
    found = stops(LIMITS, zeros(going), zeroed=zeroed, moved=0, with_stock=with_stock)
    one_more = stops(LIMITS, zeros(going + 1), zeroed=zeroed, moved=0, with_stock=with_stock)

    assert found <= one_more


@given(going=st.integers(1, 60), first=st.integers(0, 60))
def test_a_run_cut_into_pieces_is_stopped_where_the_whole_is(going: int, first: int) -> None:
    first = min(first, going)
    whole = stops(LIMITS, zeros(going), zeroed=0, moved=0, with_stock=100)
    rest = stops(LIMITS, zeros(going - first), zeroed=first, moved=0, with_stock=100)

    assert rest == (whole if going > first else frozenset())
