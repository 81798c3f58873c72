"""A web order's cents survive the way into net prices with four decimals."""

from decimal import ROUND_HALF_UP, Decimal

from hypothesis import given
from hypothesis import strategies as st

from erp_connectors.tryton.amounts import lines_of, rounding_needed
from tests.erp_connectors.tryton.makers import make_line, make_order

CENT = Decimal("0.01")


@given(
    cents=st.integers(1, 100_000),
    quantity=st.integers(1, 40),
    off=st.integers(0, 500),
    rate=st.sampled_from(["21", "10", "4"]),
)
def test_a_gross_price_gives_the_shops_net_and_tax_to_the_cent(
    cents: int, quantity: int, off: int, rate: str
) -> None:
    discount = min(off, cents * quantity - 1)
    order = make_order(
        make_line("A", quantity, f"{Decimal(cents) / 100}", discount=f"{Decimal(discount) / 100}",
                  rate=rate),
        shipping="0",
    )  # fmt: skip

    (line,) = lines_of(order)

    # As Tryton computes it: the amount and the tax each rounded from the exact product.
    base = line.unit_price * quantity
    net = base.quantize(CENT, ROUND_HALF_UP)
    tax = (base * Decimal(rate) / 100).quantize(CENT, ROUND_HALF_UP)
    assert net == line.net
    assert abs(order.total.shop.amount - net - tax) <= CENT


def test_the_price_that_half_of_spain_uses_needs_no_rounding_line() -> None:
    (line,) = lines_of(make_order(make_line("A", 1, "59.95"), shipping="0"))

    assert line.unit_price == Decimal("49.5455")


def test_rounding_is_at_most_five_cents() -> None:
    order = make_order(make_line("A", 1, "10.00"), shipping="0")

    assert rounding_needed(order, Decimal("9.95")) == Decimal("0.05")
    assert rounding_needed(order, Decimal("10.05")) == Decimal("-0.05")
    assert rounding_needed(order, Decimal("9.94")) == 0
    assert rounding_needed(order, Decimal("10.00")) == 0
