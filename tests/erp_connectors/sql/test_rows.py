"""What the ERP's rows mean."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from erp_connectors.sql import rows
from erp_connectors.sql.config import SqlSettings, read_settings
from mapping.documents import AttributeKind

SETTINGS = read_settings({"host": "h", "dbname": "d", "user": "u"})


def variant(**changes: Any) -> dict[str, Any]:
    # `attribute_7` and `attribute_8` are colour and size: see ATTRIBUTES.
    return {"sku": "S", "option_0": "", "option_1": "", "version": 1, **changes}


def product(*variants: dict[str, Any], settings: SqlSettings = SETTINGS, **changes: Any) -> Any:
    return rows.product({"code": "A", "title": "T", **changes}, variants, settings)


def test_axes_on_which_nothing_differs_are_left_out() -> None:
    found = product(variant(sku="A", option_0="Negro"), variant(sku="B", option_0="Rojo"))

    assert found.options == ("Color",)
    assert [each.option_values for each in found.variants] == [("Negro",), ("Rojo",)]


def test_a_single_item_has_no_options() -> None:
    assert product(variant()).options == ()


def test_an_item_without_a_size_among_others_gets_a_word_for_it() -> None:
    found = product(variant(sku="A", option_1="41"), variant(sku="B"))

    assert [each.option_values for each in found.variants] == [("41",), ("Única",)]


def test_the_version_is_that_of_the_newest_row() -> None:
    assert product(variant(version=7), variant(version=12), version=9).version == "12"


def test_descriptions_are_text_unless_the_erp_says_they_are_html() -> None:
    raw = "De <piel> & tela\nsuave\n\nHecho en Elche"
    html = read_settings({"host": "h", "dbname": "d", "user": "u", "description": "html"})

    assert product(description=raw).description_html == (
        "<p>De &lt;piel&gt; &amp; tela<br>suave</p><p>Hecho en Elche</p>"
    )
    assert product(description="<b>x</b>", settings=html).description_html == "<b>x</b>"


@pytest.mark.parametrize(
    ("_case", "value", "kind", "text"),
    [
        ("yes", True, AttributeKind.BOOLEAN, "true"),
        ("no, in Spanish", "N", AttributeKind.BOOLEAN, "false"),
        ("yes, in Spanish", "Sí", AttributeKind.BOOLEAN, "true"),
        ("minus one is true in some ERPs", -1, AttributeKind.BOOLEAN, "true"),
        ("a number without filling zeros", Decimal("21.00"), AttributeKind.DECIMAL, "21"),
        ("a hundred keeps its zeros", Decimal("100"), AttributeKind.DECIMAL, "100"),
        ("no scientific notation", Decimal("1E+3"), AttributeKind.INTEGER, "1000"),
        ("a number typed in Spanish", "1.234,50", AttributeKind.MEASURE, "1234.5"),
        ("a date", date(2026, 9, 1), AttributeKind.DATE, "2026-09-01"),
        ("a moment", datetime(2026, 9, 1, 5, tzinfo=UTC), AttributeKind.DATE, "2026-09-01"),
        ("padded text", "Piel   ", AttributeKind.TEXT, "Piel"),
    ],
)
def test_attributes_have_one_way_to_be_written(
    _case: str, value: Any, kind: AttributeKind, text: str
) -> None:
    assert rows.attribute_text(value, kind) == text


def test_an_empty_cell_is_no_attribute() -> None:
    found = product(attribute_0="OI26", attribute_1="", attribute_2=None)

    assert [each.code for each in found.attributes] == ["temporada"]


def test_a_missing_figure_is_not_zero() -> None:
    now = datetime.now(UTC)

    with pytest.raises(rows.BadRow):
        rows.stock_level({"sku": "S", "warehouse": "W", "on_hand": None}, now)
    with pytest.raises(rows.BadRow):
        rows.price({"sku": "S", "price_list": "P", "amount": None}, SETTINGS)


def test_an_erp_without_reservations_reserves_nothing() -> None:
    level = rows.stock_level({"sku": "S", "warehouse": "W", "on_hand": 3}, datetime.now(UTC))

    assert level.free == 3


def test_a_column_of_floats_loses_no_cent() -> None:
    row = {"sku": "S", "price_list": "P", "amount": 0.1, "tax_included": "S"}

    assert rows.price(row, SETTINGS).amount.amount == Decimal("0.1")


def test_blanks_before_a_code_belong_to_it() -> None:
    assert rows.key({"code": "   123  "}, "code") == "   123"


def test_half_a_piece_is_not_shipped() -> None:
    row = {
        "number": "A1",
        "reference": "t/1",
        "shipped_at": datetime.now(UTC),
        "sku": "S",
        "quantity": Decimal("0.5"),
    }

    with pytest.raises(rows.BadRow):
        rows.shipment([row])
