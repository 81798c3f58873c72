"""What the ERP says a kit is made of, and what is not believed."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from erp_connectors.errors import ErpMisconfigured
from erp_connectors.sql.connector import SqlConnector
from erp_connectors.sql.kits import components, recipes
from erp_connectors.sql.rows import BadRow
from mapping.documents import CallRecord, Product
from sandbox.erp import database
from tests.erp_connectors.erp_under_test import end

Owner = psycopg.Connection[Any]
Connect = Callable[..., SqlConnector]
CREAM, SPRAY = "CUI9801-NEG", "CUI9802"
GIFT_SET, PACK = "ZZK9901", "ZZK9902"


def contents(product: Product) -> dict[str, dict[str, Decimal]]:
    return {
        variant.sku: {part.sku: part.quantity for part in variant.components}
        for variant in product.variants
        if variant.components
    }


def kits_in(*rows: tuple[str, str | None, Any]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for sku, part, quantity in rows:
        found.setdefault(sku, []).append({"sku": sku, "component": part, "quantity": quantity})
    return found


def say_instead(erp: Owner, *rows: tuple[str, str, str]) -> None:
    """Let the view tell kits that the back office itself would refuse."""
    erp.execute("DROP VIEW puente.v_componentes")
    erp.execute("CREATE TABLE puente.v_componentes (sku text, componente text, cantidad numeric)")
    erp.execute(f"GRANT SELECT ON puente.v_componentes TO {database.ROLE}".encode())
    for row in rows:
        erp.execute("INSERT INTO puente.v_componentes VALUES (%s, %s, %s)", row)


def test_a_pack_of_three_takes_three(connector: SqlConnector) -> None:
    (pack,) = connector.read_products([PACK])

    assert contents(pack) == {PACK: {SPRAY: Decimal(3)}}
    assert connector.capabilities().kits


def test_kits_of_kits_are_taken_apart(connector: SqlConnector, erp: Owner) -> None:
    say_instead(erp, (GIFT_SET, PACK, "2"), (GIFT_SET, SPRAY, "0.5"), (PACK, SPRAY, "3"))

    gift_set, pack = connector.read_products([GIFT_SET, PACK])

    assert contents(gift_set) == {GIFT_SET: {SPRAY: Decimal("6.5")}}
    assert contents(pack) == {PACK: {SPRAY: Decimal(3)}}


@pytest.mark.parametrize(
    ("_case", "rows", "reason"),
    [
        ("itself", [(PACK, PACK, "1")], "contains itself"),
        ("a circle", [(PACK, GIFT_SET, "1"), (GIFT_SET, PACK, "1")], "contains itself"),
        ("nothing of something", [(PACK, SPRAY, "0")], f"contains 0 of {SPRAY}"),
        ("less than nothing", [(PACK, SPRAY, "-1")], f"contains -1 of {SPRAY}"),
        ("no number", [(PACK, SPRAY, "NaN")], "is not a number"),
        ("an unknown number", [(PACK, SPRAY, None)], f"no quantity of {SPRAY}"),
        ("an item without a code", [(PACK, " ", "1")], "no component"),
    ],
)
def test_a_kit_nobody_can_believe_is_left_out_and_the_others_come(
    connector: SqlConnector,
    erp: Owner,
    calls: list[CallRecord],
    _case: str,
    rows: list[tuple[str, str, str]],
    reason: str,
) -> None:
    say_instead(erp, *rows)

    found = connector.read_products([PACK, "ZAP1001"])

    assert [product.code for product in found] == ["ZAP1001"]
    assert calls[-1].answer["left_out"] == 1
    assert reason in calls[-1].answer["examples"][0]
    assert PACK in calls[-1].answer["examples"][0]


def test_an_erp_without_kits_is_no_mistake(connect: Connect, erp: Owner) -> None:
    erp.execute("DROP VIEW puente.v_componentes")
    connector = connect()

    (pack,) = connector.read_products([PACK])

    assert not connector.capabilities().kits
    assert connector.health().ok
    assert contents(pack) == {}


def test_kits_can_be_declined(connect: Connect) -> None:
    connector = connect(views={"components": ""})

    (pack,) = connector.read_products([PACK])

    assert not connector.capabilities().kits
    assert connector.health().ok
    assert contents(pack) == {}


def test_a_view_that_the_settings_name_must_be_there(connect: Connect) -> None:
    connector = connect(views={"components": "v_lotes"})

    assert not connector.health().ok
    with pytest.raises(ErpMisconfigured, match="v_lotes"):
        connector.read_products([PACK])


def test_a_view_that_may_not_be_read_is_told_and_not_taken_for_missing(
    connect: Connect, erp: Owner
) -> None:
    erp.execute(f"REVOKE SELECT ON puente.v_componentes FROM {database.ROLE}".encode())
    connector = connect()

    assert not connector.health().ok
    with pytest.raises(ErpMisconfigured, match="v_componentes"):
        connector.read_products([PACK])


@pytest.mark.parametrize(
    "change",
    [
        f"UPDATE gestion.componentes SET cantidad = 4 WHERE kit = '{PACK}'",
        f"INSERT INTO gestion.componentes VALUES ('{PACK}', '{CREAM}', 1)",
        f"DELETE FROM gestion.componentes WHERE kit = '{PACK}'",
    ],
)
def test_a_kit_put_together_otherwise_comes_with_the_next_pull(
    connector: SqlConnector, erp: Owner, change: str
) -> None:
    cursor = end(connector.pull_products)
    before = contents(connector.read_products([PACK])[0])

    erp.execute(change.encode())

    (pack,) = connector.pull_products(cursor).records
    assert pack.code == PACK
    assert contents(pack) != before


def test_kits_inside_kits_inside_kits_end_somewhere() -> None:
    chain = kits_in(*((f"K{depth}", f"K{depth + 1}", 1) for depth in range(50)))
    asked: list[str] = []

    def read(skus: list[str]) -> list[dict[str, Any]]:
        asked.extend(skus)
        return [row for sku in skus for row in chain.get(sku, [])]

    found = recipes(["K0"], read)

    assert len(asked) < 10
    with pytest.raises(BadRow, match="deep"):
        components("K0", found)


def test_a_kit_too_deep_to_be_read_to_its_end_is_not_half_believed() -> None:
    deepest = kits_in(*((f"K{depth}", f"K{depth + 1}", 1) for depth in range(6)))

    found = recipes(["K0"], lambda skus: [row for sku in skus for row in deepest.get(sku, [])])

    with pytest.raises(BadRow):
        components("K0", found)


def test_a_component_named_twice_counts_twice() -> None:
    parts = components("K", kits_in(("K", "A", 1), ("K", "A ", 2)))

    assert [(part.sku, part.quantity) for part in parts] == [("A", Decimal(3))]
