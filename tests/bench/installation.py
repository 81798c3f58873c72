"""A whole installation in processes of its own: store, ERP, web server and workers."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import psycopg

from config import postgres
from tests.end_to_end.world import (
    CENTRAL,
    CLIENT_ID,
    CLIENT_SECRET,
    ROOT,
    SHOP_FLOOR,
    SandboxShop,
    SqlErp,
)

DOMAIN = "tienda-medida.myshopify.com"
_numbers = count(1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def drop_database(name: str) -> None:
    with psycopg.connect(postgres.ensure_running("postgres"), autocommit=True) as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())


class Installation:
    """Starts everything, connects both sides, and stops what it started and nothing else."""

    def __init__(self, folder: Path, *, settings: dict[str, str], runq: tuple[str, ...]) -> None:
        number = f"{os.getpid()}_{next(_numbers)}"
        self._folder = folder
        self._names = (f"measured_{number}", f"measured_erp_{number}")
        self._runq = runq
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.database = postgres.ensure_running(self._names[0])
        self.erp = SqlErp(postgres.ensure_running(self._names[1]))
        self._web_port, self._store_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self._web_port}"
        self._store_url = f"http://127.0.0.1:{self._store_port}"
        self.environment = os.environ | {
            "DATABASE_URL": self.database,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "APP_URL": self.url,
            "SHOPIFY_BASE_URL": f"{self._store_url}/shops/{{shop}}",
            "SHOPIFY_CLIENT_ID": CLIENT_ID,
            "SHOPIFY_CLIENT_SECRETS": CLIENT_SECRET,
            "ERP_ALLOWED_NETWORKS": "127.0.0.0/8,socket",
            "LOG_LEVEL": "WARNING",
            **settings,
        }

    def prepare(self, *, articles: int = 1000, saved: bool = True) -> None:
        """Make both sides and connect them; no worker runs yet.

        `saved` False: the store keeps nothing on the disk, since a large one would be
        busy with that.
        """
        self.erp.run("create")
        self.erp.keep(articles)
        state = ("--state", str(self._folder / "state")) if saved else ()
        self._start(
            "store",
            *("-m", "sandbox.shopify_store", "--port", str(self._store_port)),
            *(*state, "--retry-scale", "1"),
        )
        self._wait(f"{self._store_url}/health")
        self.shop = SandboxShop(self._store_url, DOMAIN, self.url)
        self.manage("migrate", "--no-input", "--verbosity", "0")
        self._connect()

    def _connect(self) -> None:
        flags = [f"--set={key}={value}" for key, value in self.erp.settings().items()]
        self.manage(
            *("connect_erp", "--company=Medida", "--kind=sql", "--poll-seconds=1", *flags),
            ERP_SECRETS=json.dumps({"password": "puente"}),
        )
        self.manage(
            *("connect_store", "--company=Medida", "--channel=Tienda", f"--domain={DOMAIN}"),
            *("--price-list=PVP", f"--warehouse=CENTRAL={CENTRAL}"),
            *(f"--warehouse=TIENDA={SHOP_FLOOR}",),
            "--attribute=composicion=erp.composicion:single_line_text_field",
        )

    def start_web(self) -> None:
        self._start(
            "web",
            *("-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{self._web_port}"),
            *("--worker-class", "gthread", "--workers", "2", "--threads", "4"),
            *("--graceful-timeout", "5", "--no-control-socket"),
        )
        self._wait(f"{self.url}/health/live")

    def start_worker(self) -> None:
        self._start("worker", "manage.py", "runq", "--grace", "8", *self._runq)

    def stop_worker(self) -> None:
        worker = self._running.pop("worker")
        worker.terminate()
        worker.wait(30)

    def manage(self, *words: str, **more: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *words, "--skip-checks"],
            cwd=ROOT,
            env=self.environment | more,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{words[0]}: {done.stdout}\n{done.stderr}"
        return done.stdout

    def children(self, name: str) -> list[int]:
        """Return the processes below one of ours, nearest first."""
        found = [self._running[name].pid]
        for pid in found:
            with contextlib.suppress(OSError):
                below = Path(f"/proc/{pid}/task/{pid}/children").read_text()
                found += [int(word) for word in below.split()]
        return found[1:]

    def log_of(self, name: str) -> str:
        return (self._folder / f"{name}.log").read_text(errors="replace")

    def ours(self, statement: str, *values: object) -> list[dict[str, Any]]:
        """Ask Puente's own database."""
        with psycopg.connect(self.database, row_factory=psycopg.rows.dict_row) as connection:
            return connection.execute(statement.encode(), values).fetchall()

    def waiting(self) -> int:
        rows = self.ours(
            "SELECT (SELECT count(*) FROM sync_inboxmessage WHERE status IN ('waiting','running'))"
            " + (SELECT count(*) FROM sync_outboxcommand WHERE status IN ('waiting','running'))"
            " AS n"
        )
        return int(rows[0]["n"])

    def settle(self, *, seconds: float, still: float = 3) -> float:
        """Wait until nothing has been waiting for a while; return how long work went on."""
        started = last = time.monotonic()
        while time.monotonic() - last < still:
            assert time.monotonic() - started < seconds, f"{self.waiting()} rows still wait"
            if self.waiting() or self.shop.get("state", parts="deliveries")["deliveries"]:
                last = time.monotonic()
            time.sleep(0.2)
        return last - started

    def stop(self) -> None:
        if hasattr(self, "shop"):
            self.shop.close()
        for process in reversed(self._running.values()):
            process.terminate()
        for process in reversed(self._running.values()):
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._running.clear()
        for name in self._names:
            drop_database(name)

    def _start(self, name: str, *words: str) -> None:
        with (self._folder / f"{name}.log").open("ab") as output:
            self._running[name] = subprocess.Popen(
                [sys.executable, *words],
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _wait(self, address: str) -> None:
        for _ in range(300):
            with contextlib.suppress(httpx2.HTTPError):
                if httpx2.get(address, timeout=2).is_success:
                    return
            time.sleep(0.1)
        raise AssertionError(f"{address} does not answer")


@contextlib.contextmanager
def installation(
    folder: Path, *, runq: tuple[str, ...] = (), **settings: str
) -> Iterator[Installation]:
    made = Installation(folder, settings=settings, runq=runq)
    try:
        yield made
    finally:
        made.stop()
