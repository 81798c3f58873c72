"""What the connector says about the ERP's models and variants."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from stdnum import ean

from erp_connectors.tryton.connector import TrytonConnector
from mapping.documents import AttributeKind, Product
from sandbox.tryton.rpc import Rpc
from sandbox.tryton.server import RunningTryton
from tests.erp_connectors.tryton.conftest import Staff

pytestmark = [pytest.mark.tryton, pytest.mark.timeout(600)]


def pull_all(connector: TrytonConnector, cursor: str = "") -> tuple[list[Product], str]:
    found: list[Product] = []
    more = True
    while more:
        page = connector.pull_products(cursor, limit=15)
        found += page.records
        cursor, more = page.cursor, page.more
    return found, cursor


def change_model(code: str, **values: Any) -> Any:
    def work(rpc: Rpc) -> None:
        domain = [["code", "=", code], ["active", "in", [True, False]]]
        found = rpc.call("product.template.search", domain, 0, 1, None)
        rpc.call("product.template.write", found, values)

    return work


def test_the_whole_catalogue_is_read_page_by_page(connector: TrytonConnector) -> None:
    products, _ = pull_all(connector)

    assert len({product.code for product in products}) == len(products) >= 40
    assert sum(len(product.variants) for product in products) >= 150
    assert all(ean.is_valid(v.barcode) for product in products for v in product.variants)


def test_attributes_arrive_with_their_types(connector: TrytonConnector) -> None:
    (product,) = connector.read_products(["BO004"])

    kinds = {each.code: (each.kind, each.value) for each in product.attributes}
    assert kinds == {
        "material": (AttributeKind.TEXT, "Serraje"),
        "impermeable": (AttributeKind.BOOLEAN, "true"),
        "altura_tacon": (AttributeKind.DECIMAL, "4"),
        "temporada": (AttributeKind.OPTION, "Otoño-invierno 2026"),
        "lanzamiento": (AttributeKind.DATE, "2026-09-01"),
    }


def test_a_variant_answers_its_models_options_in_their_order(connector: TrytonConnector) -> None:
    (product,) = connector.read_products(["ZM002"])

    assert product.options == ("Color", "Talla")
    assert product.variants[0].option_values == ("Negro", "37")
    assert product.variants[0].weight_grams == Decimal(620)
    assert product.family == "Calzado / Zapatos de mujer"


def test_a_code_the_erp_does_not_have_is_not_in_the_answer(connector: TrytonConnector) -> None:
    assert connector.read_products(["NOPE"]) == []
    assert connector.read_products([]) == []


def test_a_second_read_with_nothing_changed_is_empty(connector: TrytonConnector) -> None:
    _, cursor = pull_all(connector)

    page = connector.pull_products(cursor)

    assert page.records == ()
    assert page.cursor == cursor


def test_a_renamed_model_comes_back_whole_and_once(
    connector: TrytonConnector, staff: Staff
) -> None:
    _, cursor = pull_all(connector)
    staff(change_model("ZM003", name="Mocasín Lola II"))

    changed, after = pull_all(connector, cursor)

    assert [(each.code, each.title, len(each.variants)) for each in changed] == [
        ("ZM003", "Mocasín Lola II", 6)
    ]
    assert pull_all(connector, after)[0] == []
    assert pull_all(connector, cursor)[0] == changed


def test_a_change_to_one_variant_brings_its_whole_model(
    connector: TrytonConnector, staff: Staff
) -> None:
    _, cursor = pull_all(connector)

    def describe(rpc: Rpc) -> None:
        found = rpc.call("product.product.search", [["code", "=", "ZM004-ROS-37"]], 0, 1, None)
        rpc.call("product.product.write", found, {"description": "Suela <nueva>"})

    staff(describe)

    (changed,) = pull_all(connector, cursor)[0]
    assert changed.code == "ZM004"
    assert changed.description_html == "<p>Suela &lt;nueva&gt;</p>"


def test_a_model_taken_off_sale_is_inactive_and_not_gone(
    connector: TrytonConnector, staff: Staff
) -> None:
    _, cursor = pull_all(connector)
    staff(change_model("CU002", salable=False))

    (changed,) = pull_all(connector, cursor)[0]

    assert changed.code == "CU002"
    assert not changed.active


def test_a_slow_transaction_that_ends_late_is_not_missed(
    connector: TrytonConnector, staff: Staff, tryton: RunningTryton, pg_url: str
) -> None:
    _, cursor = pull_all(connector)
    with psycopg.connect(pg_url, dbname=tryton.database) as slow:
        # Tryton stamps a record with the time its transaction began, as this does.
        slow.execute(
            "UPDATE product_template SET name = 'Lenta', write_date = CURRENT_TIMESTAMP"
            " WHERE code = 'ZH001'"
        )
        staff(change_model("ZH002", name="Rápida"))
        first, cursor = pull_all(connector, cursor)
        slow.commit()

    second, cursor = pull_all(connector, cursor)

    assert [each.title for each in first] == ["Rápida"]
    assert [each.title for each in second] == ["Lenta"]
    assert pull_all(connector, cursor)[0] == []


def test_one_large_change_is_read_in_pages_and_each_model_once(
    connector: TrytonConnector, staff: Staff
) -> None:
    _, cursor = pull_all(connector)

    def reprice_shoes(rpc: Rpc) -> None:
        found = rpc.call("product.template.search", [["code", "like", "CA%"]], 0, None, None)
        rpc.call("product.template.write", found, {"list_price": Decimal("20")})

    staff(reprice_shoes)

    codes: list[str] = []
    more = True
    while more:
        page = connector.pull_products(cursor, limit=2)
        codes += [each.code for each in page.records]
        cursor, more = page.cursor, page.more

    assert sorted(codes) == ["CA001", "CA002", "CA003", "CA004", "CA005"]


def test_the_erp_describes_itself_for_the_mapping_screens(connector: TrytonConnector) -> None:
    described = connector.describe()

    assert {each.code for each in described.warehouses} == {"MAD", "BCN", "TIENDA"}
    assert {each.code for each in described.price_lists} == {"PVP", "REBAJAS", "MAYORISTA"}
    assert "Azul marino" in described.attributes[0].values
    assert described.counts["variants"] >= 150
    assert connector.capabilities().overlap >= timedelta(minutes=1)
