import contextlib
import threading
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from mapping.models import Channel
from sync.api import feed
from sync.models import AuditEntry, ShopOrder
from tests.sync.api.client import Partner
from tests.sync.makers import make_channel, make_key, make_order

State = ShopOrder.State


def read(partner: Partner, cursor: str = "", **query: Any) -> tuple[list[str], str, bool]:
    answer = partner.get("orders", cursor=cursor, **query).json()
    names = [order["name"] for order in answer["orders"]]
    return names, answer["next_cursor"], answer["more"]


def sweep(partner: Partner, cursor: str = "", **query: Any) -> tuple[list[str], str]:
    found: list[str] = []
    more = True
    while more:
        names, cursor, more = read(partner, cursor, **query)
        found += names
    return found, cursor


def test_an_order_comes_with_exact_money_and_where_it_goes(
    channel: Channel, partner: Partner
) -> None:
    order = make_order(channel)

    (shown,) = partner.get("orders").json()["orders"]

    assert shown["reference"] == order.reference
    assert shown["total"]["shop"] == {"amount": "94.90", "currency": "EUR"}
    assert shown["lines"][0]["sku"] == "BOT-1001-38-NEG"
    assert shown["ship_to"]["city"] == "Elche"
    assert shown == partner.get(f"orders/{order.reference}").json()


def test_orders_come_in_sequence_and_once(channel: Channel, partner: Partner) -> None:
    names = [make_order(channel).name for _ in range(7)]

    first, cursor = sweep(partner, limit=2)
    again, cursor = sweep(partner, cursor, limit=2)
    later = make_order(channel).name

    assert first == names
    assert again == []
    assert sweep(partner, cursor)[0] == [later]


def test_an_order_that_is_released_late_still_comes(channel: Channel, partner: Partner) -> None:
    held = [make_order(channel, state=State.HELD) for _ in range(3)]
    ready = make_order(channel)

    first, cursor = sweep(partner)
    ShopOrder.objects.filter(pk=held[1].pk).update(state=State.HANDED_OVER)
    second, cursor = sweep(partner, cursor)
    third, _cursor = sweep(partner, cursor)

    assert (first, second, third) == ([ready.name], [held[1].name], [])


def test_an_order_that_is_not_for_the_erp_never_comes(channel: Channel, partner: Partner) -> None:
    make_order(channel, state=State.NOT_NEEDED)
    make_order(channel, state=State.CANCELLED)

    assert sweep(partner)[0] == []


def test_more_open_orders_than_a_cursor_holds_lose_none(
    channel: Channel, partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "MOST_OPEN", 3)
    held = [make_order(channel, state=State.HELD).name for _ in range(6)]
    ready = [make_order(channel).name for _ in range(2)]

    first, cursor = sweep(partner, limit=1)
    ShopOrder.objects.update(state=State.HANDED_OVER)
    second, cursor = sweep(partner, cursor, limit=1)
    third, _cursor = sweep(partner, cursor, limit=1)

    assert sorted(first + second + third) == sorted(held + ready)


@pytest.mark.parametrize("state", ["held", "in_erp", "all"])
def test_other_states_can_be_asked_for(channel: Channel, partner: Partner, state: str) -> None:
    held = make_order(channel, state=State.HELD).name
    booked = make_order(channel, state=State.IN_ERP, erp_number="P1").name

    wanted = {"held": [held], "in_erp": [booked], "all": [held, booked]}

    assert sweep(partner, state=state)[0] == wanted[state]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"limit": "0"}, 422),
        ({"limit": "201"}, 422),
        ({"limit": "many"}, 422),
        ({"state": "lost"}, 422),
        ({"cursor": "x"}, 400),
        ({"cursor": "ñ"}, 400),
        ({"cursor": "W10"}, 400),
        ({"cursor": "WzEuNV0"}, 400),
        ({"cursor": "W3RydWVd"}, 400),
        ({"cursor": "x" * 4000}, 422),
    ],
)
def test_a_bad_question_is_a_problem(partner: Partner, query: dict[str, str], status: int) -> None:
    assert partner.get("orders", **query).status_code == status


