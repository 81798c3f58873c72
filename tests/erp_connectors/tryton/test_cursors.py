"""No change is lost between reads, however late its transaction ends."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from erp_connectors.tryton.cursors import EPOCH, Cursor, Event, Position, load_cursor, take

OVERLAP = timedelta(seconds=60)


def event(second: int, record: int) -> Event:
    return Event(EPOCH + timedelta(seconds=second), record)


# Transactions as (began, how long it took, the records it changed).
transactions = st.lists(
    st.tuples(
        st.integers(0, 300),
        st.integers(0, 59),
        st.frozensets(st.integers(1, 6), min_size=1, max_size=4),
    ),
    max_size=12,
    unique_by=lambda each: each[0],
)


@given(transactions=transactions, limit=st.integers(1, 3), pause=st.integers(1, 40))
def test_every_change_is_read_however_late_it_shows(
    transactions: list[tuple[int, int, frozenset[int]]], limit: int, pause: int
) -> None:
    position = Position()
    read: list[Event] = []
    for now in range(0, 420, pause):
        visible = [
            event(began, record)
            for began, took, records in transactions
            if began + took <= now
            for record in records
        ]
        more = True
        while more:
            window = [each for each in visible if each.stamp >= position.since(OVERLAP)]
            taken, later = take(position.fresh(window), limit)
            read += taken
            position = position.after(taken, later, OVERLAP)
            copy = load_cursor(Cursor(position=position).dump())
            assert copy
            assert copy.position == position
            more = bool(later)

    wanted = [event(began, record) for began, _, records in transactions for record in records]
    assert set(read) == set(wanted)


def test_a_read_that_found_nothing_leaves_the_cursor_as_it_was() -> None:
    position = Position().after([event(5, 1)], [], OVERLAP)

    assert position.after([], [], OVERLAP) is position
    assert position.fresh([event(5, 1)]) == []


def test_a_page_counts_records_and_not_changes() -> None:
    events = [event(1, 7), event(2, 7), event(3, 8), event(4, 9)]

    taken, later = take(events, 2)

    assert [each.id for each in taken] == [7, 7, 8]
    assert [each.id for each in later] == [9]
