"""No change is lost, however late the transaction that made it commits."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from erp_connectors.contract import DeltaKind, Page
from erp_connectors.errors import ErpMisconfigured
from erp_connectors.sql import cursors
from erp_connectors.sql.connector import SqlConnector
from erp_connectors.sql.cursors import Cursor, Horizon
from sandbox.erp import database, operations
from tests.erp_connectors.erp_under_test import end, pages

A, B, C = "ZAP1001-NEG-40", "ZAP1001-NEG-41", "ZAP1001-NEG-42"


def changed(found: list[Page[Any]]) -> list[str]:
    return [record.sku for page in found for record in page.records]


def count(erp: psycopg.Connection[Any], sku: str, quantity: int) -> None:
    operations.set_stock(erp, sku, "CENTRAL", Decimal(quantity))


def test_a_change_committed_late_is_not_lost(
    connector: SqlConnector, erp: psycopg.Connection[Any], dsn: str
) -> None:
    cursor = end(connector.pull_stock)
    with database.connect(dsn) as slow:
        slow.autocommit = False
        count(slow, A, 101)  # takes the lower number
        count(erp, B, 102)  # takes the higher one, and is seen first

        before = list(pages(connector.pull_stock, cursor))
        slow.commit()

    after = list(pages(connector.pull_stock, before[-1].cursor))

    assert changed(before) == [B]
    assert changed(after) == [A]


def test_what_was_read_is_not_read_again_while_a_transaction_stays_open(
    connector: SqlConnector, erp: psycopg.Connection[Any], dsn: str
) -> None:
    cursor = end(connector.pull_stock)
    with database.connect(dsn) as slow:
        slow.autocommit = False
        count(slow, A, 101)
        seen: list[list[str]] = []
        for sku, quantity in ((B, 1), (C, 2), (B, 3)):
            count(erp, sku, quantity)
            found = list(pages(connector.pull_stock, cursor))
            cursor = found[-1].cursor
            seen.append(changed(found))
        nothing = list(pages(connector.pull_stock, cursor))
        slow.rollback()

    assert seen == [[B], [C], [B]]
    assert changed(nothing) == []


def test_a_variant_changed_late_brings_its_product_again(
    connector: SqlConnector, erp: psycopg.Connection[Any], dsn: str
) -> None:
    cursor = end(connector.pull_products)
    with database.connect(dsn) as slow:
        slow.autocommit = False
        slow.execute("UPDATE gestion.articulos_variantes SET ean = '' WHERE sku = %s", [A])
        erp.execute("UPDATE gestion.articulos SET marca = 'Otra' WHERE codigo = 'ZAP1001'")
        first = connector.pull_products(cursor)
        slow.commit()

    second = connector.pull_products(first.cursor)

    assert [product.vendor for product in first.records] == ["Otra"]
    (product,) = second.records
    assert next(each for each in product.variants if each.sku == A).barcode == ""


def test_a_thousand_changes_in_one_transaction_come_once_each(
    connector: SqlConnector, erp: psycopg.Connection[Any]
) -> None:
    cursor = end(connector.pull_stock)
    number = operations.bulk_stock(erp, 400, seed=1)

    found = [
        (record.sku, record.warehouse)
        for page in pages(connector.pull_stock, cursor, limit=60)
        for record in page.records
    ]

    assert len(found) == len(set(found)) == number == 400


def test_an_erp_in_which_nothing_changed_gives_nothing(connector: SqlConnector) -> None:
    cursor = end(connector.pull_stock)

    assert changed(list(pages(connector.pull_stock, cursor))) == []


def test_a_first_load_is_not_handed_on_again_while_a_transaction_stays_open(
    connector: SqlConnector, erp: psycopg.Connection[Any], dsn: str
) -> None:
    with database.connect(dsn) as slow:
        slow.autocommit = False
        count(slow, A, 101)
        first = list(pages(connector.pull_stock, "", limit=100))
        again = list(pages(connector.pull_stock, first[-1].cursor))
        slow.commit()

    after = list(pages(connector.pull_stock, again[-1].cursor))

    assert len(changed(first)) == 566
    assert changed(again) == []
    assert changed(after) == [A]


def test_time_stamps_are_read_with_an_overlap(
    connect: Callable[..., SqlConnector], erp: psycopg.Connection[Any]
) -> None:
    connector = connect(delta={"stock": DeltaKind.SINCE}, overlap_seconds=30)
    erp.execute("ALTER TABLE gestion.existencias DISABLE TRIGGER cambio")
    erp.execute("UPDATE gestion.existencias SET modificado_en = now() - interval '1 day'")
    stamp = "UPDATE gestion.existencias SET modificado_en = now() - %s::interval WHERE sku = %s"
    erp.execute(stamp, ["0 seconds", A])
    cursor = end(connector.pull_stock)
    erp.execute(stamp, ["20 seconds", B])  # stamped before, seen after
    erp.execute(stamp, ["5 minutes", C])

    again = changed(list(pages(connector.pull_stock, cursor)))

    assert set(again) == {A, B}


def test_a_whole_list_says_that_it_is_complete_at_its_end(
    connect: Callable[..., SqlConnector],
) -> None:
    connector = connect(delta={"stock": DeltaKind.SNAPSHOT})

    found = list(pages(connector.pull_stock, "", limit=200))

    assert [page.complete for page in found] == [False, False, True]
    assert len(changed(found)) == 566


def test_a_first_pass_says_that_it_is_complete_and_later_ones_do_not(
    connector: SqlConnector,
) -> None:
    found = list(pages(connector.pull_products, "", limit=20))

    assert [page.complete for page in found] == [False, False, True]
    assert not connector.pull_products(found[-1].cursor).complete


def test_a_restored_database_is_read_from_the_start(connector: SqlConnector) -> None:
    ahead = '{"settled":999999999,"newest":999999999,"is_full":false}'

    found = list(pages(connector.pull_products, ahead))

    assert sum(len(page.records) for page in found) == 56
    assert found[-1].complete


@pytest.mark.parametrize("text", ["{", "[]", '{"nonsense":1}', "null", '{"seen":[1]}'])
def test_a_damaged_cursor_is_refused(connector: SqlConnector, text: str) -> None:
    with pytest.raises(ErpMisconfigured):
        connector.pull_stock(text)


def test_a_cursor_survives_being_written_down() -> None:
    cursor = Cursor(settled=5, newest=9, watch=3, seen=((7, 8),), is_full=False, at=6, until=9)

    assert cursors.read(cursors.write(cursor)) == cursor


@given(st.lists(st.tuples(st.sampled_from("bwcaprq"), st.integers(0, 5)), max_size=60))
def test_whatever_the_order_of_commits_each_change_is_read_once(
    steps: list[tuple[str, int]],
) -> None:
    """A model of a database: transactions begin, write, commit and abort in any order."""
    model = Model()
    for kind, which in steps:
        model.step(kind, which)
    for key in sorted(model.open):
        model.end(key, keep=True)
    model.read_a_pass(page=3)
    model.read_a_pass(page=3)

    assert sorted(model.read) == sorted(model.visible)


class Model:
    """Each change is a row of its own, so each must be read exactly once."""

    def __init__(self) -> None:
        self.next_transaction, self.next_version = 1, 1
        self.open: dict[int, list[int]] = {}
        self.visible: list[int] = []
        self.read: list[int] = []
        self.cursor = ""

    def step(self, kind: str, which: int) -> None:
        keys = sorted(self.open)
        key = keys[which % len(keys)] if keys else None
        if kind == "b":
            self.open[self.next_transaction] = []
            self.next_transaction += 1
        elif kind == "w" and key is not None:
            self.open[key].append(self.next_version)
            self.next_version += 1
        elif kind in "ca" and key is not None:
            self.end(key, keep=kind == "c")
        elif kind == "p":
            self.read_a_page(page=2)
        elif kind in "rq":
            self.read_a_pass(page=1 + which)

    def end(self, key: int, *, keep: bool) -> None:
        written = self.open.pop(key)
        if keep:
            self.visible += written

    def read_a_pass(self, *, page: int) -> None:
        while self.read_a_page(page=page):
            pass

    def read_a_page(self, *, page: int) -> bool:
        cursor = cursors.read(self.cursor)
        if not cursor.is_inside_a_pass:
            newest = max(self.visible, default=cursors.NOWHERE)
            oldest = min(self.open, default=self.next_transaction)
            cursor = cursors.begin(
                cursor, Horizon(oldest=oldest, next=self.next_transaction, newest=newest)
            )
        assert cursor.at is not None
        rows = sorted(
            each
            for each in self.visible
            if cursor.at < each <= cursor.until
            and not any(low <= each <= high for low, high in cursor.seen)
        )[:page]
        self.read += rows
        cursor = cursors.advance(cursor, rows, remember=True)
        more = len(rows) >= page and cursor.has_more
        self.cursor = cursors.write(cursor if more else cursors.finish(cursor))
        return more


@pytest.mark.parametrize("delta", [DeltaKind.CURSOR, DeltaKind.SINCE, DeltaKind.SNAPSHOT])
def test_a_list_with_a_row_that_cannot_be_read_proves_no_absence(
    connect: Callable[..., SqlConnector], erp: psycopg.Connection[Any], delta: DeltaKind
) -> None:
    connector = connect(delta={"prices": delta})
    assert list(pages(connector.pull_prices, "", limit=500))[-1].complete

    erp.execute("UPDATE gestion.precios SET precio = 'NaN' WHERE articulo = 'ABR8001'")

    found = list(pages(connector.pull_prices, "", limit=500))
    assert len(found) > 1
    assert not any(page.complete for page in found)