@given(
    after=st.integers(0, 2**63 - 1),
    still_open=st.lists(st.integers(0, 2**63 - 1), max_size=50).map(tuple),
)
def test_a_cursor_survives_its_journey(after: int, still_open: tuple[int, ...]) -> None:
    cursor = feed.Cursor(after=after, open=still_open)

    assert feed.Cursor.read(cursor.text()) == cursor


@given(st.text(max_size=40))
def test_no_text_breaks_the_cursor(text: str) -> None:
    with contextlib.suppress(feed.BadCursor):
        feed.Cursor.read(text)


def test_an_acknowledged_order_is_in_the_erp(channel: Channel, partner: Partner) -> None:
    order = make_order(channel)

    answer = partner.post(
        f"orders/{order.reference}/ack", {"erp_number": "P26-1", "erp_total": "94.90"}
    ).json()

    order.refresh_from_db()
    assert (order.state, order.erp_number) == (State.IN_ERP, "P26-1")
    assert (answer["result"], answer["money"]["equal"]) == ("accepted", True)
    assert sweep(partner)[0] == []
    assert AuditEntry.objects.get().subject == f"{order.name} = P26-1"


def test_acknowledging_again_changes_nothing(channel: Channel, partner: Partner) -> None:
    order = make_order(channel)
    partner.post(f"orders/{order.reference}/ack", {"erp_number": "P26-1"})

    again = partner.post(f"orders/{order.reference}/ack", {"erp_number": "P26-1"})
    other = partner.post(f"orders/{order.reference}/ack", {"erp_number": "P26-2"})

    assert (again.status_code, again.json()["result"]) == (200, "already")
    assert (other.status_code, other.json()["code"]) == (409, "other_number")
    assert "P26-1" in other.json()["detail"]


def test_one_erp_number_belongs_to_one_order(channel: Channel, partner: Partner) -> None:
    first, second = make_order(channel), make_order(channel)
    partner.post(f"orders/{first.reference}/ack", {"erp_number": "P26-1"})

    answer = partner.post(f"orders/{second.reference}/ack", {"erp_number": "P26-1"})

    assert answer.status_code == 409
    assert "another order" in answer.json()["detail"]


def test_different_money_is_stated_and_seen_by_staff(channel: Channel, partner: Partner) -> None:
    order = make_order(channel)

    answer = partner.post(
        f"orders/{order.reference}/ack", {"erp_number": "P26-1", "erp_total": 95.9}
    ).json()

    order.refresh_from_db()
    assert answer["money"]["difference"] == "1.00"
    assert answer["money"]["equal"] is False
    assert order.erp_total == Decimal("95.90")


@pytest.fixture
def slow_transaction() -> Iterator[threading.Event]:
    """Ends the transaction of `insert_slowly`, at the latest with the test."""
    release = threading.Event()
    yield release
    release.set()


def insert_slowly(channel: Channel, begun: threading.Event, release: threading.Event) -> None:
    try:
        with transaction.atomic():
            make_order(channel, name="slow")
            begun.set()
            release.wait(20)
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_an_order_committed_late_is_not_skipped(slow_transaction: threading.Event) -> None:
    channel = make_channel()
    partner = Partner(make_key(channel))
    begun = threading.Event()
    thread = threading.Thread(target=insert_slowly, args=(channel, begun, slow_transaction))
    thread.start()
    assert begun.wait(10)
    quick = make_order(channel, name="quick")
    assert quick.pk == ShopOrder.objects.latest("pk").pk

    early, cursor = sweep(partner)
    slow_transaction.set()
    thread.join()
    late, cursor = sweep(partner, cursor)

    assert early == []
    assert late == ["slow", "quick"]
    assert sweep(partner, cursor)[0] == []
