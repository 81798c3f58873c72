"""Three stores, two shared warehouses and one ERP, on the storm's time."""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command

from config import postgres
from mapping.models import Channel, WarehouseMapping
from shopify_app import client, limiter
from sync import worker
from sync.models import InboxMessage, OutboxCommand, Recurring
from tests.end_to_end.world import (
    CENTRAL,
    CLIENT_ID,
    CLIENT_SECRET,
    ROOT,
    SHOP_FLOOR,
    SandboxShop,
    SqlErp,
)
from tests.soak import storm_clock
from tests.soak.storm_clock import StandingTime, StormClock
from tests.soak.storm_post import Post
from tests.soak.storm_record import WITNESS

COMPANY = "Calzados Puente"
WAREHOUSES = {"CENTRAL": CENTRAL, "TIENDA": SHOP_FLOOR}
# The scheduled comparison of the storm comes round this often, in seconds.
RECONCILE = 60
QUIET_POLLS = ("poll_products", "poll_prices", "poll_shipments")
_numbers = count(1)

_FILL = """
UPDATE gestion.articulos SET activo_web = false;
INSERT INTO gestion.articulos (codigo, descripcion, familia, tallaje, tipo_iva)
    SELECT 'TOR' || lpad(n::text, 3, '0'), 'Tormenta ' || n,
           (SELECT min(codigo) FROM gestion.familias), 'UNI', 'GENERAL'
    FROM generate_series(1, (({skus} + 99) / 100)) n;
INSERT INTO gestion.articulos_variantes (sku, articulo, talla, orden)
    SELECT 'T-' || lpad(n::text, 4, '0'), 'TOR' || lpad((1 + (n - 1) / 100)::text, 3, '0'),
           lpad(n::text, 4, '0'), n
    FROM generate_series(1, {skus}) n;
INSERT INTO gestion.precios (tarifa, articulo, precio)
    SELECT 'PVP', codigo, 20 FROM gestion.articulos WHERE codigo LIKE 'TOR%';
INSERT INTO gestion.existencias (sku, almacen, fisico)
    SELECT v.sku, a.codigo, (v.orden * 7 + ascii(a.codigo)) % 12
    FROM gestion.articulos_variantes v, gestion.almacenes a
    WHERE v.sku LIKE 'T-%' AND a.codigo IN ('CENTRAL', 'TIENDA');
"""


class StormShop(SandboxShop):
    """A shop of a merchant who pays for a large budget: speed is not the question here."""

    def _open(self, app_url: str) -> None:
        shop = {
            "domain": self.domain,
            "name": self.domain,
            "locations": [{"name": CENTRAL}, {"name": SHOP_FLOOR}],
            "app": {
                "client_id": CLIENT_ID,
                "client_secret": CLIENT_SECRET,
                "app_url": app_url,
            },
            "bucket": {"size": 20_000, "restore_rate": 1_000},
        }
        self._answer(self._http.post("/shops", json=shop))


@dataclass(kw_only=True)
class StormWorld:
    """Both sides, the post and the clock between them, and a worker on call."""

    clock: StormClock
    post: Post
    shops: tuple[StormShop, ...]
    erp: SqlErp
    # The back office's own connection: it works on while the web is locked out.
    staff: psycopg.Connection[Any]

    def look_at_the_clock(self) -> None:
        """Tell the ERP what time it is; called before it does anything."""
        self.staff.execute("UPDATE testigo.reloj SET ahora = %s", [self.clock.step()])

    def collect_mail(self, *, everything: bool = False) -> int:
        """Hand over the notices that are due. Return how many."""
        for shop in self.shops:
            shop.deliver()
        return self.post.hand_over(self.clock.read(), everything=everything)

    def settle(self, *, seconds: float = 900) -> None:
        """Let virtual seconds pass until nothing is left to do."""
        idle = 0
        end = self.clock.read().timestamp() + seconds
        while idle < 5:
            assert self.clock.read().timestamp() < end, self.waiting()
            self.clock.advance(1)
            worker.drain()
            mail = self.collect_mail(everything=True)
            idle = 0 if mail or self.waiting() else idle + 1

    def waiting(self) -> list[str]:
        return [
            f"{row} {row.lane} {row.status} {row.reason}"
            for model in (InboxMessage, OutboxCommand)
            for row in model.objects.filter(status__in=["waiting", "running"])[:20]
        ]

    def all_comes_round(self) -> None:
        """Let every poll and every comparison be due now."""
        Recurring.objects.exclude(kind="tidy").update(next_due=self.clock.step())


