"""What the ERP shipped closes open lines of the order, and never more than is open."""

from collections import Counter
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from mapping.decide.fulfilments import already_recorded, plan_fulfilment
from mapping.documents import Shipment, ShipmentLine
from mapping.documents.fulfilment import (
    FulfilmentOrder,
    FulfilmentState,
    OpenLine,
    RecordedFulfilment,
)

SKUS = ("A", "B")


def shipped(*lines: tuple[str, int], line_id: str = "") -> Shipment:
    return Shipment(
        id="ALB-1",
        order_reference="shop/1",
        shipped_at=datetime(2026, 11, 24, tzinfo=UTC),
        lines=tuple(
            ShipmentLine(sku=sku, quantity=units, line_id=line_id) for sku, units in lines
        ),
    )


def expected(
    number: int, *lines: tuple[str, int], status: str = "OPEN", place: str = "madrid"
) -> FulfilmentOrder:
    return FulfilmentOrder(
        id=f"order-{number}",
        status=status,
        location=place,
        lines=tuple(
            OpenLine(id=f"{number}/{index}", line_item=f"item-{sku}", sku=sku, remaining=remaining)
            for index, (sku, remaining) in enumerate(lines)
        ),
    )


def state(
    *orders: FulfilmentOrder, recorded: tuple[RecordedFulfilment, ...] = ()
) -> FulfilmentState:
    return FulfilmentState(orders=orders, recorded=recorded)


def test_a_parcel_from_two_places_is_two_fulfilments() -> None:
    plan = plan_fulfilment(
        shipped(("A", 3)), state(expected(1, ("A", 2)), expected(2, ("A", 2), place="elche"))
    )

    assert [[each.take for each in group] for group in plan.groups] == [[2], [1]]
    assert plan.missing == ()


def test_what_the_store_does_not_expect_is_named() -> None:
    plan = plan_fulfilment(
        shipped(("A", 3), ("C", 1)),
        state(expected(1, ("A", 2)), expected(2, ("A", 9), status="CLOSED")),
    )

    assert plan.missing == (("A", 1), ("C", 1))


def test_the_line_the_erp_names_wins_over_the_sku() -> None:
    plan = plan_fulfilment(
        shipped(("A", 1), line_id="item-B"), state(expected(1, ("A", 1), ("B", 1)))
    )

    ((taken,),) = plan.groups
    assert taken.sku == "B"


quantities = st.lists(st.tuples(st.sampled_from(SKUS), st.integers(1, 4)), max_size=4)
orders = st.lists(
    st.tuples(quantities, st.sampled_from(["OPEN", "IN_PROGRESS", "CLOSED", "ON_HOLD"])),
    max_size=3,
)


@given(quantities, orders)
def test_never_more_than_is_open_and_every_unit_is_accounted_for(
    lines: list[tuple[str, int]], opened: list[tuple[list[tuple[str, int]], str]]
) -> None:
    wanted = [expected(number, *rows, status=how) for number, (rows, how) in enumerate(opened)]
    plan = plan_fulfilment(shipped(*lines), state(*wanted))

    remaining = {
        line.id: line.remaining
        for order in wanted
        if order.status in {"OPEN", "IN_PROGRESS"}
        for line in order.lines
    }
    taken: Counter[str] = Counter()
    found: Counter[str] = Counter(dict.fromkeys(SKUS, 0))
    for each in (each for group in plan.groups for each in group):
        taken[each.line] += each.take
        found[each.sku] += each.take
    assert all(units <= remaining[line] for line, units in taken.items())
    for sku, units in plan.missing:
        found[sku] += units
    for sku in SKUS:
        assert found[sku] == sum(units for name, units in lines if name == sku)
    assert all(len({each.location for each in group}) == 1 for group in plan.groups)


def recorded(
    number: int, *lines: tuple[str, int], tracking: str = "T1", status: str = "SUCCESS"
) -> RecordedFulfilment:
    return RecordedFulfilment(
        id=f"f{number}", status=status, tracking_numbers=(tracking,), lines=lines
    )


def test_a_lost_answer_is_found_again_by_its_lines_and_its_tracking() -> None:
    lines = (("item-A", 2),)
    now = state(
        recorded=(
            recorded(1, ("item-A", 2), status="CANCELLED"),
            recorded(2, ("item-A", 2)),  # of another shipment
            recorded(3, ("item-A", 1)),
            recorded(4, ("item-A", 2), tracking="T9"),
            recorded(5, ("item-A", 1), ("item-A", 1)),
        )
    )

    found = already_recorded(lines, now, numbers=frozenset({"T1"}), claimed=frozenset({"f2"}))
    assert found is not None
    assert found.id == "f5"
    assert already_recorded((("item-A", 3),), now, numbers=frozenset({"T1"})) is None
