"""A store with two locations sells no unit twice, wherever its orders go."""

import pytest

from tests.mapping.stock_model_locations import Habits, Locations
from tests.mapping.stock_model_world import Limits

ONE = Limits(stock=2, orders=(1, 0))
BOTH = Limits(stock=2, orders=(1, 1))
OVERSELLS, STAYS = "offers what is not there", "stays different"
MISTAKEN = "believes what is not shown"


# An order booked from another warehouse than holds it, and cancelled while a second one
# is still on its way to us, hides that one until it arrives: the store tells how many
# units it has promised, not to whom. So nothing moves where orders are cancelled here.
@pytest.mark.parametrize(
    ("_case", "model", "worlds"),
    [
        ("nowhere yet", Locations(BOTH, units=(1, 1), late=1), 50_000),
        (
            "nowhere yet, cancelled",
            Locations(Limits(stock=2, orders=(1, 0), cancels=1, counter=1), units=(1,), late=1),
            35_000,
        ),
        (
            "moved, beside the counter",
            Locations(Limits(stock=2, orders=(1, 1), counter=1), units=(1, 1), moves=1),
            10_000,
        ),
        (
            "moved before it is known where it was",
            Locations(Limits(stock=2, orders=(1, 0), counter=1), units=(1,), moves=1, late=1),
            15_000,
        ),
        (
            "split, in trouble",
            Locations(
                Limits(stock=2, orders=(1, 1), lost_notices=1, repeats=1, lost_answers=1),
                units=(2, 1),
                moves=1,
            ),
            15_000,
        ),
        (
            "cancelled",
            Locations(Limits(stock=2, orders=(1, 1), cancels=1, counter=1), units=(1, 1)),
            18_000,
        ),
    ],
)
def test_no_order_of_events_sells_a_unit_twice_or_leaves_one_unsold(
    _case: str, model: Locations, worlds: int
) -> None:
    found = model.explore()

    assert found.violations == {}
    assert found.worlds > worlds


@pytest.mark.parametrize(
    ("_case", "model", "what"),
    [
        (
            "a split order is here and there",
            Locations(BOTH, units=(2, 1), moves=1, habits=Habits(divides=False)),
            STAYS,
        ),
        (
            "a move is noticed",
            Locations(ONE, units=(1,), moves=1, late=1, habits=Habits(notices_moves=False)),
            MISTAKEN,
        ),
        (
            "what is nowhere explains nothing",
            Locations(BOTH, units=(1, 1), late=1, habits=Habits(explains_only_its_own=False)),
            OVERSELLS,
        ),
        (
            "what is booked counts where it is booked",
            Locations(ONE, units=(2,), moves=1, late=1, habits=Habits(counts_where_booked=False)),
            OVERSELLS,
        ),
    ],
)
def test_each_habit_is_needed(_case: str, model: Locations, what: str) -> None:
    found = model.explore(stop_at_first=True)

    assert what in found.violations
