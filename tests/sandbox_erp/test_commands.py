"""The back office by hand."""

from decimal import Decimal
from typing import Any

import psycopg
import pytest

from sandbox.erp.__main__ import main

Owner = psycopg.Connection[Any]
SKU = "ZAP1001-NEG-41"


def level(erp: Owner, sku: str = SKU) -> tuple[Decimal, Decimal]:
    row = erp.execute(
        "SELECT fisico, reservado FROM gestion.existencias WHERE sku = %s AND almacen = 'CENTRAL'",
        [sku],
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def test_a_count_is_written_down(erp: Owner, dsn: str) -> None:
    assert main(["stock", SKU, "CENTRAL", "12", "--dsn", dsn]) == 0
    assert main(["stock", SKU, "CENTRAL", "12", "--dsn", dsn]) == 0

    assert level(erp)[0] == 12


def test_a_price_of_an_article_and_of_one_item(erp: Owner, dsn: str) -> None:
    main(["price", "ZAP1001", "PVP", "99.95", "--dsn", dsn])
    main(["price", SKU, "PVP", "89.95", "--dsn", dsn])

    found = dict(
        erp.execute(
            "SELECT sku, precio FROM puente.v_precios"
            " WHERE codigo_articulo = 'ZAP1001' AND tarifa = 'PVP'"
        ).fetchall()
    )
    assert found[SKU] == Decimal("89.95")
    assert found["ZAP1001-NEG-42"] == Decimal("99.95")


def test_an_order_is_sent_in_parts(erp: Owner, dsn: str, order: str) -> None:
    before = level(erp)

    assert main(["ship", "1001", "--lines", f"{SKU}:1", "--tracking", "T1", "--dsn", dsn]) == 0
    part = erp.execute("SELECT estado FROM gestion.pedidos").fetchone()
    assert main(["ship", order, "--carrier", "MRW", "--dsn", dsn]) == 0

    assert part == ("PARCIAL",)
    assert erp.execute("SELECT estado FROM gestion.pedidos").fetchone() == ("SERVIDO",)
    assert level(erp) == (before[0] - 3, before[1] - 3)


def test_many_levels_change_at_once(erp: Owner, dsn: str) -> None:
    before = erp.execute("SELECT last_value FROM gestion.cambios").fetchone()

    main(["bulk-stock", "100", "--dsn", dsn])

    changed = erp.execute(
        "SELECT count(*), count(DISTINCT xmin::text) FROM gestion.existencias WHERE version > %s",
        before,
    ).fetchone()
    assert changed == (100, 1)


@pytest.mark.parametrize(
    ("_case", "words", "reason"),
    [
        ("no such item", ["stock", "NADA", "CENTRAL", "1"], "NADA"),
        ("no such price list", ["price", SKU, "NADA", "1"], "NADA"),
        ("no such order", ["ship", "NADA"], "NADA"),
        ("no such carrier", ["ship", "1001", "--carrier", "NADA"], "agencia"),
        ("more than was ordered", ["ship", "1001", "--lines", f"{SKU}:4"], SKU),
        ("an item that was not ordered", ["ship", "1001", "--lines", "OTRO:1"], "OTRO"),
        ("lines nobody understands", ["ship", "1001", "--lines", "x"], "líneas"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(
    erp: Owner,
    dsn: str,
    order: str,
    capsys: pytest.CaptureFixture[str],
    _case: str,
    words: list[str],
    reason: str,
) -> None:
    assert main([*words, "--dsn", dsn]) == 1

    assert reason in capsys.readouterr().err
    assert erp.execute("SELECT count(*) FROM gestion.albaranes").fetchone() == (0,)


def test_an_order_that_has_left_is_not_cancelled(dsn: str, order: str, erp: Owner) -> None:
    before = level(erp)
    main(["ship", order, "--lines", f"{SKU}:1", "--dsn", dsn])

    assert main(["cancel", order, "--dsn", dsn]) == 1
    assert level(erp) == (before[0] - 1, before[1] - 1)


def test_a_cancelled_order_gives_back_what_it_reserved(dsn: str, order: str, erp: Owner) -> None:
    before = level(erp)

    assert main(["cancel", order, "--dsn", dsn]) == 0
    assert main(["cancel", order, "--dsn", dsn]) == 0

    assert level(erp) == (before[0], before[1] - 3)
