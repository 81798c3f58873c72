"""The storm: a random day of trade with everything going wrong, on the storm's own time.

One thread and one seed. While a call of the bridge is on its way other things happen, so
the interleavings of many workers and customers are played out in an order that comes
back with the seed.
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from sandbox.erp import operations
from sync import worker
from tests.soak.storm_world import StormShop, StormWorld

# A few items with few units are what everybody wants.
HOT = 12
TROUBLE_EVERY = 12.0
# How long a fault of a call may echo: tries again, each a little later.
ECHO = 6.0
# Another worker inside a call of another worker, and no deeper.
DEEPEST = 2
# The longest that a notice waits at the door, in seconds.
POST_EVERY = timedelta(seconds=1)


@dataclass(kw_only=True)
class Storm:
    """Trades, breaks things, and remembers when it broke them."""

    world: StormWorld
    seed: int
    # How long the ERP may be away, in seconds.
    outage: tuple[float, float] = (4, 15)
    outages: list[tuple[datetime, datetime]] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    _open: list[tuple[StormShop, dict[str, Any]]] = field(default_factory=list)
    _raging: bool = False
    _away_until: datetime | None = None
    _depth: int = 0
    _labels: int = 0

    def __post_init__(self) -> None:
        self._chance = random.Random(f"storm {self.seed}")
        rows = self.world.staff.execute(
            "SELECT DISTINCT sku FROM gestion.existencias WHERE sku LIKE 'T-%' ORDER BY sku"
        )
        self._skus: list[str] = [sku for (sku,) in rows.fetchall()]
        self._hot = self._chance.sample(self._skus, HOT)
        self._next_trouble = self._now() + timedelta(seconds=TROUBLE_EVERY)
        self._mail_at = self._now()

    def _now(self) -> datetime:
        return self.world.clock.step()

    def rage(self, seconds: float) -> None:
        """Trade for so many virtual seconds; nothing is repaired at the end."""
        self.world.post.honest, self._raging = False, True
        end = self._now() + timedelta(seconds=seconds)
        while self._now() < end:
            self.world.clock.advance(self._chance.uniform(0.6, 1.2))
            self._trade()
            self._break()
            self.bring_mail()
            worker.drain()

    def calm(self) -> None:
        """Put everything right that was broken; what is lost stays lost."""
        for shop in self.world.shops:
            shop.clear_faults()
        self._come_back(at_once=True)
        self.world.post.honest, self._raging = True, False

    def meanwhile(self, wire: str, work_is_done: bool) -> None:
        """Something may happen while a call is on its way."""
        if not self._raging or connection.in_atomic_block or self._depth >= DEEPEST:
            return
        self.world.clock.advance(self._chance.uniform(0.01, 0.05))
        # However long the workers are busy: troubles end in time, and the door is open.
        self._come_back()
        if self._now() > self._mail_at + POST_EVERY:
            self.bring_mail()
        often = 0.5 if wire == "write" else 0.15
        if self._chance.random() > often:
            return
        self._depth += 1
        try:
            self._one_of(
                (5, self.sell_on_the_web),
                (2, self.cancel),
                (1, self.edit),
                (2, self.sell_at_the_counter),
                (1, self.receive_goods),
                (3, self.bring_mail),
                (6, self.another_worker),
            )
            if wire == "write" and work_is_done:
                self.bring_mail()
                self.another_worker()
        finally:
            self._depth -= 1

    def _one_of(self, *choices: tuple[float, Callable[[], object]]) -> None:
        weights = [weight for weight, _ in choices]
        (_, act) = self._chance.choices(choices, weights)[0]
        self.done[act.__name__] += 1
        act()

    def _trade(self) -> None:
        for act, often in (
            (self.sell_on_the_web, 0.6),
            (self.sell_at_the_counter, 0.25),
            (self.receive_goods, 0.35),
            (self.cancel, 0.12),
            (self.refund, 0.06),
            (self.edit, 0.06),
            (self.ship, 0.08),
            (self.block, 0.05),
            (self.count_stock, 0.02),
        ):
            if self._chance.random() < often:
                self.done[act.__name__] += 1
                act()

    # The stores.

    def sell_on_the_web(self) -> None:
        shop = self._chance.choice(self.world.shops)
        lines = [
            {"sku": sku, "quantity": self._chance.choice((1, 1, 1, 2, 3))}
            for sku in dict.fromkeys(
                self._item() for _ in range(self._chance.choice((1, 1, 1, 1, 2)))
            )
        ]
        placed = self._in_store(shop, "orders", {"lines": lines})
        if placed is not None:
            self._open.append((shop, placed))

    def cancel(self) -> None:
        if (found := self._an_order()) is not None:
            shop, order = found
            body = {"restock": self._chance.random() < 0.8}
            if self._in_store(shop, f"orders/{order['id']}/cancel", body):
                self._open.remove(found)

    def refund(self) -> None:
        if (found := self._an_order()) is not None:
            shop, order = found
            kind = self._chance.choice(("CANCEL", "CANCEL", "NO_RESTOCK"))
            row = {"line_id": order["lines"][0]["id"], "quantity": 1, "restock_type": kind}
            self._in_store(shop, f"orders/{order['id']}/refund", {"lines": [row]})

    def edit(self) -> None:
        if (found := self._an_order()) is not None:
            shop, order = found
            line = {"line_id": order["lines"][0]["id"], "quantity": self._chance.choice((1, 2))}
            self._in_store(shop, f"orders/{order['id']}/edit", {"lines": [line]})

    def _an_order(self) -> tuple[StormShop, dict[str, Any]] | None:
        return self._chance.choice(self._open[-30:]) if self._open else None

    def _item(self) -> str:
        wanted: list[str] = self._hot if self._chance.random() < 0.75 else self._skus
        return self._chance.choice(wanted)

    def _in_store(self, shop: StormShop, path: str, body: dict[str, Any]) -> Any:
        self.world.clock.step()
        try:
            return shop.post(path, body)
        except AssertionError:
            # Sold out, sent already, cancelled before: an answer, too.
            self.done["refused"] += 1
            return None

    # The back office. Its staff see the ERP and nothing of the stores.

    def sell_at_the_counter(self) -> None:
        sku, warehouse, free = self._place()
        if free > 0:
            self._count(sku, warehouse, -self._chance.randint(1, min(free, 2)))

    def receive_goods(self) -> None:
        sku, warehouse, free = self._place()
        if free < 6:
            self._count(sku, warehouse, self._chance.randint(1, 5))

    def block(self) -> None:
        sku, warehouse, _ = self._place()
        self.world.look_at_the_clock()
        self.world.staff.execute(
            "UPDATE gestion.existencias SET bloqueado = CASE WHEN bloqueado > 0 THEN 0 ELSE 1 END"
            " WHERE sku = %s AND almacen = %s",
            [sku, warehouse],
        )

    def count_stock(self) -> None:
        self.world.look_at_the_clock()
        with self.world.staff.transaction():
            for sku in sorted(self._chance.sample(self._skus, min(60, len(self._skus)))):
                self.world.staff.execute(
                    "UPDATE gestion.existencias SET fisico = greatest(fisico + %s, 0)"
                    " WHERE sku = %s AND almacen = %s",
                    [
                        self._chance.randint(-2, 3),
                        sku,
                        self._chance.choice(("CENTRAL", "TIENDA")),
                    ],
                )

    def ship(self) -> None:
        row = self.world.staff.execute(
            "SELECT id FROM gestion.pedidos WHERE estado = 'PENDIENTE' AND referencia_web <> ''"
            " ORDER BY id LIMIT 1 OFFSET 10"
        ).fetchone()
        if row is not None:
            self._labels += 1
            self.world.look_at_the_clock()
            tracking = f"T{self._labels}"
            operations.send(
                self.world.staff, row[0], carrier="SEUR", tracking=tracking, parts=None
            )

    def _place(self) -> tuple[str, str, int]:
        sku, warehouse = self._item(), self._chance.choice(("CENTRAL", "CENTRAL", "TIENDA"))
        row = self.world.staff.execute(
            "SELECT (fisico - reservado - bloqueado)::int FROM gestion.existencias"
            " WHERE sku = %s AND almacen = %s",
            [sku, warehouse],
        ).fetchone()
        assert row is not None
        return sku, warehouse, row[0]

    def _count(self, sku: str, warehouse: str, units: int) -> None:
        self.world.look_at_the_clock()
        self.world.staff.execute(
            "UPDATE gestion.existencias SET fisico = fisico + %s WHERE sku = %s AND almacen = %s",
            [units, sku, warehouse],
        )

    # The bridge's surroundings.

    def bring_mail(self) -> None:
        self._mail_at = self._now()
        self.world.collect_mail()

    def another_worker(self) -> None:
        for _ in range(self._chance.randint(1, 4)):
            if not worker.run_next():
                return

    def _break(self) -> None:
        self._come_back()
        if self._now() < self._next_trouble:
            return
        self._next_trouble += timedelta(seconds=TROUBLE_EVERY * self._chance.uniform(0.5, 1.5))
        self._one_of(
            (5, self.answers_get_lost),
            (2, self.store_in_trouble),
            (2, self.erp_goes_away),
        )

    def answers_get_lost(self) -> None:
        kind = self._chance.choice(("applied_then_timeout", "applied_then_error"))
        self._fault({"kind": kind, "match": "SetQuantities", "count": self._chance.randint(1, 2)})

    def store_in_trouble(self) -> None:
        self._fault(
            self._chance.choice(
                (
                    {"kind": "http_error", "status": 503, "count": 3},
                    {"kind": "throttled", "count": 2},
                    {"kind": "html_page", "count": 2},
                    {"kind": "expired_token", "count": 1},
                )
            )
        )

    def _fault(self, fault: dict[str, Any]) -> None:
        self._chance.choice(self.world.shops).post("faults", fault)
        self._excuse(ECHO)

    def _excuse(self, seconds: float) -> None:
        now = self._now()
        self.outages.append((now, now + timedelta(seconds=seconds)))

    def erp_goes_away(self) -> None:
        """It lets nobody in but its own staff."""
        if self._away_until is None:
            seconds = self._chance.uniform(*self.outage)
            self._away_until = self._now() + timedelta(seconds=seconds)
            self._excuse(seconds)
            self._let_in(0)

    def _come_back(self, *, at_once: bool = False) -> None:
        if self._away_until is not None and (at_once or self._now() > self._away_until):
            self._away_until = None
            self._let_in(-1)

    def _let_in(self, limit: int) -> None:
        name = self.world.staff.info.dbname
        self.world.staff.execute(f'ALTER DATABASE "{name}" CONNECTION LIMIT {limit}'.encode())
