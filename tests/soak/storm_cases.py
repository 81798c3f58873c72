"""Moments of a storm that chance would bring too rarely, each played on an item of its own.

All of them end well. Each was found as the shortest story in which a bridge without one
of its habits sells what is not there, or goes on showing what is not true.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from erp_connectors.errors import ErpUnavailable
from sync import worker
from sync.models import InboxMessage
from tests.soak.storm_world import StormWorld

# Longer than a level's second look, and than the ERP's poll and what follows from it.
A_WHILE = 3.5
# Long enough for everything to be noticed and written.
AFTERWARDS = 5


@dataclass(kw_only=True)
class Stage:
    """One store and one ERP, and what shall happen on the wire the next time."""

    world: StormWorld
    before: dict[str, Callable[[], object]] = field(default_factory=dict)
    after: dict[str, Callable[[], object]] = field(default_factory=dict)

    def meanwhile(self, wire: str, work_is_done: bool) -> None:
        act = (self.after if work_is_done else self.before).pop(wire, None)
        if act is not None:
            act()

    def buy(self, sku: str, units: int) -> dict[str, Any]:
        self.world.clock.step()
        lines = [{"sku": sku, "quantity": units}]
        placed: dict[str, Any] = self.world.shops[0].post("orders", {"lines": lines})
        return placed

    def cancel(self, order: dict[str, Any]) -> None:
        self.world.clock.step()
        self.world.shops[0].post(f"orders/{order['id']}/cancel", {"restock": True})

    def count(self, sku: str, change: int) -> None:
        self.world.look_at_the_clock()
        self.world.staff.execute(
            "UPDATE gestion.existencias SET fisico = fisico + %s"
            " WHERE sku = %s AND almacen = 'CENTRAL'",
            [change, sku],
        )

    def others_work(self) -> None:
        """Let time pass for the other workers while this one waits for its answer."""
        self.world.collect_mail()
        for _ in range(round(A_WHILE / 0.5)):
            self.world.clock.advance(0.5)
            while worker.run_next():
                pass

    def lose_notices(self) -> None:
        self.world.shops[0].deliver()
        self.world.post.throw_away()

    def pass_time(self, seconds: float) -> None:
        for _ in range(round(seconds)):
            self.world.clock.advance(1)
            worker.drain()
            self.world.collect_mail()


def sold_while_a_raise_leaves(stage: Stage, sku: str) -> None:
    """A customer is faster than the write; the order is news to us."""
    stage.before["write"] = lambda: stage.buy(sku, 1)
    stage.count(sku, +3)
    stage.pass_time(AFTERWARDS)


def sold_and_the_erp_is_busy(stage: Stage, sku: str) -> None:
    """Goods come in while the ERP has not taken an order yet."""

    def refuse() -> None:
        stage.before["push_order"] = refuse
        raise ErpUnavailable("busy")

    stage.before["push_order"] = refuse
    stage.buy(sku, 2)
    stage.pass_time(1)
    stage.count(sku, +4)
    stage.pass_time(AFTERWARDS)
    stage.before.clear()
    InboxMessage.objects.filter(status="waiting").update(run_after=stage.world.clock.read())


def sold_before_the_answer_came(stage: Stage, sku: str) -> None:
    """The order is dealt with, and its units are replaced, before the write's answer is read.

    What the store should show is then what the write said, and is not what it shows.
    """

    def meanwhile() -> None:
        stage.buy(sku, 1)
        stage.others_work()
        stage.count(sku, +1)
        stage.others_work()

    stage.after["write"] = meanwhile
    stage.count(sku, +3)
    stage.pass_time(AFTERWARDS)


def a_slow_write_meets_an_old_figure(stage: Stage, sku: str) -> None:
    """A write is held up until the store shows again what it had shown when it left.

    Only one write at a time keeps it from being taken for the newest.
    """
    order = stage.buy(sku, 2)
    stage.pass_time(AFTERWARDS)

    def meanwhile() -> None:
        stage.count(sku, -4)
        stage.others_work()
        stage.cancel(order)
        stage.others_work()
        stage.after["write"] = stage.lose_notices

    stage.before["write"] = meanwhile
    stage.count(sku, +2)
    stage.pass_time(AFTERWARDS)


CASES = (
    sold_while_a_raise_leaves,
    sold_and_the_erp_is_busy,
    sold_before_the_answer_came,
    a_slow_write_meets_an_old_figure,
)
