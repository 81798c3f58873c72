"""The contract's promises on the connector for databases."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pytest_django import Settings

from erp_connectors.contract import DeltaKind, ErpConnector
from erp_connectors.sql.connector import SqlConnector
from sandbox.erp import database, operations
from tests.erp_connectors import sql_server
from tests.erp_connectors.conformance import Conformance
from tests.erp_connectors.erp_under_test import ErpUnderTest
from tests.erp_connectors.sql.pg_proxy import PgProxy

FORBIDDEN = (
    "UPDATE gestion.existencias SET fisico = 0",
    "UPDATE puente.v_existencias SET fisico = 0",
    "DELETE FROM puente.v_articulos",
    "SELECT * FROM gestion.clientes",
    "SELECT * FROM puente.e_pedidos",
    "UPDATE puente.e_pedidos SET estado = 'RECIBIDO'",
    "DELETE FROM puente.e_pedidos",
    "INSERT INTO puente.e_pedidos (envio, referencia, fecha, iva_incluido, total_web, estado)"
    " VALUES (gen_random_uuid(), 'x', now(), true, 1, 'PROCESADO')",
    "CREATE TABLE puente.mine (id int)",
    "CREATE TABLE public.mine (id int)",
    "CREATE TEMP TABLE mine (id int)",
    "CREATE SCHEMA mine",
    "SELECT gestion.anular_pedido(1)",
    "SELECT gestion.enviar_pedido(1, 'SEUR', 'x')",
    "COPY puente.v_articulos TO PROGRAM 'cat'",
)


@dataclass
class DemoErp:
    """The demo's back office."""

    connector: ErpConnector
    owner: psycopg.Connection[Any]
    proxy: PgProxy
    web_dsn: str
    product_code: str = "ZAP1001"
    skus: tuple[str, str] = ("ZAP1001-NEG-41", "ZAP1001-NEG-42")
    warehouse: str = "CENTRAL"
    price_list: str = "PVP"
    tax_rate: str = "21"
    kit: tuple[str, str, dict[str, int]] = field(
        default_factory=lambda: ("ZZK9901", "ZZK9901", {"CUI9801-NEG": 1, "CUI9802": 1})
    )

    def set_stock(self, sku: str, warehouse: str, quantity: Decimal) -> None:
        operations.set_stock(self.owner, sku, warehouse, quantity)

    def ship(self, reference: str, *, carrier: str, tracking: str) -> None:
        operations.ship(self.owner, reference, carrier=carrier, tracking=tracking)

    def count_orders(self, reference: str) -> int:
        row = self.owner.execute(
            "SELECT count(*) FROM gestion.pedidos WHERE referencia_web = %s", [reference]
        ).fetchone()
        assert row is not None
        return int(row[0])

    def lose_next_answer(self) -> None:
        self.proxy.cut = "after"

    def forbidden_writes(self) -> list[Callable[[], object]]:
        def attempt(statement: str) -> Callable[[], object]:
            def run() -> None:
                with psycopg.connect(self.web_dsn, autocommit=True) as connection:
                    connection.execute(statement.encode())

            return run

        return [attempt(statement) for statement in FORBIDDEN]


@pytest.fixture(scope="module")
def original() -> Iterator[str]:
    with sql_server.template() as name:
        yield name


@pytest.fixture
def settings_of_delta() -> dict[str, Any]:
    return {}


@pytest.fixture
def erp(
    original: str, settings_of_delta: dict[str, Any], settings: Settings, tmp_path: Path
) -> Iterator[ErpUnderTest]:
    settings.ERP_ALLOWED_NETWORKS = ["socket"]
    with (
        sql_server.copy_of(original) as dsn,
        PgProxy(tmp_path, dsn) as proxy,
        database.connect(dsn) as owner,
    ):
        connection = sql_server.connection_to(
            dsn, password="puente", host=proxy.host, port=proxy.port, **settings_of_delta
        )
        connector = SqlConnector.open(connection, lambda _call: None)
        web_dsn = psycopg.conninfo.make_conninfo(dsn, user=database.ROLE, password="puente")
        yield DemoErp(connector=connector, owner=owner, proxy=proxy, web_dsn=web_dsn)
        connector.close()


class TestSql(Conformance):
    """With cursors, the default."""


class TestSqlSince(Conformance):
    """The same ERP read by time stamps."""

    @pytest.fixture
    def settings_of_delta(self) -> dict[str, Any]:
        entities = ("products", "prices", "stock", "shipments")
        return {"delta": dict.fromkeys(entities, DeltaKind.SINCE)}


class TestSqlSnapshot(Conformance):
    """The same ERP read as whole lists."""

    @pytest.fixture
    def settings_of_delta(self) -> dict[str, Any]:
        entities = ("products", "prices", "stock")
        return {"delta": dict.fromkeys(entities, DeltaKind.SNAPSHOT)}
