"""Shelves, claims and policies for the tests of what may be shown."""

from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import strategies as st

from mapping.decide.stock_target import (
    Claims,
    Policy,
    Shelf,
    StockTarget,
    item_target,
    supply,
)
from mapping.documents import StockLevel

PLAIN = Policy()


def shelf(
    on_hand: str | Decimal,
    *,
    reserved: str | Decimal = "0",
    blocked: str | Decimal = "0",
    incoming: str | Decimal = "0",
    share: int | None = None,
) -> Shelf:
    level = StockLevel(
        sku="A",
        warehouse="W",
        on_hand=Decimal(on_hand),
        as_of=datetime(2026, 11, 24, tzinfo=UTC),
        reserved=Decimal(reserved),
        blocked=Decimal(blocked),
        incoming=Decimal(incoming),
    )
    return Shelf(level=level, share=share)


def target(*shelves: Shelf, claims: Claims | None = None, policy: Policy = PLAIN) -> StockTarget:
    return item_target(supply(shelves, claims or Claims(), policy), policy)


def adds_up(found: StockTarget) -> bool:
    added, taken = found.free + found.incoming, found.pending_web + found.pending_elsewhere
    taken += found.unknown_web + found.buffer + found.withheld + found.capped
    return added - taken == found.quantity or (found.quantity == 0 and added < taken)


whole = st.integers(0, 60).map(Decimal)
fractions = st.decimals(0, 60, places=1)
signed = st.decimals(-30, 60, places=1)
policies = st.builds(
    Policy,
    buffer_units=st.integers(0, 5),
    buffer_percent=st.integers(0, 100),
    zero_at_or_below=st.integers(0, 5),
    sells_incoming=st.booleans(),
)
claims_made = st.builds(
    Claims, pending_web=fractions, pending_elsewhere=fractions, unknown_web=fractions
)
shelves_made = st.lists(
    st.builds(
        shelf,
        signed,
        reserved=fractions,
        blocked=fractions,
        incoming=fractions,
        share=st.none() | st.integers(1, 100),
    ),
    max_size=3,
)
