"""Work that comes round by itself: once, at its pace, and never past what was stored."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from erp_connectors import registry
from erp_connectors.contract import Page
from erp_connectors.errors import ErpUnavailable
from mapping.documents import Product, StockLevel
from sync import handlers, polling, queue, recurring, worker
from sync.models import InboxMessage, Priority, Recurring
from tests.sync.engine.rows import at_once
from tests.sync.makers import make_channel, make_message

pytestmark = pytest.mark.django_db(transaction=True)


class PagedErp:
    """An ERP with three pages of products, which counts how often it is asked."""

    asked: list[str] = []
    away = False

    def __init__(self, *_args: object) -> None:
        pass

    def pull_products(self, cursor: str, *, limit: int = 100) -> Page[Product]:
        if PagedErp.away:
            raise ErpUnavailable("no answer")
        PagedErp.asked.append(cursor)
        number = int(cursor or 0) + 1
        product = Product(code=f"P{number}", title="Bota", variants=())
        return Page(records=(product,), cursor=str(number), as_of=timezone.now(), more=number < 3)

    def pull_stock(self, cursor: str, *, limit: int = 500) -> Page[StockLevel]:
        PagedErp.asked.append("stock")
        return Page(records=(), cursor=cursor, as_of=timezone.now())

    def close(self) -> None:
        pass


@pytest.fixture
def poll(monkeypatch: pytest.MonkeyPatch) -> Recurring:
    monkeypatch.setitem(registry.CONNECTORS, "paged", PagedErp)
    PagedErp.asked, PagedErp.away = [], False
    channel = make_channel()
    erp = channel.company.erpconnection
    erp.kind = "paged"
    erp.save()
    return Recurring.objects.create(kind=Recurring.Kind.POLL_PRODUCTS, connection=erp, seconds=60)


def make_due(row: Recurring) -> None:
    Recurring.objects.filter(pk=row.pk).update(next_due="2000-01-01T00:00Z")


def test_eight_workers_ask_the_erp_once(poll: Recurring) -> None:
    ran = at_once(8, lambda _: recurring.run_one())

    assert sorted(ran) == [False] * 7 + [True]
    assert PagedErp.asked == ["", "1", "2"]


def test_an_erp_that_is_away_is_asked_less_and_less_and_says_so(poll: Recurring) -> None:
    PagedErp.away = True
    pauses = []
    for _ in range(4):
        make_due(poll)
        before = timezone.now()
        assert recurring.run_one()
        poll.refresh_from_db()
        pauses.append(poll.next_due - before)

    assert [round(each.total_seconds()) for each in pauses] == [120, 240, 300, 300]
    assert (poll.failures, poll.last_error) == (4, "no answer")
    assert poll.connection is not None
    poll.connection.refresh_from_db()
    assert poll.connection.last_error == "no answer"

    PagedErp.away = False
    make_due(poll)
    recurring.run_one()
    poll.refresh_from_db()
    assert (poll.failures, poll.last_error) == (0, "")


def test_what_was_put_off_for_an_erp_is_tried_when_it_is_back(poll: Recurring) -> None:
    assert poll.connection is not None
    ours = make_message(poll.connection.company.channel_set.get(), key="ours", attempts=6)
    theirs = make_message(make_channel(), key="theirs", attempts=6)
    later = timezone.now() + timedelta(hours=1)
    InboxMessage.objects.update(run_after=later)

    PagedErp.away = True
    make_due(poll)
    recurring.run_one()
    assert set(run_after(ours, theirs)) == {later}

    PagedErp.away = False
    make_due(poll)
    recurring.run_one()
    assert run_after(ours)[0] <= timezone.now()
    assert run_after(theirs) == [later]
    # An order that nobody has looked at goes first, though it came last.
    new = make_message(ours.channel, priority=Priority.ORDERS)
    ceiling = Priority.ORDERS
    assert [queue.claim(InboxMessage, ceiling=ceiling) for _ in range(2)] == [new, None]
    ours.refresh_from_db()
    assert ours.attempts == 6


def run_after(*messages: InboxMessage) -> list[datetime]:
    return [InboxMessage.objects.get(pk=each.pk).run_after for each in messages]


def test_the_cursor_moves_only_with_its_messages(poll: Recurring) -> None:
    """Whatever statement the worker dies at, no product is skipped."""

    class Killed(BaseException):
        pass

    for number in range(60):
        InboxMessage.objects.all().delete()
        Recurring.objects.update(cursor="", claims=0, lease_until=None)
        poll.refresh_from_db()
        left = [number]

        def axe(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            left[0] -= 1  # noqa: B023 - it is used within this round only
            if left[0] < 0:  # noqa: B023
                raise Killed
            return execute(sql, params, many, context)

        try:
            with connection.execute_wrapper(axe):
                polling.poll(poll)
        except Killed:
            connection.close()
        else:
            break
        poll.refresh_from_db()
        stored = set(InboxMessage.objects.values_list("key", flat=True))
        assert {f"P{each + 1}" for each in range(int(poll.cursor or 0))} == stored
    assert poll.cursor == "3"


def test_a_worker_that_was_taken_over_does_not_move_the_cursor(poll: Recurring) -> None:
    Recurring.objects.filter(pk=poll.pk).update(claims=5)
    polling.poll(poll)

    poll.refresh_from_db()
    assert poll.cursor == ""


def test_the_erp_is_asked_for_stock_before_a_backlog_of_orders_is_entered(
    poll: Recurring, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert poll.connection is not None
    PagedErp.asked = []
    monkeypatch.setattr(handlers, "handle", lambda _message: PagedErp.asked.append("order"))
    stock = Recurring.objects.create(
        kind=Recurring.Kind.POLL_STOCK, connection=poll.connection, seconds=60
    )
    make_due(poll)
    make_due(stock)
    for _ in range(2):
        make_message(poll.connection.company.channel_set.get(), priority=Priority.ORDERS)

    while worker.run_next():
        pass

    assert PagedErp.asked[:4] == ["stock", "order", "order", ""]


def test_two_stores_of_one_company_both_hear_of_a_product(poll: Recurring) -> None:
    assert poll.connection is not None
    sister = make_channel(company=poll.connection.company)
    stranger = make_channel()
    polling.poll(poll)

    assert InboxMessage.objects.filter(channel=sister).count() == 3
    assert InboxMessage.objects.count() == 6
    assert not InboxMessage.objects.filter(channel=stranger).exists()


def test_a_product_that_returns_to_what_it_was_is_news() -> None:
    """Yesterday's title again today is a change, though the document is one we have seen."""

    class Returning(PagedErp):
        def pull_products(self, cursor: str, *, limit: int = 100) -> Page[Product]:
            product = Product(code="P1", title="Bota", variants=())
            return Page(records=(product,), cursor=f"{cursor}1", as_of=timezone.now())

    pull = polling.PULLS[Recurring.Kind.POLL_PRODUCTS]
    first, repeated, later = (
        pull(Returning(), cursor)  # type: ignore[arg-type]
        for cursor in ("", "", "1")
    )

    assert first.news[0].message_id == repeated.news[0].message_id
    assert first.news[0].message_id != later.news[0].message_id
