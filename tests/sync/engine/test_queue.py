"""Rows are handed to workers one at a time, in order, and come back when a worker dies."""

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from mapping.models import Channel
from sync import outbox, queue
from sync.models import InboxMessage, OutboxCommand, Priority, Status
from sync.queue import LeaseLost
from tests.sync.engine.rows import (
    ask_for,
    at_once,
    claim_command,
    lease_runs_out,
    status,
    taken_over,
)
from tests.sync.makers import make_channel, make_message

pytestmark = pytest.mark.django_db


def test_messages_about_one_record_are_handled_in_the_order_they_came() -> None:
    channel = make_channel()
    first, second = (make_message(channel, lane="order-1") for _ in range(2))

    taken = queue.claim(InboxMessage)

    assert taken == first
    assert queue.claim(InboxMessage) is None
    assert taken is not None
    queue.finish(taken)
    assert queue.claim(InboxMessage) == second


def test_a_message_that_waits_to_be_tried_again_holds_back_its_record_and_no_other() -> None:
    channel = make_channel()
    later = timezone.now() + timedelta(hours=1)
    make_message(channel, lane="order-1", run_after=later)
    make_message(channel, lane="order-1")
    other = make_message(channel, lane="order-2")

    assert queue.claim(InboxMessage) == other
    assert queue.claim(InboxMessage) is None


def test_a_message_set_aside_does_not_hold_back_its_record() -> None:
    channel = make_channel()
    make_message(channel, lane="order-1")
    taken = queue.claim(InboxMessage)
    assert taken is not None
    queue.park(taken, code="erp_refused", reason="no such customer")
    second = make_message(channel, lane="order-1")

    assert queue.claim(InboxMessage) == second


def test_stock_goes_before_orders_and_orders_before_the_bulk() -> None:
    channel = make_channel()
    for priority in (Priority.BULK, Priority.ORDERS, Priority.NORMAL, Priority.STOCK):
        make_message(channel, priority=priority)

    taken = [queue.claim(InboxMessage) for _ in range(4)]

    assert [row.priority for row in taken if row] == [0, 1, 2, 3]


def test_under_a_ceiling_only_what_is_urgent_is_taken() -> None:
    channel = make_channel()
    make_message(channel, priority=Priority.BULK)

    assert queue.claim(InboxMessage, ceiling=Priority.ORDERS) is None
    assert queue.claim(InboxMessage) is not None


@pytest.mark.parametrize("mode", [Channel.Mode.PAUSED])
def test_a_paused_store_keeps_its_backlog_and_goes_on_later(mode: str) -> None:
    channel = make_channel(mode=mode)
    message, command = make_message(channel), ask_for(channel)

    assert queue.claim(InboxMessage) is None
    assert queue.claim(OutboxCommand) is None
    Channel.objects.filter(pk=channel.pk).update(mode=Channel.Mode.LIVE)
    assert queue.claim(InboxMessage) == message
    assert queue.claim(OutboxCommand) == command


def test_writes_asked_for_before_a_store_was_only_looked_at_are_not_sent() -> None:
    channel = make_channel()
    command = ask_for(channel)
    Channel.objects.filter(pk=channel.pk).update(mode=Channel.Mode.SHADOW)
    message = make_message(channel)

    assert queue.claim(OutboxCommand) is None
    assert status(command) == Status.WAITING
    assert queue.claim(InboxMessage) == message


def test_a_store_that_is_only_looked_at_gets_a_record_of_the_write_and_no_write() -> None:
    command = ask_for(make_channel(mode=Channel.Mode.SHADOW))

    assert (command.status, command.reason) == (Status.IGNORED, "shadow")
    assert queue.claim(OutboxCommand) is None


def test_a_row_that_kills_its_worker_runs_out_of_tries_like_any_other() -> None:
    message = make_message(make_channel())
    for tries in range(1, 4):
        taken = queue.claim(InboxMessage)
        assert taken is not None
        assert taken.attempts == tries
        lease_runs_out(message)
        assert queue.release_expired(InboxMessage) == 1


def test_waiting_for_something_on_its_way_costs_no_try() -> None:
    make_message(make_channel())
    for _ in range(3):
        taken = queue.claim(InboxMessage)
        assert taken is not None
        queue.postpone(taken, at=timezone.now() - timedelta(seconds=1), reason="on its way")

    taken = queue.claim(InboxMessage)
    assert taken is not None
    assert (taken.attempts, taken.claims) == (1, 4)


def test_a_worker_that_lost_its_row_cannot_write_its_outcome() -> None:
    ask_for(make_channel())
    zombie = claim_command()
    other = taken_over(zombie)
    now = timezone.now()

    assert not queue.finish(zombie)
    assert not queue.retry(zombie, at=now, reason="late")
    assert not queue.park(zombie, code="error", reason="late")
    assert not queue.postpone(zombie, at=now, reason="late")
    with pytest.raises(LeaseLost):
        queue.hold_lease(zombie)
    with pytest.raises(LeaseLost):
        queue.settle(zombie)
    assert status(other) == Status.RUNNING
    key = OutboxCommand.objects.get(pk=other.pk).idempotency_key
    assert key == other.idempotency_key  # type: ignore[attr-defined]
    assert queue.finish(other)


