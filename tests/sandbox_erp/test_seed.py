"""The demo's back office is always the same, and believable."""

import os
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from sandbox.erp import database, seed
from sandbox.erp.ean import check_digit, ean13
from tests.erp_connectors import sql_server

Owner = psycopg.Connection[Any]
TABLES = ("articulos", "articulos_variantes", "precios", "existencias", "almacenes")


def one(connection: Owner, question: str) -> Any:
    row = connection.execute(question.encode()).fetchone()
    assert row is not None
    return row[0]


def contents(connection: Owner) -> dict[str, list[Any]]:
    found = {}
    for table in TABLES:
        rows = connection.execute(
            f"SELECT to_jsonb(t) - 'modificado_en' FROM gestion.{table} AS t".encode()
        ).fetchall()
        found[table] = sorted(map(str, rows))
    return found


def test_it_is_the_same_each_time(erp: Owner) -> None:
    with sql_server.template() as name, database.connect(sql_server.address(name)) as other:
        assert contents(other) == contents(erp)


def test_making_it_twice_changes_nothing(dsn: str, erp: Owner) -> None:
    before = contents(erp)

    assert not database.create(dsn)
    assert contents(erp) == before


def test_two_at_once_make_it_once() -> None:
    name = f"erp_test_twice_{os.getpid()}"
    try:
        with ThreadPoolExecutor(2) as pool:
            made = list(pool.map(database.create, [sql_server.address(name)] * 2))
    finally:
        sql_server.drop(name)

    assert sorted(made) == [False, True]


def test_it_is_large_enough_to_be_a_shop(erp: Owner) -> None:
    assert one(erp, "SELECT count(*) FROM gestion.articulos WHERE activo_web") >= 48
    assert one(erp, "SELECT count(*) FROM puente.v_variantes WHERE activo") >= 160
    assert one(erp, "SELECT count(*) FROM gestion.tarifas") == 3
    assert one(erp, "SELECT count(*) FROM gestion.almacenes") == 3


def test_it_has_the_cases_that_every_shop_has(erp: Owner) -> None:
    free = "sum(fisico - reservado - bloqueado)"
    by_item = "FROM gestion.existencias WHERE almacen <> 'TARAS' GROUP BY sku HAVING"
    sold_out = erp.execute(f"SELECT sku {by_item} {free} = 0".encode()).fetchall()
    oversold = erp.execute(f"SELECT sku {by_item} {free} < 0".encode()).fetchall()

    assert {row[0] for row in sold_out} == seed.SOLD_OUT
    assert oversold == [(seed.OVERSOLD,)]
    assert one(erp, "SELECT count(*) FROM gestion.articulos_variantes WHERE ean = ''") == 5


def test_every_item_has_a_retail_price_and_wholesale_breaks(erp: Owner) -> None:
    without = "SELECT count(*) FROM puente.v_variantes v WHERE NOT EXISTS (SELECT FROM"
    prices = "puente.v_precios p WHERE p.sku = v.sku AND p.tarifa ="

    assert one(erp, f"{without} {prices} 'PVP')") == 0
    breaks = erp.execute(
        "SELECT cantidad_minima, precio FROM puente.v_precios"
        " WHERE sku = 'ZAP1001-NEG-41' AND tarifa = 'MAYORISTA' ORDER BY 1"
    ).fetchall()
    assert [int(quantity) for quantity, _ in breaks] == [1, 12, 48]
    assert breaks[0][1] > breaks[1][1] > breaks[2][1]


def test_an_items_own_price_goes_before_its_articles(erp: Owner) -> None:
    sku, price = seed.LARGE_SIZE
    found = erp.execute(
        "SELECT precio FROM puente.v_precios WHERE sku = %s AND tarifa = 'PVP'", [sku]
    ).fetchall()

    assert found == [(price,)]


def test_a_new_item_brings_its_articles_prices_with_it(erp: Owner) -> None:
    newest = one(erp, "SELECT max(version) FROM puente.v_precios")
    erp.execute(
        "INSERT INTO gestion.articulos_variantes (sku, articulo, talla)"
        " VALUES ('ZAP1001-X', 'ZAP1001', 'X')"
    )

    changed = erp.execute(
        "SELECT count(*) FROM puente.v_precios WHERE sku = 'ZAP1001-X' AND version > %s", [newest]
    ).fetchone()

    assert changed == (4,)


def test_barcodes_pass_a_scanner(erp: Owner) -> None:
    eans = [row[0] for row in erp.execute("SELECT ean FROM puente.v_variantes WHERE ean <> ''")]

    assert len(set(eans)) == len(eans) > 200
    assert all(check_digit(ean[:12]) == int(ean[12]) for ean in eans)


def test_a_known_barcode_is_made_right() -> None:
    assert check_digit("400638133393") == 1
    assert ean13(1) == "8436741000016"


@pytest.mark.parametrize("table", ["articulos", "articulos_variantes", "precios", "existencias"])
def test_every_change_takes_a_higher_number(erp: Owner, table: str) -> None:
    column = "fisico" if table == "existencias" else "modificado_en"
    value = "fisico + 1" if column == "fisico" else "modificado_en - interval '1 hour'"
    before = one(erp, "SELECT last_value FROM gestion.cambios")

    erp.execute(f"UPDATE gestion.{table} SET {column} = {value}".encode())

    assert one(erp, f"SELECT min(version) FROM gestion.{table}") > before


def test_a_change_that_changes_nothing_takes_no_number(erp: Owner) -> None:
    before = one(erp, "SELECT max(version) FROM gestion.existencias")

    erp.execute("UPDATE gestion.existencias SET fisico = fisico")

    assert one(erp, "SELECT max(version) FROM gestion.existencias") == before


def test_the_totals_are_its_own(erp: Owner, order: str) -> None:
    assert erp.execute(
        "SELECT base, cuota_iva, redondeo, total FROM gestion.pedidos"
    ).fetchone() == (
        Decimal("297.40"),
        Decimal("62.45"),
        Decimal("0.00"),
        Decimal("359.85"),
    )
