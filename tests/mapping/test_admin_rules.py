"""Stock rules and warehouses on their screens, and as spreadsheets."""

import io
from typing import Any

import pytest
import tablib
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from mapping import rule_words
from mapping.admin import StockRuleSheet, WarehouseSheet
from mapping.models import Channel, StockRule, WarehouseMapping
from sync.models import StockPosition
from tests.sync.makers import make_channel
from tests.sync.shelves import decide, make_figure, make_place, make_position

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel() -> Channel:
    return make_channel()


@pytest.fixture
def staff() -> Client:
    client = Client(headers={"Accept-Language": "es"})
    user = User.objects.create_superuser("ana")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize(
    ("says", "rule"),
    [
        ("En la familia Zapatos se guardan 2 unidades", {"buffer_units": 2}),
        ("En la familia Zapatos se guarda 1 unidad", {"buffer_units": 1}),
        (
            "En la familia Zapatos se guardan 2 unidades o el 5 %, lo que sea más",
            {"buffer_units": 2, "buffer_percent": 5},
        ),
        (
            "En la familia Zapatos se guarda el 10 %, se muestra 0 si quedan 3 o menos y "
            "se vende también lo que está de camino",
            {"buffer_percent": 10, "zero_at_or_below": 3, "sells_incoming": True},
        ),
        ("En la familia Zapatos no se guarda nada", {"buffer_units": 0}),
        ("En la familia Zapatos no se dice nada propio", {}),
    ],
)
def test_a_rule_reads_as_a_sentence(channel: Channel, says: str, rule: dict[str, Any]) -> None:
    with override("es"):
        row = StockRule(channel=channel, scope="family", key="Zapatos", **rule)
        assert rule_words.sentence(row) == says


def test_rules_go_out_and_come_back_as_a_sheet(channel: Channel) -> None:
    StockRule.objects.create(channel=channel, scope="family", key="Zapatos", buffer_units=2)
    StockRule.objects.create(channel=channel, scope="channel", zero_at_or_below=1)
    sheet = StockRuleSheet().export()
    rows = StockRule.objects.values_list("scope", "key", "buffer_units", "zero_at_or_below")
    kept = set(rows)
    StockRule.objects.all().delete()

    result = StockRuleSheet().import_data(tablib.Dataset().load(sheet.csv, "csv"))

    assert not result.has_errors()
    assert not result.has_validation_errors()
    assert set(rows.all()) == kept


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_sheet_changes_a_rule_and_has_its_items_decided_again(
    channel: Channel, kind: str
) -> None:
    StockRule.objects.create(channel=channel, scope="item", key="A", buffer_units=2)
    make_position(channel, "A")
    sheet = StockRuleSheet().export()
    row = dict(zip(sheet.headers, sheet[0], strict=True)) | {"buffer_units": "7"}
    changed = tablib.Dataset(tuple(row.values()), headers=list(row))
    data = changed.export(kind)
    stream = io.BytesIO(data) if isinstance(data, bytes) else data

    StockRuleSheet().import_data(tablib.Dataset().load(stream, kind), raise_errors=True)

    assert StockRule.objects.get().buffer_units == 7
    assert StockPosition.objects.get().dirty


def test_a_sheet_that_is_only_looked_at_changes_nothing(channel: Channel) -> None:
    make_position(channel, "A")
    sheet = tablib.Dataset(
        (channel.name, "item", "A", "2"), headers=["channel", "scope", "key", "buffer_units"]
    )

    StockRuleSheet().import_data(sheet, dry_run=True, raise_errors=True)

    assert not StockRule.objects.exists()
    assert not StockPosition.objects.get().dirty


def test_a_bad_row_of_a_sheet_is_refused_with_its_reason(channel: Channel) -> None:
    sheet = tablib.Dataset(
        (channel.name, "family", "", "2"), headers=["channel", "scope", "key", "buffer_units"]
    )

    result = StockRuleSheet().import_data(sheet, dry_run=True)

    assert result.has_validation_errors()
    assert not StockRule.objects.exists()


def test_a_sheet_of_warehouses_cannot_sell_a_unit_twice(channel: Channel) -> None:
    other = make_channel(company=channel.company)
    make_place(channel, share=60)
    names = ["channel", "warehouse", "location", "share"]
    sheet = tablib.Dataset((other.name, "CENTRAL", "gid://L/1", "50"), headers=names)

    result = WarehouseSheet().import_data(sheet, dry_run=True)

    (row,) = result.invalid_rows
    assert f"{channel.name}: 60 %" in str(row.error)


@pytest.mark.parametrize("share", [None, 50])
def test_the_refusal_names_the_channels_that_clash(channel: Channel, share: int | None) -> None:
    other = make_channel(company=channel.company)
    make_place(channel, share=60)
    row = WarehouseMapping(channel=other, warehouse="CENTRAL", location="gid://L/2", share=share)

    with pytest.raises(ValidationError, match=f"{channel.name}: 60 %"):
        row.full_clean()


def test_a_form_without_a_channel_is_an_error_and_no_accident(staff: Client) -> None:
    page = staff.post(reverse("admin:mapping_warehousemapping_add"), {"warehouse": "C"})

    assert page.status_code == 200


def test_the_list_of_warehouses_says_which_part(channel: Channel, staff: Client) -> None:
    make_place(channel, share=60)
    make_place(channel, warehouse="NAVE", ships_orders=False)

    page = staff.get(reverse("admin:mapping_warehousemapping_changelist")).content.decode()

    assert "60 %" in page
    assert "todo" in page


def test_the_effect_is_shown_before_anything_is_saved(channel: Channel, staff: Client) -> None:
    make_place(channel)
    make_figure(channel, "A", "10")
    decide(make_position(channel, "A", family="Zapatos"))
    form = {"channel": channel.pk, "scope": "family", "key": "Zapatos", "buffer_units": "3"}

    page = staff.post(reverse("admin:mapping_stockrule_effect"), form).content.decode()

    assert "En la familia Zapatos se guardan 3 unidades" in page
    assert "<strong>7</strong>" in page
    assert not StockRule.objects.exists()


def test_half_a_rule_has_no_effect_to_show(channel: Channel, staff: Client) -> None:
    page = staff.post(reverse("admin:mapping_stockrule_effect"), {"channel": channel.pk})

    assert page.status_code == 200
    assert "Rellene la norma" in page.content.decode()


def test_who_may_not_edit_rules_is_not_told_their_effect(channel: Channel) -> None:
    client = Client()
    client.force_login(
        User.objects.create_user("leo", is_staff=True),
        backend="django.contrib.auth.backends.ModelBackend",
    )

    assert client.post(reverse("admin:mapping_stockrule_effect")).status_code == 403


def test_a_rule_saved_on_its_screen_changes_a_number(channel: Channel, staff: Client) -> None:
    make_position(channel, "A", family="Zapatos")
    form = {"channel": channel.pk, "scope": "family", "key": "Zapatos", "buffer_units": "3"}

    staff.post(reverse("admin:mapping_stockrule_add"), form)

    assert StockRule.objects.get().sells_incoming is None
    assert StockPosition.objects.get().dirty


def test_the_form_of_a_channel_explains_its_limits(channel: Channel, staff: Client) -> None:
    url = reverse("admin:mapping_channel_change", args=[channel.pk])

    page = staff.get(url).content.decode()

    assert "no se envía ninguno y se pregunta a una persona" in page
    assert "Cambios masivos: parar y preguntar" in page
