"""A whole small world: a store, an ERP that is a database, and the bridge between them."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import parse_qs, urlsplit

import httpx2
import psycopg
from django.core.management import call_command

from mapping.models import Channel
from sync import worker
from sync.models import InboxMessage, OutboxCommand, Recurring

ROOT = Path(__file__).resolve().parents[2]
CLIENT_ID, CLIENT_SECRET = "puente-client-id", "sandbox-secret-of-the-app"
CENTRAL, SHOP_FLOOR = "Almacén central", "Tienda Madrid"


class StoreServer:
    """The sandbox store as a process of its own."""

    def __init__(self, folder: Path) -> None:
        # A file and not a pipe: nobody would empty the pipe.
        self._output = folder / "store.log"
        with self._output.open("w") as output:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "sandbox.shopify_store", "--port", "0"),
                    *("--state", str(folder / "state"), "--retry-scale", "0.05"),
                ],
                cwd=ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.url = self._address()

    def _address(self) -> str:
        for _ in range(200):
            for line in self._output.read_text().splitlines():
                if line.startswith("listening on http://"):
                    return line.rpartition(" ")[2]
            if self._process.poll() is not None:
                break
            time.sleep(0.1)
        raise RuntimeError(f"the store did not start:\n{self._output.read_text()}")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)


class SandboxShop:
    """One shop of the sandbox, played as its merchant, its customers and its faults."""

    def __init__(self, base: str, domain: str, app_url: str) -> None:
        self.domain = domain
        self._http = httpx2.Client(base_url=f"{base}/control", timeout=30)
        self._open(app_url)
        self._path = f"/shops/{domain}"

    def _open(self, app_url: str) -> None:
        shop = {
            "domain": self.domain,
            "name": "Calzados Puente",
            "locations": [{"name": CENTRAL}, {"name": SHOP_FLOOR}],
            "app": {
                "client_id": CLIENT_ID,
                "client_secret": CLIENT_SECRET,
                "app_url": app_url,
            },
        }
        self._answer(self._http.post("/shops", json=shop))

    def _answer(self, response: httpx2.Response) -> Any:
        if response.is_error:
            raise AssertionError(f"{response.request.url}: {response.text[:500]}")
        return response.json()

    def close(self) -> None:
        self._http.close()

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        return self._answer(self._http.post(f"{self._path}/{path}", json=body or {}))

    def get(self, path: str, **query: Any) -> Any:
        return self._answer(self._http.get(f"{self._path}/{path}", params=query))

    def clear_faults(self) -> None:
        self._answer(self._http.delete(f"{self._path}/faults"))

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = self.get("state")
        return found

    def mark(self) -> int:
        """Return a place in the log, to count from."""
        return int(self.get("counters")["last"])

    def mutations(self, since: int = 0) -> list[str]:
        entries = self.get("log", since=since, kind="api", limit=10_000)["entries"]
        return [each["operation"] for each in entries if each.get("mutation")]

    def points(self, since: int = 0) -> float:
        return float(self.get("counters", since=since)["points_actual"])

    def deliver(self) -> int:
        return int(self.post("webhooks/flush")["pending"])


class Erp(Protocol):
    """What a world needs to know of the ERP it connects."""

    kind: str
    warehouses: Mapping[str, str]
    attributes: tuple[str, ...]

    def settings(self) -> dict[str, Any]: ...

    def secrets(self) -> dict[str, str]: ...


class SqlErp:
    """The back office that is a database, played by its staff."""

    kind = "sql"
    warehouses: Mapping[str, str] = {"CENTRAL": CENTRAL, "TIENDA": SHOP_FLOOR}
    attributes: tuple[str, ...] = (
        "composicion=erp.composicion:single_line_text_field",
        "temporada=erp.temporada:single_line_text_field",
        "impermeable=erp.impermeable:boolean",
    )

    def __init__(self, url: str) -> None:
        self.url = url

    def settings(self) -> dict[str, Any]:
        parts = urlsplit(self.url)
        host = parse_qs(parts.query)["host"][0]
        return {"host": host, "dbname": parts.path.lstrip("/"), "user": "puente_web"}

    def secrets(self) -> dict[str, str]:
        return {"password": "puente"}

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "sandbox.erp", arguments[0], "--dsn", self.url),
                *arguments[1:],
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def query(self, statement: str, *values: object) -> list[dict[str, Any]]:
        with psycopg.connect(self.url, row_factory=psycopg.rows.dict_row) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def keep(self, articles: int) -> None:
        """Take all but the first few articles off the web."""
        self.query(
            "UPDATE gestion.articulos SET activo_web = false WHERE codigo NOT IN"
            " (SELECT codigo FROM gestion.articulos WHERE activo_web ORDER BY codigo LIMIT %s)",
            articles,
        )

    def orders(self) -> list[dict[str, Any]]:
        return self.query(
            "SELECT * FROM gestion.pedidos WHERE referencia_web IS NOT NULL ORDER BY id"
        )

    def free(self, sku: str, warehouse: str) -> int:
        rows = self.query(
            "SELECT fisico - reservado - bloqueado AS libre FROM puente.v_existencias"
            " WHERE sku = %s AND almacen = %s",
            sku,
            warehouse,
        )
        return int(rows[0]["libre"])


AnErp = TypeVar("AnErp")


@dataclass
class World(Generic[AnErp]):
    """The store, the ERP and the channel that joins them, with a worker on call."""

    shop: SandboxShop
    erp: AnErp
    channel: Channel

    def work(self, *, seconds: float = 30) -> None:
        """Poll, handle and send until nothing is left, as workers would."""
        end = time.monotonic() + seconds
        self.deliver()
        Recurring.objects.filter(kind__startswith="poll").update(next_due="2000-01-01T00:00Z")
        idle = 0
        while idle < 3:
            assert time.monotonic() < end, self.waiting()
            ran = worker.drain()
            undelivered = self.deliver()
            idle = 0 if ran or undelivered or self.waiting() else idle + 1
            if not ran:
                time.sleep(0.1)

    def deliver(self) -> int:
        """Have the store's notices delivered; return how many it has to try again."""
        return self.shop.deliver()

    def reconcile(self) -> None:
        """Let the scheduled comparisons come round now."""
        Recurring.objects.filter(kind__startswith="reconcile").update(next_due="2000-01-01T00:00Z")

    def waiting(self) -> list[str]:
        """Return what is still to be done soon; a retry in the far future is not."""
        return [
            f"{row} {row.status} {row.reason}"
            for model in (InboxMessage, OutboxCommand)
            for row in model.objects.filter(status__in=["waiting", "running"])
        ]

    def load(self) -> None:
        """Bring the whole catalogue and its stock into the store."""
        self.work(seconds=90)

    def variant(self, sku: str) -> dict[str, Any]:
        for product in self.shop.state()["products"]:
            for variant in product["variants"]:
                if variant["sku"] == sku:
                    return dict(variant)
        raise AssertionError(f"the store has no {sku}")

    def available(self, sku: str, location: str = CENTRAL) -> int:
        levels = {each["location"]: each for each in self.variant(sku)["levels"]}
        return int(levels[location]["available"])

    def buy(self, *lines: tuple[str, int], **more: Any) -> dict[str, Any]:
        """Place an order in the store as a customer would."""
        wanted = [{"sku": sku, "quantity": quantity} for sku, quantity in lines]
        placed: dict[str, Any] = self.shop.post("orders", {"lines": wanted} | more)
        return placed


def connect(shop: SandboxShop, erp: Erp, environment: Callable[[str, str], None]) -> Channel:
    """Connect both sides with the commands that an operator uses."""
    environment("ERP_SECRETS", json.dumps(erp.secrets()))
    settings = [f"--set={key}={json.dumps(value)}" for key, value in erp.settings().items()]
    call_command(
        "connect_erp",
        "--company=Calzados Puente",
        f"--kind={erp.kind}",
        *settings,
        "--api-key-name=e2e",
    )
    call_command(
        "connect_store",
        *("--company=Calzados Puente", "--channel=Tienda", f"--domain={shop.domain}"),
        "--price-list=PVP",
        *(f"--warehouse={name}={place}" for name, place in erp.warehouses.items()),
        *(f"--attribute={each}" for each in erp.attributes),
    )
    return Channel.objects.select_related("shop", "company__erpconnection").get(name="Tienda")
