"""The two ERPs that the demo can play: how to start each, connect it, and look into it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

import psycopg

from sandbox.demo import screen
from sandbox.demo.children import Children
from sandbox.demo.product import python
from sandbox.demo.web import answers
from sandbox.tryton.build import ADMIN_PASSWORD, PUENTE_PASSWORD
from sandbox.tryton.rpc import Rpc, RpcError


@dataclass(frozen=True, kw_only=True)
class ErpOrder:
    """An order as the ERP has it. `name` is what the store calls it."""

    name: str
    number: str
    total: Decimal


class Erp(Protocol):
    """An ERP of the demo.

    `warehouses` says which of the store's locations each of its warehouses feeds, and
    `attributes` which metafield shows which of its attributes.
    """

    kind: str
    database: str
    title: str
    page: str
    price_list: str
    warehouses: Mapping[str, str]
    attributes: tuple[str, ...]

    def start(self, children: Children) -> None: ...
    def settings(self) -> dict[str, Any]: ...
    def secrets(self) -> dict[str, str]: ...
    def new_orders(self) -> list[ErpOrder]: ...


class SqlErp:
    """The back office that is a database, as Sage or a3ERP are."""

    kind = "sql"
    database = "erp_demo"
    title = "the back office (a database)"
    price_list = "PVP"
    warehouses: Mapping[str, str] = {"CENTRAL": "Almacén central", "TIENDA": "Tienda Madrid"}
    attributes: tuple[str, ...] = (
        "temporada=erp.temporada:single_line_text_field",
        "genero=erp.genero:single_line_text_field",
        "composicion=erp.composicion:single_line_text_field",
        "impermeable=erp.impermeable:boolean",
        "fecha_lanzamiento=erp.lanzamiento:date",
    )

    def __init__(self, database_url: str, ports: Mapping[str, int]) -> None:
        self._url = database_url.replace("/puente?", f"/{self.database}?")
        self._port = ports["erp"]
        self._seen = -1
        self.page = f"http://127.0.0.1:{self._port}/"

    def start(self, children: Children) -> None:
        if not self._exists():
            children.run("erp-create", python("-m", "sandbox.erp", "create", "--dsn", self._url))
        children.start(
            "erp",
            python(
                *("-m", "sandbox.erp", "page", "--dsn", self._url, "--port", str(self._port)),
            ),
        )
        children.wait_until(lambda: answers(self.page), what="The ERP's page", seconds=20)
        self.new_orders()

    def settings(self) -> dict[str, Any]:
        parts = urlsplit(self._url)
        return {
            "host": parse_qs(parts.query)["host"][0],
            "dbname": parts.path.lstrip("/"),
            "user": "puente_web",
        }

    def secrets(self) -> dict[str, str]:
        return {"password": "puente"}

    def _exists(self) -> bool:
        try:
            with psycopg.connect(self._url) as connection:
                row = connection.execute("SELECT to_regnamespace('gestion')").fetchone()
        except psycopg.OperationalError:
            return False
        return bool(row and row[0])

    def new_orders(self) -> list[ErpOrder]:
        """Return the orders that came in since the last call."""
        with psycopg.connect(self._url) as connection:
            rows = connection.execute(
                "SELECT id, pedido_web, numero, total FROM gestion.pedidos"
                " WHERE id > %s AND referencia_web IS NOT NULL ORDER BY id",
                [self._seen],
            ).fetchall()
        self._seen = max([self._seen, *(row[0] for row in rows)])
        return [ErpOrder(name=row[1], number=row[2], total=row[3]) for row in rows]


class TrytonErp:
    """A real Tryton."""

    kind = "tryton"
    title = "Tryton"
    price_list = "PVP"
    warehouses: Mapping[str, str] = {
        "MAD": "Almacén central",
        "BCN": "Almacén central",
        "TIENDA": "Tienda Madrid",
    }
    # Tryton keeps its attributes with the variants.
    attributes: tuple[str, ...] = (
        "temporada=erp.temporada:single_line_text_field@variant",
        "material=erp.material:single_line_text_field@variant",
        "impermeable=erp.impermeable:boolean@variant",
        "lanzamiento=erp.lanzamiento:date@variant",
    )
    database = "tryton_demo"

    def __init__(self, database_url: str, ports: Mapping[str, int]) -> None:
        self._url = database_url.replace("/puente?", "/postgres?")
        self._port, self._page_port = ports["tryton"], ports["erp"]
        self._seen = 0
        self.page = f"http://127.0.0.1:{self._page_port}/"
        self._server = f"http://127.0.0.1:{self._port}"
        self._rpc: Rpc | None = None

    def start(self, children: Children) -> None:
        tryton = python("-m", "sandbox.tryton")
        # The first time on a machine it is installed and its company made, with progress.
        children.run(
            "tryton-build", [*tryton, "build", "--pg", self._url], each_line=screen.detail
        )
        started = children.start(
            "tryton",
            [
                *(*tryton, "start", "--pg", self._url),
                *("--database", self.database, "--port", str(self._port)),
            ],
        )
        children.wait_until(
            lambda: b"Tryton answers" in started.log.read_bytes(),
            what="Tryton",
            seconds=90,
        )
        children.start(
            "erp",
            [
                *(*tryton, "page", "--url", self._server),
                *("--database", self.database, "--port", str(self._page_port)),
            ],
        )
        children.wait_until(lambda: answers(self.page), what="The ERP's page", seconds=20)
        self.new_orders()

    def settings(self) -> dict[str, Any]:
        return {"url": self._server, "database": self.database, "user": "puente"}

    def secrets(self) -> dict[str, str]:
        return {"password": PUENTE_PASSWORD}

    def new_orders(self) -> list[ErpOrder]:
        """Return the orders that came in since the last call."""
        fields = ["reference", "number", "total_amount"]
        domain = [["id", ">", self._seen]]
        try:
            rows = self._session().call("sale.sale.search_read", domain, 0, None, None, fields)
        except RpcError:
            # The session ran out, or Tryton is busy: next time, with a new one.
            self._rpc = None
            return []
        self._seen = max([self._seen, *(row["id"] for row in rows)])
        return [
            ErpOrder(
                name=row["reference"] or "", number=row["number"] or "", total=row["total_amount"]
            )
            for row in rows
        ]

    def _session(self) -> Rpc:
        # Kept, because Tryton takes a second to check a password.
        if self._rpc is None:
            self._rpc = Rpc(self._server, self.database).login("admin", ADMIN_PASSWORD)
        return self._rpc


ERPS: dict[str, type[SqlErp] | type[TrytonErp]] = {"sql": SqlErp, "tryton": TrytonErp}
