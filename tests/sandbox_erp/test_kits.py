"""What the back office does with kits: they have no shelf of their own."""

from decimal import Decimal
from typing import Any

import psycopg
import pytest

from sandbox.erp import markup, operations, queries

Owner = psycopg.Connection[Any]
KIT, PARTS = "ZZK9901", {"CUI9801-NEG": 1, "CUI9802": 1}
PACK = "ZZK9902"


def sell(erp: Owner, *lines: tuple[str, int]) -> str:
    """Leave an order as a web shop would, at one euro a piece."""
    total = sum(quantity for _, quantity in lines)
    with erp.transaction():
        erp.execute(
            "INSERT INTO puente.e_pedidos (envio, referencia, pedido_web, fecha, iva_incluido,"
            " total_web) VALUES ('00000000-0000-0000-0000-000000000001', 'tienda/1', '#1001',"
            " now(), true, %s)",
            [total],
        )
        for place, (sku, quantity) in enumerate(lines, 1):
            erp.execute(
                "INSERT INTO puente.e_pedidos_lineas (envio, linea, sku, descripcion, cantidad,"
                " precio, tipo_iva) VALUES ('00000000-0000-0000-0000-000000000001', %s, %s, %s,"
                " %s, 1, 21)",
                [place, sku, sku, quantity],
            )
    return "tienda/1"


def levels(erp: Owner) -> dict[str, tuple[Decimal, Decimal]]:
    rows = erp.execute(
        "SELECT sku, fisico, reservado FROM gestion.existencias WHERE almacen = 'CENTRAL'"
        " AND sku = ANY(%s)",
        [list(PARTS)],
    ).fetchall()
    return {sku: (on_hand, reserved) for sku, on_hand, reserved in rows}


def test_a_kit_has_no_stock_of_its_own_and_comes_last(erp: Owner) -> None:
    kept = erp.execute("SELECT count(*) FROM gestion.existencias WHERE sku LIKE 'ZZK%'")
    last = erp.execute("SELECT codigo FROM gestion.articulos ORDER BY codigo DESC LIMIT 2")

    assert kept.fetchone() == (0,)
    assert {row[0] for row in last.fetchall()} == {KIT, PACK}


def test_an_order_reserves_ships_and_gives_back_what_kits_are_made_of(erp: Owner) -> None:
    before = levels(erp)
    order = sell(erp, (KIT, 2), (PACK, 1), ("CUI9802", 1))
    sold = {"CUI9801-NEG": 2, "CUI9802": 2 + 3 + 1}

    reserved = levels(erp)
    operations.ship(erp, order, lines={KIT: Decimal(1)})
    part = levels(erp)
    operations.ship(erp, order)

    assert reserved == {sku: (on, kept + sold[sku]) for sku, (on, kept) in before.items()}
    assert part == {sku: (on - 1, kept - 1) for sku, (on, kept) in reserved.items()}
    assert levels(erp) == {sku: (on - sold[sku], kept) for sku, (on, kept) in before.items()}
    notes = erp.execute(
        "SELECT sku, cantidad FROM puente.v_albaranes ORDER BY numero, sku"
    ).fetchall()
    assert notes == [(KIT, 1), ("CUI9802", 1), (KIT, 1), (PACK, 1)]


def test_what_is_given_back_is_what_was_reserved(erp: Owner) -> None:
    before = levels(erp)
    order = sell(erp, (PACK, 2))
    erp.execute("UPDATE gestion.componentes SET cantidad = 5 WHERE kit = %s", [PACK])

    operations.cancel(erp, order)

    assert levels(erp) == before
    assert erp.execute("SELECT count(*) FROM gestion.pedidos_unidades").fetchone() == (1,)


def test_a_kit_in_a_kit_is_refused(erp: Owner) -> None:
    for kit, part in ((KIT, PACK), ("CUI9801-MAR", KIT), ("CUI9802", "CUI9803")):
        with pytest.raises(psycopg.DatabaseError, match="otro lote"):
            erp.execute("INSERT INTO gestion.componentes VALUES (%s, %s, 1)", [kit, part])


def test_the_page_shows_what_a_kit_takes(erp: Owner) -> None:
    sell(erp, (KIT, 1))
    view = markup.View(language="es", tab="orders", path="/pedidos")

    page = markup.orders(view, queries.orders(erp, ""), [], [])

    assert "1 x CUI9801-NEG, 1 x CUI9802" in page
    assert {row["sku"] for row in queries.stock(erp, PACK)} == {"CUI9802"}
