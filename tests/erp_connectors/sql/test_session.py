"""The line to the ERP: what is said when it fails, and that it mends itself."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pytest_django import Settings

from erp_connectors.contract import Entity
from erp_connectors.errors import ErpError, ErpMisconfigured, ErpUnavailable
from erp_connectors.registry import open_connector
from erp_connectors.sql.config import read_settings
from erp_connectors.sql.connector import SqlConnector
from mapping.documents import CallRecord
from tests.erp_connectors import sql_server
from tests.erp_connectors.sql.conftest import PASSWORD
from tests.erp_connectors.sql.pg_proxy import PgProxy

SKU = "ZAP1001-NEG-41"
Connect = Callable[..., SqlConnector]
HERE = {"host": "/tmp", "dbname": "erp", "user": "puente_web"}


@pytest.mark.parametrize(
    ("_case", "changes", "error", "word"),
    [
        ("no such database", {"dbname": "nowhere"}, ErpMisconfigured, "database"),
        ("no such user", {"user": "nobody_here"}, ErpMisconfigured, "user"),
        ("no such view", {"views": {"stock": "v_nada"}}, ErpMisconfigured, "v_nada"),
        ("no such schema", {"schema": "nada"}, ErpMisconfigured, "nada"),
        (
            "no such column",
            {"columns": {"stock": {"on_hand": "unidades"}}},
            ErpMisconfigured,
            "unidades",
        ),
        ("nobody listens", {"host": "127.0.0.1", "port": 1}, ErpUnavailable, "reached"),
    ],
)
def test_a_failure_says_what_is_wrong_and_no_secrets(
    connect: Connect,
    calls: list[CallRecord],
    _case: str,
    changes: dict[str, Any],
    error: type[ErpError],
    word: str,
) -> None:
    connector = connect(**changes)

    with pytest.raises(error, match=word) as caught:
        connector.read_stock([SKU])

    assert not connector.health().ok
    told = f"{caught.value} {caught.value.__cause__} {calls} {connector.health()}"
    assert PASSWORD not in told
    assert "host=" not in told
    assert caught.value.__suppress_context__


def test_a_view_the_account_may_not_see_is_named(
    connector: SqlConnector, erp: psycopg.Connection[Any]
) -> None:
    erp.execute("REVOKE SELECT ON puente.v_precios FROM puente_web")

    health = connector.health()

    assert not health.ok
    assert "v_precios" in health.message
    with pytest.raises(ErpMisconfigured, match="v_precios"):
        connector.pull_prices("")


def test_a_broken_line_is_replaced(connect: Connect, dsn: str, tmp_path: Path) -> None:
    with PgProxy(tmp_path, dsn) as proxy:
        connector = connect(host=proxy.host, port=proxy.port)
        assert proxy.connections == 0
        connector.read_stock([SKU])
        connector.read_stock([SKU])
        assert proxy.connections == 1
        proxy.drop()

        with pytest.raises(ErpUnavailable):
            connector.read_stock([SKU])
        levels = connector.read_stock([SKU])

    assert levels
    assert proxy.connections == 2


def test_a_line_ended_by_the_server_is_replaced(
    connector: SqlConnector, erp: psycopg.Connection[Any]
) -> None:
    connector.read_stock([SKU])
    erp.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE usename = 'puente_web' AND datname = current_database()"
    )

    with pytest.raises(ErpUnavailable):
        connector.read_stock([SKU])

    assert connector.read_stock([SKU])


def test_an_erp_that_does_not_answer_is_given_up(
    connect: Connect, erp: psycopg.Connection[Any]
) -> None:
    connector = connect(statement_timeout=0.3)
    with erp.transaction():
        erp.execute("LOCK TABLE gestion.existencias")

        with pytest.raises(ErpUnavailable, match="too long"):
            connector.read_stock([SKU])

    assert connector.read_stock([SKU])


def test_nothing_is_left_open_after_a_read(
    connector: SqlConnector, erp: psycopg.Connection[Any]
) -> None:
    """A transaction that stayed open would go on seeing the past."""
    connector.pull_stock("")
    connector.lookup_order("tienda/1")

    states = erp.execute(
        "SELECT state FROM pg_stat_activity WHERE usename = 'puente_web'"
        " AND datname = current_database()"
    ).fetchall()

    assert states == [("idle",)]


def test_each_call_is_recorded_once(connector: SqlConnector, calls: list[CallRecord]) -> None:
    connector.pull_products("", limit=1)
    connector.read_stock([SKU])

    assert [(call.operation, call.outcome, call.is_write) for call in calls] == [
        ("pull_products", "ok", False),
        ("read_stock", "ok", False),
    ]
    assert all(call.system == "erp" for call in calls)


def test_names_are_never_read_as_sql(connect: Connect) -> None:
    evil = 'v_existencias"; DROP SCHEMA gestion CASCADE; --'
    connector = connect(views={"stock": evil}, columns={"prices": {"sku": '"; SELECT 1; --'}})

    with pytest.raises(ErpMisconfigured):
        connector.pull_stock("")
    with pytest.raises(ErpMisconfigured):
        connector.pull_prices("")

    assert connector.pull_products("").records


def test_values_are_never_read_as_sql(connector: SqlConnector) -> None:
    assert connector.read_products(["' OR 1=1 --", "%", "'; SELECT pg_sleep(9)"]) == []


def test_reading_cannot_write(connect: Connect, erp: psycopg.Connection[Any]) -> None:
    """Not even where a view of the ERP does so behind our back."""
    erp.execute(
        "CREATE FUNCTION puente.toca() RETURNS text LANGUAGE sql SECURITY DEFINER AS"
        " $$ UPDATE gestion.almacenes SET descripcion = 'x' RETURNING codigo $$"
    )
    erp.execute("CREATE VIEW puente.v_toca AS SELECT puente.toca() AS sku, '1' AS almacen")
    erp.execute("GRANT SELECT ON puente.v_toca TO puente_web")
    names = {"on_hand": "", "reserved": "", "blocked": "", "incoming": "", "version": ""}
    connector = connect(views={"stock": "v_toca"}, columns={"stock": names})

    with pytest.raises(ErpMisconfigured, match="no writing"):
        connector.read_stock(["CENTRAL"])

    assert erp.execute("SELECT 1 FROM gestion.almacenes WHERE descripcion = 'x'").rowcount == 0


def test_one_bad_row_does_not_hold_up_the_others(
    connector: SqlConnector, erp: psycopg.Connection[Any], calls: list[CallRecord]
) -> None:
    erp.execute("UPDATE gestion.precios SET precio = 'NaN' WHERE articulo = 'ZAP1009'")

    found = connector.read_prices(["ZAP1009-MAR-41", SKU], "PVP")

    assert [price.sku for price in found] == [SKU]
    assert calls[-1].answer["left_out"] >= 1
    assert "ZAP1009-MAR-41" in calls[-1].answer["examples"][0]


def test_a_socket_must_be_allowed(connector: SqlConnector, settings: Settings) -> None:
    settings.ERP_ALLOWED_NETWORKS = []

    with pytest.raises(ErpMisconfigured, match="ERP_ALLOWED_NETWORKS"):
        connector.sample(Entity.STOCK, 1)


@pytest.mark.parametrize(
    ("_case", "raw", "word"),
    [
        ("a password in the address", {"dsn": f"host=h password={PASSWORD}"}, "secrets"),
        ("files of this machine", {"dsn": "host=h user=u dbname=d passfile=/etc/x"}, "passfile"),
        ("a service of this machine", {"dsn": "service=x"}, "service"),
        ("an address nobody can read", {"dsn": f"{PASSWORD}"}, "cannot be read"),
        ("no host", {"dbname": "d", "user": "u"}, "host"),
        ("a setting that is none", {**HERE, "colums": {}}, "colums"),
        ("a column that is none", {**HERE, "columns": {"stock": {"onhand": "x"}}}, "onhand"),
        ("a dialect nobody speaks", {**HERE, "dialect": "oracle"}, "dialect"),
        ("a delta it cannot do", {**HERE, "delta": {"stock": "events"}}, "delta"),
        ("a delta of nothing", {**HERE, "delta": {"weather": "cursor"}}, "delta"),
        ("a kind of attribute that is none", {**HERE, "attributes": [{"code": "a"}]}, "column"),
        ("no patience at all", {**HERE, "statement_timeout": 0}, "statement_timeout"),
        ("two hosts", {**HERE, "host": "a,b"}, ""),
    ],
)
def test_a_wrong_setting_is_named(_case: str, raw: dict[str, Any], word: str) -> None:
    with pytest.raises(ErpMisconfigured) as caught:
        SqlConnector(read_settings(raw), "", lambda _call: None).read_stock(["x"])

    assert word in str(caught.value)
    assert PASSWORD not in str(caught.value)


def test_an_address_may_be_one_text() -> None:
    found = read_settings({"dsn": "postgresql://puente_web@/erp?host=/run/x&port=5433"})

    assert (found.host, found.port, found.dbname, found.user) == (
        "/run/x",
        5433,
        "erp",
        "puente_web",
    )


def test_settings_are_plain_json() -> None:
    raw = {**HERE, "options": [{"name": "Talla", "column": "talla"}], "delta": {"stock": "since"}}

    assert read_settings(json.loads(json.dumps(raw))).options[0].name == "Talla"


def test_the_registry_opens_it(dsn: str) -> None:
    connector = open_connector(sql_server.connection_to(dsn))

    assert connector.health().ok
    connector.close()
