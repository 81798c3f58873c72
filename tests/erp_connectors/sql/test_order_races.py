"""What is lost, doubled or late: an order still enters the ERP once."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest

from erp_connectors.contract import Found, Pushed
from erp_connectors.errors import ErpUnavailable
from erp_connectors.sql import orders
from erp_connectors.sql.connector import SqlConnector
from mapping.documents import CallRecord
from sandbox.erp import database
from tests.erp_connectors import sql_server
from tests.erp_connectors.orders import Sold, make_order
from tests.erp_connectors.sql.pg_proxy import PgProxy

SKU = "ZAP1001-NEG-41"
Owner = psycopg.Connection[Any]
Connect = Callable[..., SqlConnector]


@pytest.fixture
def proxy(tmp_path: Path, dsn: str) -> Iterator[PgProxy]:
    with PgProxy(tmp_path, dsn) as proxy:
        yield proxy


def number_of_orders(erp: Owner, reference: str) -> int:
    row = erp.execute(
        "SELECT count(*) FROM gestion.pedidos WHERE referencia_web = %s", [reference]
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_a_line_cut_before_the_commit_leaves_nothing(
    connect: Connect, proxy: PgProxy, erp: Owner
) -> None:
    connector = connect(host=proxy.host, port=proxy.port)
    order = make_order(Sold(sku=SKU))
    proxy.cut = "before"

    lost = connector.push_order(order, key="k")
    looked = connector.lookup_order(order.reference)
    again = connector.push_order(order, key="k")

    assert lost.outcome is Pushed.UNKNOWN
    assert looked.found is Found.NOT_FOUND
    assert again.outcome is Pushed.ACCEPTED
    assert number_of_orders(erp, order.reference) == 1


def test_a_line_cut_after_the_commit_leaves_one_order(
    connect: Connect, proxy: PgProxy, erp: Owner, calls: list[CallRecord]
) -> None:
    connector = connect(host=proxy.host, port=proxy.port)
    order = make_order(Sold(sku=SKU))
    proxy.cut = "after"

    lost = connector.push_order(order, key="k-7")

    assert lost.outcome is Pushed.UNKNOWN
    assert calls[-1].outcome == "unknown"
    assert calls[-1].idempotency_key == "k-7"
    assert calls[-1].is_write
    assert connector.lookup_order(order.reference).found is Found.FOUND
    assert number_of_orders(erp, order.reference) == 1


def test_a_lookup_does_not_say_no_while_the_order_is_being_entered(
    connector: SqlConnector, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "SECONDS_FOR_THE_OTHER", 0.3)
    order = make_order(Sold(sku=SKU))
    with database.connect(dsn) as lost, lost.transaction():
        lost.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('puente ' || %s, 0))", [order.reference]
        )

        looked = connector.lookup_order(order.reference)
        with pytest.raises(ErpUnavailable):
            connector.push_order(order, key="k")

    assert looked.found is Found.UNKNOWN
    assert connector.lookup_order(order.reference).found is Found.NOT_FOUND


def test_a_lookup_of_an_erp_that_is_away_is_unknown(connect: Connect, tmp_path: Path) -> None:
    away = connect(host=str(tmp_path))

    looked = away.lookup_order("tienda/1")

    assert looked.found is Found.UNKNOWN
    assert looked.reason
    with pytest.raises(ErpUnavailable):
        away.push_order(make_order(Sold(sku=SKU)), key="k")


def test_an_order_the_erp_has_not_worked_on_is_unknown_until_it_has(
    connect: Connect, erp: Owner
) -> None:
    connector = connect(settle_seconds=0.1)
    order = make_order(Sold(sku=SKU))
    erp.execute("ALTER TABLE puente.e_pedidos DISABLE TRIGGER procesar")

    pushed = connector.push_order(order, key="k")

    assert pushed.outcome is Pushed.UNKNOWN
    assert connector.lookup_order(order.reference).found is Found.UNKNOWN
    assert connector.push_order(order, key="k").outcome is Pushed.UNKNOWN


def test_a_slow_erp_is_waited_for(connect: Connect, erp: Owner, dsn: str) -> None:
    connector = connect(settle_seconds=5)
    order = make_order(Sold(sku=SKU))
    erp.execute("ALTER TABLE puente.e_pedidos DISABLE TRIGGER procesar")

    with ThreadPoolExecutor() as pool:
        pushing = pool.submit(connector.push_order, order, key="k")
        while erp.execute("SELECT count(*) FROM puente.e_pedidos").fetchone() == (0,):
            pass
        erp.execute(
            "UPDATE puente.e_pedidos e SET estado = 'PROCESADO', pedido = gestion.crear_pedido(e)"
        )

    assert pushing.result().outcome is Pushed.ACCEPTED


@pytest.mark.parametrize("unique", [True, False])
def test_eight_at_once_enter_one_order(
    original: str, careless_original: str, unique: bool
) -> None:
    """Also in an ERP that would take the same order twice."""
    order = make_order(Sold(sku=SKU))
    with sql_server.copy_of(original if unique else careless_original) as address:

        def push(_number: int) -> Pushed:
            connection = sql_server.connection_to(address, unique_reference=unique)
            connector = SqlConnector.open(connection, lambda _call: None)
            try:
                return connector.push_order(order, key="k").outcome
            finally:
                connector.close()

        with ThreadPoolExecutor(8) as pool:
            outcomes = list(pool.map(push, range(8)))
        with database.connect(address) as owner:
            assert number_of_orders(owner, order.reference) == 1

    assert sorted(outcomes) == [Pushed.ACCEPTED] + [Pushed.ALREADY] * 7


def test_an_order_that_someone_else_entered_meanwhile_is_already_there(
    connector: SqlConnector, dsn: str, erp: Owner
) -> None:
    """The other takes no lock of ours: the ERP's own uniqueness holds."""
    order = make_order(Sold(sku=SKU))
    with database.connect(dsn) as other, ThreadPoolExecutor() as pool:
        other.autocommit = False
        other.execute(
            "INSERT INTO puente.e_pedidos (envio, referencia, fecha, iva_incluido, total_web)"
            " VALUES ('00000000-0000-0000-0000-00000000000a', %s, now(), true, 10)",
            [order.reference],
        )
        other.execute(
            "INSERT INTO puente.e_pedidos_lineas (envio, linea, sku, cantidad, precio, tipo_iva)"
            " VALUES ('00000000-0000-0000-0000-00000000000a', 1, %s, 1, 10, 21)",
            [SKU],
        )
        pushing = pool.submit(connector.push_order, order, key="k")
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'transactionid'"
        while erp.execute(waiting).fetchone() == (0,):
            pass
        other.commit()

    assert pushing.result().outcome is Pushed.ALREADY
    assert number_of_orders(erp, order.reference) == 1
