"""What a store may offer: every part is there to see, and no unit is promised twice."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.decide.stock_target import (
    Claims,
    Policy,
    Shelf,
    StockTarget,
    item_target,
    kit_target,
    supply,
)
from tests.mapping.stock_makers import (
    PLAIN,
    adds_up,
    claims_made,
    fractions,
    policies,
    shelf,
    shelves_made,
    target,
    whole,
)


def test_the_sentence_on_the_screen() -> None:
    claims = Claims(pending_web=Decimal(1), pending_elsewhere=Decimal(2), unknown_web=Decimal(1))

    found = target(
        shelf("18", reserved="3", incoming="10"), claims=claims, policy=Policy(buffer_units=2)
    )

    assert found == StockTarget(
        quantity=9, free=15, pending_web=1, pending_elsewhere=2, unknown_web=1, buffer=2
    )


@pytest.mark.parametrize(
    ("_case", "shelves", "policy", "quantity"),
    [
        ("no warehouse, nothing to sell", [], PLAIN, 0),
        ("warehouses are added", [shelf("3"), shelf("4")], PLAIN, 7),
        ("fractions are added before they are cut", [shelf("1.5"), shelf("1.5")], PLAIN, 3),
        ("a fraction sells nothing", [shelf("2.9")], PLAIN, 2),
        ("what is short in one is made up for by another", [shelf("-2"), shelf("5")], PLAIN, 3),
        ("a fraction short is a unit short", [shelf("-0.5"), shelf("2")], PLAIN, 1),
        ("half of five is two", [shelf("5", share=50)], PLAIN, 2),
        ("what comes in is not sold ahead", [shelf("1", incoming="9")], PLAIN, 1),
        (
            "unless the merchant says so",
            [shelf("1", incoming="9")],
            Policy(sells_incoming=True),
            10,
        ),
        (
            "sold ahead by the part",
            [shelf("2", incoming="9", share=50)],
            Policy(sells_incoming=True),
            5,
        ),
        ("a percent is rounded up", [shelf("11")], Policy(buffer_percent=10), 9),
        ("the larger buffer counts", [shelf("11")], Policy(buffer_units=3, buffer_percent=10), 8),
        ("of what is on hand", [shelf("10", reserved="5")], Policy(buffer_percent=20), 3),
        ("of nothing a percent is nothing", [shelf("-5")], Policy(buffer_percent=20), 0),
        ("as few as this are not shown", [shelf("3")], Policy(zero_at_or_below=3), 0),
        ("one more is", [shelf("4")], Policy(zero_at_or_below=3), 4),
        (
            "after the buffer",
            [shelf("5")],
            Policy(buffer_units=2, zero_at_or_below=3),
            0,
        ),
    ],
)
def test_a_case_each(_case: str, shelves: list[Shelf], policy: Policy, quantity: int) -> None:
    found = target(*shelves, policy=policy)

    assert found.quantity == quantity
    assert adds_up(found)


def test_what_is_not_shown_and_what_is_short_is_said() -> None:
    assert target(shelf("3"), policy=Policy(zero_at_or_below=3)).withheld == 3
    assert target(shelf("3"), claims=Claims(pending_web=Decimal(5))).short == 2
    # A buffer that is eaten up is what it was for.
    assert target(shelf("3"), policy=Policy(buffer_units=5)).short == 0


@given(shelves=shelves_made, claims=claims_made, policy=policies)
def test_the_parts_add_up_and_promise_nothing_that_is_not_left(
    shelves: list[Shelf], claims: Claims, policy: Policy
) -> None:
    found = supply(shelves, claims, policy)
    shown = item_target(found, policy)

    assert adds_up(shown)
    assert 0 <= shown.quantity <= max(found.left, Decimal(0))
    assert shown.quantity == 0 or shown.quantity > policy.zero_at_or_below


@given(shelves=shelves_made, claims=claims_made, policy=policies, more=claims_made)
def test_more_claims_never_show_more(
    shelves: list[Shelf], claims: Claims, policy: Policy, more: Claims
) -> None:
    raised = Claims(
        pending_web=claims.pending_web + more.pending_web,
        pending_elsewhere=claims.pending_elsewhere + more.pending_elsewhere,
        unknown_web=claims.unknown_web + more.unknown_web,
    )

    before = target(*shelves, claims=claims, policy=policy)

    assert target(*shelves, claims=raised, policy=policy).quantity <= before.quantity


@given(
    stock=st.lists(st.tuples(whole, whole), min_size=1, max_size=3),
    claims=claims_made,
    policy=policies,
    more=st.integers(0, 20),
)
def test_more_units_in_a_warehouse_never_show_less(
    stock: Sequence[tuple[Decimal, Decimal]], claims: Claims, policy: Policy, more: int
) -> None:
    shelves = [shelf(on_hand, reserved=reserved) for on_hand, reserved in stock]
    on_hand, reserved = stock[0]
    fuller = [shelf(on_hand + more, reserved=reserved), *shelves[1:]]

    before = target(*shelves, claims=claims, policy=policy)

    assert target(*fuller, claims=claims, policy=policy).quantity >= before.quantity


@given(on_hand=fractions, share=st.integers(1, 100), policy=policies, more=fractions)
def test_where_units_are_cut_more_of_them_show_one_less_at_worst(
    on_hand: Decimal, share: int, policy: Policy, more: Decimal
) -> None:
    # 20 pieces halved are 10, less 10 % is 9; 21 are 10.5, less 1.05: the buffer is
    # rounded up and the part down. It is on the safe side, and hardly worth a rule.
    policy = replace(policy, zero_at_or_below=0)
    before = target(shelf(on_hand, share=share), policy=policy)

    after = target(shelf(on_hand + more, share=share), policy=policy)

    assert after.quantity >= before.quantity - 1


@given(
    parts=st.lists(
        st.tuples(shelves_made, claims_made, policies, st.decimals("0.1", 5, places=1)),
        min_size=1,
        max_size=3,
    ),
    policy=policies,
)
def test_a_kit_is_as_many_as_its_scarcest_component_allows(
    parts: list[tuple[list[Shelf], Claims, Policy, Decimal]], policy: Policy
) -> None:
    components = [(supply(shelves, claims, each), units) for shelves, claims, each, units in parts]

    found = kit_target(components, policy)

    assert adds_up(found)
    assert found.free == min(floor(component.left / units) for component, units in components)
    assert all(
        found.quantity * units <= max(component.left, Decimal(0))
        for component, units in components
    )


@pytest.mark.parametrize(
    ("_case", "left", "units", "policy", "quantity"),
    [
        ("two of each five", ("5",), ("2",), PLAIN, 2),
        ("the scarcest counts", ("50", "3"), ("2", "1"), PLAIN, 3),
        ("half a metre each", ("2.4",), ("0.5",), PLAIN, 4),
        ("one component oversold", ("50", "-1"), ("2", "1"), PLAIN, 0),
        ("kept back in kits", ("20",), ("2",), Policy(buffer_percent=25), 7),
        ("too few kits to show", ("5",), ("2",), Policy(zero_at_or_below=2), 0),
    ],
)
def test_a_kit_each(
    _case: str, left: tuple[str, ...], units: tuple[str, ...], policy: Policy, quantity: int
) -> None:
    components = [
        (supply([shelf(has)], Claims(), PLAIN), Decimal(each))
        for has, each in zip(left, units, strict=True)
    ]

    assert kit_target(components, policy).quantity == quantity
