"""Random trade on both sides, and everything that can go wrong with it. One seed, one day."""

import contextlib
import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import psycopg

from sandbox.erp import operations
from tests.bench.installation import Installation

# Few items, so that everything meets.
ITEMS = 12
TROUBLES_EVERY = 8.0
# How long after a trouble has ended its traces may last: retries, leases, a new cluster.
AFTERMATH = 20.0


@dataclass
class Trade:
    """Does one thing after the other, and remembers when it broke something."""

    plant: Installation
    chance: random.Random
    erp: psycopg.Connection[Any]
    outages: list[tuple[float, float]] = field(default_factory=list)
    done: dict[str, int] = field(default_factory=dict)
    _fate: dict[str, str] = field(default_factory=dict)
    _web_ids: dict[str, int] = field(default_factory=dict)
    _away_until: float = 0
    _labels: int = 0

    def __post_init__(self) -> None:
        rows = self.erp.execute(
            "SELECT e.sku FROM gestion.existencias e JOIN puente.v_variantes v USING (sku)"
            " WHERE v.activo AND e.almacen = 'CENTRAL' GROUP BY e.sku ORDER BY e.sku"
        ).fetchall()
        self.skus = self.chance.sample([sku for (sku,) in rows], ITEMS)

    def run(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        next_trouble = time.monotonic() + TROUBLES_EVERY
        while time.monotonic() < end:
            self._one_of(
                (10, self.sell_on_the_web),
                (5, self.sell_at_the_counter),
                (4, self.receive_goods),
                (2, self.change_a_price),
                (5, self.ship),
                (3, self.cancel),
                (1, self.count_stock),
            )
            if time.monotonic() > next_trouble:
                next_trouble += TROUBLES_EVERY * self.chance.uniform(0.5, 1.5)
                self.trouble()
            self._come_back()
            time.sleep(self.chance.uniform(0.05, 0.4))

    def end_all_troubles(self) -> None:
        self.plant.shop.clear_faults()
        self._come_back(at_once=True)

    def _one_of(self, *choices: tuple[int, Callable[[], None]]) -> None:
        weights = [weight for weight, _ in choices]
        (_, act) = self.chance.choices(choices, weights)[0]
        self.done[act.__name__] = self.done.get(act.__name__, 0) + 1
        act()

    # Trade.

    def sell_on_the_web(self) -> None:
        lines = [
            {"sku": sku, "quantity": self.chance.randint(1, 2)}
            for sku in self.chance.sample(self.skus, self.chance.choice((1, 1, 2)))
        ]
        # Sold out is an answer, too.
        with contextlib.suppress(AssertionError):
            placed = self.plant.shop.post("orders", {"lines": lines})
            reference = f"{self.plant.shop.domain}/{placed['id']}"
            self._fate[reference] = self.chance.choice(("ship", "ship", "cancel", "wait"))
            self._web_ids[reference] = placed["id"]

    def _move(self, units: int, sku: str, warehouse: str) -> None:
        with self.erp.transaction():
            self.erp.execute(
                "UPDATE gestion.existencias SET fisico = fisico + %s"
                " WHERE sku = %s AND almacen = %s",
                [units, sku, warehouse],
            )
            self.erp.execute(
                "INSERT INTO testigo.personal VALUES (%s, %s, %s)", [sku, warehouse, units]
            )

    def _place(self) -> tuple[str, str, int]:
        row = self.erp.execute(
            "SELECT sku, almacen, (fisico - reservado - bloqueado)::int FROM gestion.existencias"
            " WHERE sku = %s AND almacen IN ('CENTRAL', 'TIENDA') ORDER BY random() LIMIT 1",
            [self.chance.choice(self.skus)],
        ).fetchone()
        assert row is not None
        return row[0], row[1], row[2]

    def sell_at_the_counter(self) -> None:
        sku, warehouse, free = self._place()
        if free > 0:
            self._move(-self.chance.randint(1, min(free, 2)), sku, warehouse)

    def receive_goods(self) -> None:
        sku, warehouse, free = self._place()
        if free < 8:
            self._move(self.chance.randint(1, 6), sku, warehouse)

    def count_stock(self) -> None:
        for _ in range(20):
            sku, warehouse, free = self._place()
            self._move(self.chance.randint(-1, 2) if free > 0 else 1, sku, warehouse)

    def change_a_price(self) -> None:
        row = self.erp.execute(
            "SELECT articulo FROM gestion.articulos_variantes WHERE sku = %s",
            [self.chance.choice(self.skus)],
        ).fetchone()
        assert row is not None
        price = self.chance.randint(1000, 9999)
        operations.set_price(self.erp, row[0], "PVP", Decimal(price) / 100)

    def ship(self) -> None:
        row = self.erp.execute(
            "SELECT id FROM gestion.pedidos WHERE estado IN ('PENDIENTE', 'PARCIAL')"
            " AND referencia_web = ANY(%s) ORDER BY random() LIMIT 1",
            [[name for name, fate in self._fate.items() if fate == "ship"]],
        ).fetchone()
        if row is not None:
            self._labels += 1
            operations.send(
                self.erp, row[0], carrier="SEUR", tracking=f"T{self._labels}", parts=None
            )

    def cancel(self) -> None:
        doomed = [name for name, fate in self._fate.items() if fate == "cancel"]
        if doomed:
            name = self.chance.choice(doomed)
            self._fate[name] = "cancelled"
            self.plant.shop.post(f"orders/{self._web_ids[name]}/cancel", {"restock": True})

    # Troubles.

    def trouble(self) -> None:
        self._one_of(
            (4, self.notices_go_wrong),
            (3, self.answers_get_lost),
            (3, self.store_in_trouble),
            (2, self.erp_goes_away),
            (2, self.kill_a_worker),
            (1, self.kill_a_web_process),
        )

    def _broken(self, seconds: float = 0) -> None:
        now = time.time()
        self.outages.append((now, now + seconds + AFTERMATH))

    def notices_go_wrong(self) -> None:
        kind = self.chance.choice(
            ("webhook_drop", "webhook_double", "webhook_delay", "webhook_shuffle")
        )
        fault: dict[str, Any] = {"kind": kind, "count": self.chance.randint(3, 15)}
        if kind in {"webhook_delay", "webhook_shuffle"}:
            fault["seconds"] = self.chance.uniform(1, 6)
        # No excuse: what the store shows must not depend on what it tells us.
        self.plant.shop.post("faults", fault)

    def answers_get_lost(self) -> None:
        kind = self.chance.choice(("applied_then_timeout", "applied_then_error", "truncated_json"))
        fault = {"kind": kind, "count": self.chance.randint(1, 3), "mutations_only": True}
        self._broken()
        self.plant.shop.post("faults", fault)

    def store_in_trouble(self) -> None:
        fault = self.chance.choice(
            (
                {"kind": "http_error", "status": 503, "count": 4},
                {"kind": "http_error", "status": 429, "retry_after": 1.0, "count": 3},
                {"kind": "throttled", "count": 3},
                {"kind": "html_page", "count": 2},
                {"kind": "closed", "count": 3},
                {"kind": "expired_token", "count": 1},
            )
        )
        self._broken()
        self.plant.shop.post("faults", fault)

    def erp_goes_away(self) -> None:
        """It lets nobody in but its own staff, and shows everybody else out."""
        seconds = self.chance.uniform(2, 8)
        self._away_until = time.monotonic() + seconds
        self._broken(seconds)
        self._let_in(0)
        self.erp.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = 'puente_web'"
        )

    def _come_back(self, *, at_once: bool = False) -> None:
        if self._away_until and (at_once or time.monotonic() > self._away_until):
            self._away_until = 0
            self._let_in(-1)

    def _let_in(self, limit: int) -> None:
        name = self.erp.info.dbname
        self.erp.execute(f'ALTER DATABASE "{name}" CONNECTION LIMIT {limit}'.encode())

    def kill_a_worker(self) -> None:
        self._kill("worker")

    def kill_a_web_process(self) -> None:
        self._kill("web")

    def _kill(self, name: str) -> None:
        if found := self.plant.children(name):
            self._broken(15)
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.chance.choice(found), signal.SIGKILL)
