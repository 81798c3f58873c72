"""Which orders may go to the ERP, and when its total is proven."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.decide.orders import Verdict, check_order, prove_money
from mapping.documents import ErpOrder, Money, Order
from tests.sync.makers import euros, make_document

ORDER = make_document("shop/1", "#1001")


def test_a_sound_order_may_go() -> None:
    assert check_order(ORDER) == ()


def without_tax(order: Order) -> Order:
    return replace(
        order, prices_include_tax=False, total=euros(Decimal("94.90") + Decimal("16.47"))
    )


def test_where_prices_are_without_tax_it_is_added() -> None:
    assert check_order(without_tax(ORDER)) == ()
    assert check_order(replace(ORDER, prices_include_tax=False))


@pytest.mark.parametrize(
    ("order", "codes"),
    [
        (replace(ORDER, lines=(replace(ORDER.lines[0], sku=" "),)), ["no_sku"]),
        (replace(ORDER, lines=()), ["no_lines", "sum_differs"]),
        (replace(ORDER, total=euros(Decimal("94.91"))), ["sum_differs"]),
        (replace(ORDER, shipping=()), ["sum_differs"]),
    ],
)
def test_an_order_that_does_not_add_up_waits_with_its_reason(
    order: Order, codes: list[str]
) -> None:
    assert [each.code for each in check_order(order)] == codes


def booked(total: str | None, *, rounding: str | None = None, currency: str = "EUR") -> ErpOrder:
    def money(text: str | None) -> Money | None:
        return None if text is None else Money(amount=Decimal(text), currency=currency)

    return ErpOrder(number="P1", id="1", total=money(total), rounding=money(rounding))


@pytest.mark.parametrize(
    ("erp", "verdict"),
    [
        (booked("94.90"), Verdict.EQUAL),
        (booked("94.900"), Verdict.EQUAL),
        (booked("94.90", rounding="0.00"), Verdict.EQUAL),
        (booked("94.90", rounding="0.05"), Verdict.ROUNDED),
        (booked("94.90", rounding="-0.05"), Verdict.ROUNDED),
        (booked("94.90", rounding="0.06"), Verdict.DIFFERENT),
        (booked("94.91"), Verdict.DIFFERENT),
        (booked("94.91", rounding="0.01"), Verdict.DIFFERENT),
        (booked("94.90", currency="USD"), Verdict.DIFFERENT),
        (booked(None), Verdict.UNPROVEN),
    ],
)
def test_the_erps_total_is_proven_to_the_cent(erp: ErpOrder, verdict: Verdict) -> None:
    proof = prove_money(ORDER, erp)

    assert proof.verdict is verdict
    assert proof.holds is (verdict is not Verdict.DIFFERENT)


cents = st.decimals(min_value=-100, max_value=100, places=2)


@given(total=cents, rounding=cents)
def test_no_difference_passes_unseen(total: Decimal, rounding: Decimal) -> None:
    order = replace(ORDER, total=euros(Decimal("10.00")))
    proof = prove_money(order, booked(str(total), rounding=str(rounding)))

    assert proof.holds is (total == 10 and abs(rounding) <= Decimal("0.05"))