def test_a_worker_whose_lease_has_run_out_may_not_call_even_if_nobody_took_over() -> None:
    ask_for(make_channel())
    row = claim_command()
    lease_runs_out(row)

    with pytest.raises(LeaseLost):
        queue.hold_lease(row)


def test_starting_afresh_does_not_let_an_old_worker_back_in() -> None:
    ask_for(make_channel())
    zombie = claim_command()
    lease_runs_out(zombie)
    queue.release_expired(OutboxCommand)
    queue.run_again(OutboxCommand.objects.all())
    again = claim_command()

    assert again.attempts == zombie.attempts == 1
    assert not queue.finish(zombie)


def test_a_later_message_does_the_work_of_those_that_wait_and_of_no_other_record() -> None:
    channel = make_channel()
    first, second = (make_message(channel, lane="order-1") for _ in range(2))
    other = make_message(channel, lane="order-2")
    taken = queue.claim(InboxMessage)
    assert taken == first
    assert taken is not None

    assert queue.supersede(taken) == 1
    assert status(second) == Status.SUPERSEDED
    assert status(other) == Status.WAITING


# A record may be changed again while a worker is writing it: a second write then waits.


def test_a_worker_that_dies_while_the_record_changed_again_stops_nobody() -> None:
    channel = make_channel()
    row = ask_for(channel)
    claim_command()
    second = ask_for(channel)
    lease_runs_out(row)

    assert queue.release_expired(OutboxCommand) == 1
    assert [status(row), status(second)] == [Status.WAITING, Status.SUPERSEDED]


@pytest.mark.parametrize("way", ["retry", "postpone"])
def test_a_write_that_failed_takes_over_the_one_asked_for_meanwhile(way: str) -> None:
    channel = make_channel()
    ask_for(channel, arguments={"shipment": "first", "recorded": 1})
    row = claim_command()
    second = ask_for(channel, arguments={"shipment": "second"}, priority=Priority.STOCK)

    assert getattr(queue, way)(row, at=timezone.now(), reason="the store is away")

    again = OutboxCommand.objects.get(pk=row.pk)
    assert [again.status, status(second)] == [Status.WAITING, Status.SUPERSEDED]
    assert again.arguments == {"shipment": "second", "recorded": 1}
    assert again.priority == Priority.STOCK


def test_a_person_may_start_several_writes_of_one_record_afresh() -> None:
    channel = make_channel()
    for _ in range(3):
        ask_for(channel)
        queue.park(claim_command(), code="shopify_refused", reason="no")
    waiting = ask_for(channel)

    assert queue.run_again(OutboxCommand.objects.filter(status=Status.PARKED)) == 3

    rows = Counter(OutboxCommand.objects.values_list("status", flat=True))
    assert rows == {Status.WAITING: 1, Status.SUPERSEDED: 3}
    assert status(waiting) == Status.SUPERSEDED


@pytest.mark.django_db(transaction=True)
def test_eight_workers_never_take_a_row_twice_nor_two_rows_of_one_record() -> None:
    channel = make_channel()
    for number in range(60):
        make_message(channel, lane=f"order-{number % 7}")

    def work(_number: int) -> list[int]:
        taken = []
        for _ in range(200):
            if row := queue.claim(InboxMessage):
                lane = InboxMessage.objects.filter(lane=row.lane, status=Status.RUNNING)
                assert list(lane) == [row]
                taken.append(row.pk)
                queue.finish(row)
            elif not InboxMessage.objects.exclude(status=Status.DONE).exists():
                break
        return taken

    taken = [pk for rows in at_once(8, work) for pk in rows]

    assert sorted(taken) == sorted(InboxMessage.objects.values_list("pk", flat=True))
    by_lane: dict[str, list[int]] = {}
    for row in InboxMessage.objects.order_by("finished_at"):
        by_lane.setdefault(row.lane, []).append(row.pk)
    assert all(rows == sorted(rows) for rows in by_lane.values())


@pytest.mark.django_db(transaction=True)
def test_no_change_is_lost_while_workers_take_and_lose_the_write() -> None:
    """Each change is followed by a write that was claimed after it was stored."""
    channel = make_channel()
    changes: list[int] = []
    seen: list[int] = []

    def work(number: int) -> None:
        for step in range(25):
            if number < 3:
                changes.append(number * 100 + step)
                outbox.put(channel, kind="stock", key="madrid", lane="stock/madrid")
            elif row := queue.claim(OutboxCommand):
                seen.extend(list(changes))
                if step % 3:
                    queue.finish(row)
                else:
                    queue.retry(row, at=timezone.now(), reason="away")

    at_once(6, work)
    while row := queue.claim(OutboxCommand):
        seen.extend(changes)
        queue.finish(row)

    assert set(seen) == set(changes)
    assert not OutboxCommand.objects.filter(status__in=["waiting", "running"]).exists()
