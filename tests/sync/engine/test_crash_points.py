"""A worker dies before any one statement of its work; afterwards all is as if it had not."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from sync import handlers, queue, worker
from sync.models import InboxMessage, OutboxCommand, Recurring, ShopOrder, StockPosition
from tests.end_to_end.test_first_light import a_sku_with
from tests.end_to_end.world import SqlErp, World


class Killed(BaseException):
    """The process is gone: nothing of ours may catch this, and nothing cleans up."""


class Axe:
    """Counts the statements of a worker and falls before the chosen one, for good."""

    def __init__(self, at: int | None) -> None:
        self.count = 0
        self._at = at

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        if self._at is not None and self.count >= self._at:
            raise Killed
        self.count += 1
        return execute(sql, params, many, context)


@contextmanager
def dies_at(number: int | None) -> Iterator[Axe]:
    axe = Axe(number)
    try:
        with connection.execute_wrapper(axe):
            yield axe
    except Killed:
        pass
    finally:
        # A dead process takes its session with it, and what was not committed.
        connection.close()


def leases_run_out() -> None:
    past = "2000-01-01T00:00Z"
    for model in (InboxMessage, OutboxCommand):
        model.objects.filter(status="running").update(lease_until=past)
        queue.release_expired(model)
    Recurring.objects.filter(lease_until__isnull=False).update(lease_until=past)


def nothing_recurring() -> None:
    """Only what the test is about runs, so that every run has the same statements."""
    Recurring.objects.update(next_due="2100-01-01T00:00Z")


def let_run_afterwards() -> None:
    leases_run_out()
    end = time.monotonic() + 20
    while InboxMessage.objects.filter(status="waiting").exists() or (
        OutboxCommand.objects.filter(status="waiting").exists()
    ):
        assert time.monotonic() < end
        for model in (InboxMessage, OutboxCommand):
            model.objects.filter(status="waiting").update(run_after="2000-01-01T00:00Z")
        worker.drain()


def every_statement(trial: Callable[[int | None], int], *, step: int = 2) -> int:
    """Run a trial unharmed, then once per second statement of it; return how many it made.

    With `step` 1 it dies at each of them; all have been seen to pass.
    """
    statements = trial(None)
    for number in range(0, statements, step):
        trial(number)
    return statements


def nothing_is_stuck() -> None:
    assert not StockPosition.objects.filter(sent__isnull=False).exists()
    assert not StockPosition.objects.filter(dirty=True, held=False, set_aside="").exists()
    for model in (InboxMessage, OutboxCommand):
        stuck = model.objects.filter(status__in=["waiting", "running", "parked"])
        assert [str(row.reason) for row in stuck] == []


def test_an_order_is_in_the_erp_once_wherever_the_worker_dies(world: World[SqlErp]) -> None:
    world.load()
    sku = a_sku_with(world, 3)
    world.erp.run("stock", sku, "CENTRAL", "500")
    world.work()
    bought = 0

    def trial(number: int | None) -> int:
        nonlocal bought
        nothing_recurring()
        placed = world.buy((sku, 1))
        bought += 1
        world.deliver()
        InboxMessage.objects.exclude(topic="shopify/order").filter(status="waiting").delete()
        with dies_at(number) as axe:
            worker.run_one(InboxMessage, handlers.handle)
        let_run_afterwards()

        booked = world.erp.orders()
        assert len(booked) == bought, f"statement {number}"
        order = ShopOrder.objects.get(name=placed["name"])
        assert order.state == ShopOrder.State.IN_ERP, f"statement {number}"
        assert order.proof["verdict"] == "equal", f"statement {number}"
        return axe.count

    assert every_statement(trial) > 20
    world.work()
    assert world.available(sku) == world.erp.free(sku, "CENTRAL")
    nothing_is_stuck()


def test_the_store_shows_the_erps_stock_wherever_the_worker_dies(world: World[SqlErp]) -> None:
    world.load()
    sku = a_sku_with(world, 3)
    units = 40

    def trial(number: int | None) -> int:
        nonlocal units
        nothing_recurring()
        units += 1
        world.erp.run("stock", sku, "CENTRAL", str(units))
        message = InboxMessage.objects.create(
            channel=world.channel,
            message_id=f"change-{units}",
            topic="erp/stock",
            key=str(units),
            lane=f"change-{units}",
            payload={"skus": [sku]},
        )
        handlers.handle(message)
        message.delete()
        OutboxCommand.objects.filter(status="waiting").update(run_after="2000-01-01T00:00Z")
        with dies_at(number) as axe:
            worker.run_one(OutboxCommand, handlers.send)
        let_run_afterwards()

        expected = world.erp.free(sku, "CENTRAL")
        assert world.available(sku) == expected, f"statement {number}"
        assert not StockPosition.objects.filter(sent__isnull=False).exists(), number
        return axe.count

    assert every_statement(trial) > 10
    world.work()
    nothing_is_stuck()
