"""The orders that the ERP holds, for whoever compares them with the shop's."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from erp_connectors.errors import ErpMisconfigured
from erp_connectors.sql.connector import SqlConnector
from mapping.documents import ErpOrderStub
from sandbox.erp import database
from tests.erp_connectors.erp_under_test import UNKNOWN_CODE
from tests.erp_connectors.orders import Sold, make_order

SKU = "ZAP1001-NEG-41"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
Owner = psycopg.Connection[Any]
Connect = Callable[..., SqlConnector]


def push(connector: SqlConnector, *, minutes: int, sku: str = SKU) -> str:
    placed_at = NOON + timedelta(minutes=minutes)
    order = make_order(Sold(sku=sku), placed_at=placed_at)
    connector.push_order(order, key=order.reference)
    return order.reference


def listed(connector: SqlConnector, *, since: datetime = NOON, limit: int = 1) -> list[str]:
    found: list[ErpOrderStub] = []
    cursor, more = "", True
    while more:
        page = connector.list_orders(since, cursor, limit=limit)
        found += page.records
        cursor, more = page.cursor, page.more
    return [stub.reference for stub in found]


def test_orders_come_by_the_moment_they_were_sold(connector: SqlConnector) -> None:
    late, early = push(connector, minutes=20), push(connector, minutes=10)
    push(connector, minutes=-1)

    assert listed(connector) == [early, late]


def test_orders_of_one_moment_are_not_torn_apart_or_lost(connector: SqlConnector) -> None:
    same = {push(connector, minutes=5) for _ in range(4)}

    assert sorted(listed(connector)) == sorted(same)
    assert sorted(listed(connector, limit=3)) == sorted(same)


def test_an_attempt_that_has_become_no_order_is_passed_over(
    connector: SqlConnector, erp: Owner
) -> None:
    push(connector, minutes=1, sku=UNKNOWN_CODE)
    waiting, good = push(connector, minutes=2), push(connector, minutes=3)
    erp.execute(
        "UPDATE puente.e_pedidos SET estado = 'RECIBIDO', pedido = NULL WHERE referencia = %s",
        [waiting],
    )

    assert listed(connector) == [good]


def test_an_order_entered_twice_shows_twice(connector: SqlConnector, erp: Owner) -> None:
    reference = push(connector, minutes=1)
    erp.execute("DROP INDEX puente.referencia_una_vez")
    erp.execute(
        "INSERT INTO puente.e_pedidos SELECT (jsonb_populate_record(e, jsonb_build_object("
        "'envio', gen_random_uuid()))).* FROM puente.e_pedidos e"
    )
    erp.execute("UPDATE puente.e_pedidos SET estado = 'PROCESADO'")

    assert listed(connector) == [reference, reference]


def test_an_erp_that_does_not_say_when_it_was_sold_lists_by_entry(
    connect: Connect, erp: Owner
) -> None:
    connector = connect(columns={"orders": {"placed_at": ""}})
    first, second = push(connector, minutes=20), push(connector, minutes=10)

    found = connector.list_orders(datetime.now(UTC) - timedelta(hours=1))

    assert [stub.reference for stub in found.records] == [first, second]
    assert found.records[0].placed_at > NOON + timedelta(minutes=20)


def test_an_older_view_without_the_column_still_answers(connect: Connect, erp: Owner) -> None:
    erp.execute("ALTER VIEW puente.v_pedidos RENAME COLUMN fecha TO fecha_venta")
    connector = connect()
    reference = push(connector, minutes=1)

    assert connector.health().ok
    assert listed(connector, since=datetime.now(UTC) - timedelta(hours=1)) == [reference]
    assert listed(connect(columns={"orders": {"placed_at": "fecha_venta"}})) == [reference]


@pytest.mark.parametrize("kind", ["date", "timestamp"])
def test_an_erp_that_keeps_the_day_only_hides_no_order_of_it(
    connect: Connect, erp: Owner, kind: str
) -> None:
    erp.execute(
        f"CREATE VIEW puente.v_dias AS SELECT referencia, numero, id, estado, mensaje, total,"
        f" total_iva, redondeo, recibido_en, fecha::{kind} AS fecha FROM puente.v_pedidos".encode()
    )
    erp.execute(f"GRANT SELECT ON puente.v_dias TO {database.ROLE}".encode())
    connector = connect(views={"orders": "v_dias"})
    same_day = {push(connector, minutes=5) for _ in range(3)}
    push(connector, minutes=-60 * 48)

    assert sorted(listed(connector, limit=2)) == sorted(same_day)
    assert connector.list_orders(NOON).records[0].placed_at.tzinfo is not None


@pytest.mark.parametrize("total", ["NULL", "'NaN'"])
def test_an_order_of_unknown_total_is_an_order(
    connector: SqlConnector, erp: Owner, total: str
) -> None:
    reference = push(connector, minutes=1)
    erp.execute(b"ALTER TABLE gestion.pedidos ALTER total DROP NOT NULL")
    erp.execute(f"UPDATE gestion.pedidos SET total = {total}".encode())

    (stub,) = connector.list_orders(NOON).records

    assert (stub.reference, stub.total) == (reference, None)


def test_an_erp_without_references_lists_nothing_and_says_so(connect: Connect) -> None:
    connector = connect(columns={"orders": {"reference": ""}})

    page = connector.list_orders(NOON)

    assert not connector.capabilities().lists_orders
    assert (page.records, page.more, page.complete) == ((), False, False)


@pytest.mark.parametrize("text", ["{", "[]", "null", '["x", "y"]', "[1, 2]", '["2026-01-01"]'])
def test_a_damaged_cursor_is_refused(connector: SqlConnector, text: str) -> None:
    with pytest.raises(ErpMisconfigured):
        connector.list_orders(NOON, text)