@contextmanager
def storm_world(
    folder: Path,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    *,
    seed: int,
    skus: int,
    shares: Sequence[dict[str, int]] = ({}, {}, {}),
    reconcile: float = RECONCILE,
) -> Iterator[StormWorld]:
    """Build everything, load it, and clear it away. One entry of `shares` for each store."""
    random.seed(seed)
    clock = _standing_clock(folder, monkeypatch)
    post = Post(chance=random.Random(f"post {seed}"))
    with _store(folder, clock) as address, _back_office(skus) as (erp, staff):
        _settings(settings, address, post)
        settings.SYNC_RECONCILE_EVERY = timedelta(seconds=reconcile)
        names = [f"tormenta-{n}.myshopify.com" for n in range(1, len(shares) + 1)]
        shops = tuple(StormShop(address, name, post.url) for name in names)
        world = StormWorld(clock=clock, post=post, shops=shops, erp=erp, staff=staff)
        try:
            _connect(world, shares, monkeypatch)
            _load(world)
            yield world
        finally:
            post.close()
            for shop in shops:
                shop.close()


def _standing_clock(folder: Path, monkeypatch: pytest.MonkeyPatch) -> StormClock:
    clock = StormClock(folder / "clock")
    clock.set(storm_clock.BEGIN)
    storm_clock.rule(clock, monkeypatch)
    monkeypatch.setattr(client, "time", StandingTime(clock))
    # Its clock is the database's and does not stand still; the store's own budget holds.
    monkeypatch.setattr(limiter, "reserve", lambda *_args: 0.0)
    return clock


def _settings(settings: Any, address: str, post: Post) -> None:
    settings.APP_URL = post.url
    settings.SHOPIFY_BASE_URL = f"{address}/shops/{{shop}}"
    settings.SHOPIFY_CLIENT_ID = CLIENT_ID
    settings.SHOPIFY_CLIENT_SECRETS = [CLIENT_SECRET]
    settings.ERP_ALLOWED_NETWORKS = ["127.0.0.0/8", "socket"]
    # A drain ends when nothing is due, and not when a busy machine has taken too long.
    settings.SYNC_DRAIN = timedelta(hours=1)


@contextmanager
def _store(folder: Path, clock: StormClock) -> Iterator[str]:
    log = folder / "store.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.soak.storm_store", str(clock.path)),
                *("--port", "0"),
            ],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": "0"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield _address(process, log)
    finally:
        process.terminate()
        process.wait(20)


def _address(process: "subprocess.Popen[bytes]", log: Path) -> str:
    for _ in range(300):
        for line in log.read_text().splitlines():
            if line.startswith("listening on http://"):
                return line.rpartition(" ")[2]
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"the store did not start:\n{log.read_text()}")


@contextmanager
def _back_office(skus: int) -> Iterator[tuple[SqlErp, "psycopg.Connection[Any]"]]:
    name = f"storm_erp_{os.getpid()}_{next(_numbers)}"
    erp = SqlErp(postgres.ensure_running(name))
    try:
        erp.run("create")
        with psycopg.connect(erp.url, autocommit=True) as staff:
            staff.execute(_FILL.format(skus=skus).encode())
            staff.execute(WITNESS.encode())
            yield erp, staff
    finally:
        with psycopg.connect(postgres.ensure_running("postgres"), autocommit=True) as admin:
            admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())


def _connect(
    world: StormWorld, shares: Sequence[dict[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    world.look_at_the_clock()
    monkeypatch.setenv("ERP_SECRETS", json.dumps(world.erp.secrets()))
    chosen = [f"--set={key}={json.dumps(text)}" for key, text in world.erp.settings().items()]
    call_command("connect_erp", f"--company={COMPANY}", "--kind=sql", *chosen)
    for shop in world.shops:
        call_command(
            "connect_store",
            *(f"--company={COMPANY}", f"--channel={shop.domain}", f"--domain={shop.domain}"),
            "--price-list=PVP",
            *(f"--warehouse={code}={place}" for code, place in WAREHOUSES.items()),
        )
    for shop, parts in zip(world.shops, shares, strict=True):
        for warehouse, percent in parts.items():
            WarehouseMapping.objects.filter(channel__name=shop.domain, warehouse=warehouse).update(
                share=percent
            )
    # The storm moves much at once on purpose; asking first is proved elsewhere.
    brakes = {field.name for field in Channel._meta.fields if field.name.startswith("brake_")}
    Channel.objects.update(**dict.fromkeys(brakes, 30_000))


def _load(world: StormWorld) -> None:
    """Bring the catalogue and its stock into the stores. Their notices say nothing new."""
    idle = 0
    while idle < 4:
        world.clock.advance(2)
        worker.drain()
        for shop in world.shops:
            shop.deliver()
        world.post.throw_away()
        idle = 0 if world.waiting() else idle + 1
    # They have nothing to tell in a storm of stock, and each costs a connection.
    Recurring.objects.filter(kind__in=QUIET_POLLS).update(seconds=20)
