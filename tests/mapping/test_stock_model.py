"""The stock protocol holds in every order of events, and each of its habits is needed."""

import pytest

from tests.mapping.stock_model import Broken, explore


def test_no_order_of_events_oversells_or_leaves_the_sides_different() -> None:
    worlds, violations = explore(Broken())

    assert violations == {}
    assert worlds > 5_000


@pytest.mark.parametrize(
    ("_case", "broken", "found"),
    [
        ("no compare-and-set", Broken(compares=False), "offers what is not there"),
        ("the ERP's figure shown", Broken(subtracts_pending=False), "offers what is not there"),
        ("two writes in flight", Broken(one_writer=False), "stays different"),
        ("no sweep", Broken(sweeps=False), "loses an order"),
    ],
)
def test_each_habit_is_needed(_case: str, broken: Broken, found: str) -> None:
    _worlds, violations = explore(broken, stop_at_first=True)

    assert found in violations
