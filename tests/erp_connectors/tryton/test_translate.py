"""Tryton's records in our words."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erp_connectors.tryton.translate import product, read_attribute_types
from erp_connectors.tryton.wire import decode, encode
from mapping.documents import AttributeKind

TYPES = read_attribute_types(
    [
        {"name": "color", "string": "Color", "type_": "selection",
         "selection_json": '[["neg","Negro"],["bla","Blanco"]]'},
        {"name": "temporada", "string": "Temporada", "type_": "selection",
         "selection_json": '[["pv","Primavera"]]'},
        {"name": "altura", "string": "Altura", "type_": "numeric", "selection_json": None},
    ]
)  # fmt: skip


def template(**values: Any) -> dict[str, Any]:
    return {"id": 7, "code": "M1", "name": "Modelo", "active": True, "salable": True, **values}


def variant(code: str, **values: Any) -> dict[str, Any]:
    return {
        "id": sum(code.encode()),
        "code": code,
        "active": True,
        "description": "",
        "attributes": {},
        **values,
    }


def test_without_a_setting_the_selections_that_differ_are_the_options() -> None:
    held = {"temporada": "pv", "altura": Decimal("2.50")}
    items = [
        variant("A", attributes={**held, "color": "neg"}),
        variant("B", attributes={**held, "color": "bla"}),
    ]

    made = product(template(), items, TYPES, ())

    assert made.options == ("Color",)
    assert [each.option_values for each in made.variants] == [("Negro",), ("Blanco",)]
    assert [(each.code, each.value) for each in made.attributes] == [
        ("temporada", "Primavera"),
        ("altura", "2.5"),
    ]


def test_a_choice_the_erp_no_longer_lists_keeps_its_own_name() -> None:
    made = product(template(), [variant("A", attributes={"color": "azul"})], TYPES, ("color",))

    assert made.variants[0].option_values == ("azul",)


def test_what_only_some_variants_say_does_not_describe_the_model() -> None:
    items = [variant("A", attributes={"altura": Decimal(2)}), variant("B")]

    assert product(template(), items, TYPES, ()).attributes == ()


def test_an_item_without_a_code_is_left_out_and_a_model_without_one_goes_by_its_number() -> None:
    made = product(template(code=None), [variant(""), variant("B")], TYPES, ())

    assert made.code == "7"
    assert [each.sku for each in made.variants] == ["B"]


@pytest.mark.parametrize(
    ("weight", "unit", "grams"),
    [(1.15, "kg", "1150"), (620.0, "g", "620"), (None, "g", None), (3.0, "furlong", None)],
)
def test_weights_are_in_grams(weight: float | None, unit: str, grams: str | None) -> None:
    item = variant("A", weight=weight, **{"weight_uom.": {"symbol": unit}})

    (made,) = product(template(), [item], TYPES, ()).variants

    assert made.weight_grams == (Decimal(grams) if grams else None)


def test_named_selections_are_colours_and_the_rest_options() -> None:
    assert TYPES["color"].kind is AttributeKind.COLOUR
    assert TYPES["temporada"].kind is AttributeKind.OPTION


plain = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.dates(),
    st.datetimes(timezones=st.just(UTC)),
)


@given(st.recursive(plain, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_what_we_send_is_what_we_would_read(value: Any) -> None:
    assert decode(encode(value)) == value


def test_a_date_is_not_a_moment() -> None:
    assert decode(encode(date(2026, 11, 24))) == date(2026, 11, 24)
    assert decode(encode(datetime(2026, 11, 24, 1, tzinfo=UTC))).tzinfo is UTC
