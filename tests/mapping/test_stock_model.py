"""The stock protocol holds in every order of events, and each of its habits is needed."""

import pytest

from tests.mapping.stock_model import Broken, explore

OVERSELLS, MISTAKEN = "offers what is not there", "believes what is not shown"


def test_no_order_of_events_oversells_or_leaves_the_sides_different() -> None:
    found = explore(Broken())

    assert found.violations == {}
    assert found.worlds > 50_000


@pytest.mark.parametrize(
    ("_case", "broken", "what"),
    [
        ("no compare-and-set", Broken(compares=False), OVERSELLS),
        ("the ERP's figure shown", Broken(subtracts_pending=False), OVERSELLS),
        ("two writes in flight", Broken(one_writer=False), MISTAKEN),
        ("orders in flight ignored", Broken(corrects_in_flight=False), MISTAKEN),
        ("the wish taken for the level", Broken(believes_what_was_sent=False), MISTAKEN),
        ("no sweep", Broken(sweeps=False), "loses an order"),
    ],
)
def test_each_habit_is_needed(_case: str, broken: Broken, what: str) -> None:
    found = explore(broken, stop_at_first=True)

    assert what in found.violations
