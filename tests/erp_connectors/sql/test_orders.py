"""An order enters the ERP once, and nothing about it is guessed."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from erp_connectors.contract import Found, Pushed
from erp_connectors.sql.connector import SqlConnector
from mapping.documents import TaxLine
from sandbox.erp import operations
from tests.erp_connectors.orders import Sold, bag, make_order

SKU = "ZAP1001-NEG-41"
Owner = psycopg.Connection[Any]
Connect = Callable[..., SqlConnector]


def number_of_orders(erp: Owner, reference: str) -> int:
    row = erp.execute(
        "SELECT count(*) FROM gestion.pedidos WHERE referencia_web = %s", [reference]
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_the_erp_numbers_the_order_and_adds_up_for_itself(
    connector: SqlConnector, erp: Owner
) -> None:
    order = make_order(
        Sold(sku=SKU, quantity=3, price="119.95", discount="10.00"),
        Sold(sku="CUI9803", price="18.90", rate="4"),
        shipping="4.95",
    )

    result = connector.push_order(order, key="k")

    assert result.outcome is Pushed.ACCEPTED, result.message
    assert result.order is not None
    assert result.order.number.startswith("W26/")
    assert result.order.total == order.total.shop
    assert result.order.tax_total is not None
    line = erp.execute(
        "SELECT precio, descuento, importe FROM gestion.pedidos_lineas WHERE linea = 1"
    ).fetchone()
    assert line == (Decimal("99.1322"), Decimal("8.2645"), Decimal("289.1321"))


def test_a_cent_that_the_erp_rounds_otherwise_is_told_as_rounding(
    connector: SqlConnector,
) -> None:
    order = make_order(Sold(sku=SKU, quantity=1000, price="0.03"))

    result = connector.push_order(order, key="k")

    assert result.order is not None, result.message
    assert result.order.total == order.total.shop
    assert result.order.rounding is not None
    assert result.order.rounding.amount == Decimal("-0.01")


def test_a_total_that_differs_is_refused_with_both_figures(connector: SqlConnector) -> None:
    order = replace(make_order(Sold(sku=SKU, price="10.00")), total=bag("12.00"))

    result = connector.push_order(order, key="k")

    assert result.outcome is Pushed.REJECTED
    assert "12.00" in result.message
    assert "9.99" in result.message


@pytest.mark.parametrize(
    ("_case", "changes", "word"),
    [
        ("a tax rate it does not have", {"lines": "19"}, "19"),
        ("a warehouse it does not have", {"warehouse": "LUNA"}, "LUNA"),
        ("a currency it does not keep", {"currency": "USD"}, "USD"),
        ("no lines", {"lines": ()}, "no lines"),
    ],
)
def test_what_the_erp_cannot_take_is_refused_in_plain_words(
    connector: SqlConnector, erp: Owner, _case: str, changes: dict[str, Any], word: str
) -> None:
    order = make_order(Sold(sku=SKU, rate="19" if changes.get("lines") == "19" else "21"))
    if changes.get("lines") != "19":
        order = replace(order, **changes)

    result = connector.push_order(order, key="k")

    assert result.outcome is Pushed.REJECTED
    assert word in result.message
    assert number_of_orders(erp, order.reference) == 0


def test_a_line_with_two_taxes_is_refused_before_it_leaves(connector: SqlConnector) -> None:
    order = make_order(Sold(sku=SKU))
    surcharge = TaxLine(title="Recargo", rate=Decimal("5.2"), amount=bag("0.43"))
    line = replace(order.lines[0], taxes=(*order.lines[0].taxes, surcharge))

    result = connector.push_order(replace(order, lines=(line,)), key="k")

    assert result.outcome is Pushed.REJECTED
    assert "Recargo" in result.message


def test_a_refused_order_can_be_pushed_again_once_its_cause_is_put_right(
    connector: SqlConnector, erp: Owner
) -> None:
    order = make_order(Sold(sku="NUEVO-1"))
    refused = connector.push_order(order, key="k")
    held = connector.lookup_order(order.reference)
    erp.execute(
        "INSERT INTO gestion.articulos_variantes (sku, articulo, talla) VALUES (%s, %s, 'X')",
        ["NUEVO-1", "ZAP1001"],
    )

    accepted = connector.push_order(order, key="k")

    assert refused.outcome is Pushed.REJECTED
    assert held.found is Found.NOT_FOUND
    assert "NUEVO-1" in held.reason
    assert accepted.outcome is Pushed.ACCEPTED
    assert connector.lookup_order(order.reference).found is Found.FOUND


def test_an_erp_that_shows_no_references_cannot_be_asked(connect: Connect) -> None:
    connector = connect(columns={"orders": {"reference": ""}})

    assert connector.lookup_order("tienda/1").found is Found.UNKNOWN
    assert not connector.capabilities().looks_up_orders


def test_a_customer_is_known_again_by_tax_number_or_email(
    connector: SqlConnector, erp: Owner
) -> None:
    pushed = [
        make_order(Sold(sku=SKU), tax_id="B12345674"),
        make_order(Sold(sku=SKU), tax_id="b12345674", customer=None),
        make_order(Sold(sku=SKU)),
        make_order(Sold(sku=SKU), customer=None),
    ]
    for order in pushed:
        assert connector.push_order(order, key="k").outcome is Pushed.ACCEPTED

    found = erp.execute("SELECT cliente FROM gestion.pedidos ORDER BY id").fetchall()

    assert [row[0] for row in found] == ["430000001", "430000001", "430000001", "430000000"]


def test_a_part_and_then_the_rest_are_two_shipments(connector: SqlConnector, erp: Owner) -> None:
    order = make_order(Sold(sku=SKU, quantity=3))
    connector.push_order(order, key="k")
    operations.ship(erp, order.reference, carrier="MRW", tracking="1", lines={SKU: Decimal(1)})
    first = connector.pull_shipments("")
    operations.ship(erp, order.reference, carrier="SEUR", tracking="2")

    second = connector.pull_shipments(first.cursor)

    (part,), (rest,) = first.records, second.records
    assert [line.quantity for line in (*part.lines, *rest.lines)] == [1, 2]
    assert part.lines[0].line_id == order.lines[0].id
    assert rest.tracking[0].company == "SEUR"
    assert rest.tracking[0].url.endswith("=2")


def test_an_order_nobody_handed_over_cannot_be_cancelled(connector: SqlConnector) -> None:
    result = connector.cancel_order("tienda/none", reason="customer")

    assert result.outcome is Pushed.REJECTED


def test_an_erp_without_a_table_for_cancellations_says_so(connect: Connect) -> None:
    connector = connect(staging={"cancellations": ""})

    assert not connector.capabilities().cancels_orders
    assert connector.cancel_order("tienda/1", reason="").outcome is Pushed.REJECTED
    assert connector.health().ok
