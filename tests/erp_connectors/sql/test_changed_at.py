"""When a level changed, by the ERP's own clock: a measure of delay, where there is one."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from erp_connectors.contract import DeltaKind
from erp_connectors.sql import rows
from erp_connectors.sql.connector import SqlConnector
from sandbox.erp import operations
from tests.erp_connectors.erp_under_test import end, pages

SKU = "ZAP1001-NEG-41"
Connect = Callable[..., SqlConnector]


@pytest.mark.parametrize("delta", [DeltaKind.CURSOR, DeltaKind.SINCE, DeltaKind.SNAPSHOT])
def test_a_level_bears_the_stamp_of_its_change(
    connect: Connect, erp: psycopg.Connection[Any], delta: DeltaKind
) -> None:
    connector = connect(delta={"stock": delta})
    cursor = end(connector.pull_stock)
    before = datetime.now(UTC)
    operations.set_stock(erp, SKU, "CENTRAL", Decimal(999))

    changes = pages(connector.pull_stock, cursor)
    pulled = [level for page in changes for level in page.records if level.on_hand == 999]
    read = [level for level in connector.read_stock([SKU]) if level.warehouse == "CENTRAL"]

    for level in (*pulled, *read):
        assert level.changed_at is not None
        assert before <= level.changed_at <= level.as_of
    assert pulled
    assert read


@pytest.mark.parametrize(
    "columns", [{"modified": ""}, {}], ids=["the settings say so", "the view shows none"]
)
def test_an_erp_without_stamps_has_none(
    connect: Connect, erp: psycopg.Connection[Any], columns: dict[str, str]
) -> None:
    erp.execute("ALTER VIEW puente.v_existencias RENAME COLUMN modificado_en TO otra_cosa")
    connector = connect(columns={"stock": columns})

    (level, *_) = connector.read_stock([SKU])

    assert level.changed_at is None
    assert connector.health().ok


@pytest.mark.parametrize(
    ("_case", "stamp"),
    [
        ("a day", date(2026, 11, 24)),
        ("a clock of no zone", datetime(2026, 11, 24, 10)),  # noqa: DTZ001
        ("text", "2026-11-24"),
        ("nothing", None),
    ],
)
def test_what_cannot_be_compared_with_our_clock_is_no_stamp(_case: str, stamp: Any) -> None:
    row = {"sku": "S", "warehouse": "W", "on_hand": 1, "modified": stamp}

    assert rows.stock_level(row, datetime.now(UTC)).changed_at is None
