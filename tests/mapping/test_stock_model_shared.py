"""Stores that share a warehouse, or divide it, never sell one unit twice. Nor do kits."""

from dataclasses import replace

import pytest

from tests.mapping.stock_model_places import Model
from tests.mapping.stock_model_shared import Divided, Habits, Kits, Pool
from tests.mapping.stock_model_world import Limits

OVERSELLS = "offers what is not there"
TRADE = Limits(stock=2, orders=(1, 1), cancels=1, counter=1)
TROUBLE = replace(TRADE, cancels=0, lost_notices=1, repeats=1, lost_answers=1)
# One store sells out its half, and the counter sells what it had sold.
DEFICIT = Limits(stock=4, orders=(2, 0), cancels=1, counter=2)
# The halves are cut anew twice, while a raise is on its way.
SHIFTS = Limits(stock=8, orders=(2, 2))


@pytest.mark.parametrize(
    ("_case", "model", "worlds"),
    [
        ("in common", Pool(TRADE), 70_000),
        ("in common, in trouble", Pool(TROUBLE), 45_000),
        ("divided", Divided(replace(TRADE, stock=4), habits=Habits()), 12_000),
        ("divided, in trouble", Divided(replace(TROUBLE, stock=4), habits=Habits()), 15_000),
        ("divided, one beyond its half", Divided(DEFICIT, habits=Habits()), 35_000),
        (
            "divided, two sell to the counter's loss",
            Divided(Limits(stock=4, orders=(2, 1), counter=2), habits=Habits()),
            15_000,
        ),
        ("divided, cut anew", Divided(SHIFTS, habits=Habits()), 3_500),
        ("a kit and its component", Kits(replace(TRADE, stock=4)), 90_000),
        ("a kit and its component, in trouble", Kits(replace(TROUBLE, stock=3)), 13_000),
    ],
)
def test_no_order_of_events_sells_a_unit_twice_or_leaves_one_unsold(
    _case: str, model: Model, worlds: int
) -> None:
    found = model.explore()

    assert found.violations == {}
    assert found.worlds > worlds


@pytest.mark.parametrize(
    ("_case", "model"),
    [
        ("the other store's orders", Pool(TRADE, gives_way=False)),
        (
            "what the other sold beyond its half",
            Divided(DEFICIT, habits=Habits(), gives_way=False),
        ),
        ("room before a raise", Divided(SHIFTS, habits=Habits(makes_room=False))),
        ("a raise on its way", Divided(SHIFTS, habits=Habits(looks_at_writes=False))),
        ("a level to be read", Divided(DEFICIT, habits=Habits(waits_for_reads=False))),
        ("the kit's orders", Kits(replace(TRADE, stock=4), claims_components=False)),
    ],
)
def test_each_habit_is_needed(_case: str, model: Model) -> None:
    found = model.explore(stop_at_first=True)

    assert OVERSELLS in found.violations
