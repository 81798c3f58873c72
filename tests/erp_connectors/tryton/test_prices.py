"""What items cost on the ERP's price lists."""

from decimal import Decimal
from typing import Any

import pytest

from erp_connectors.tryton.connector import TrytonConnector
from mapping.documents import Price
from sandbox.tryton import clerk
from sandbox.tryton.rpc import Rpc
from tests.erp_connectors.tryton.conftest import Staff

pytestmark = [pytest.mark.tryton, pytest.mark.timeout(600)]


def pull_all(connector: TrytonConnector, cursor: str = "") -> tuple[list[Price], str]:
    found: list[Price] = []
    more = True
    while more:
        page = connector.pull_prices(cursor)
        found += page.records
        cursor, more = page.cursor, page.more
    return found, cursor


def test_a_tax_included_list_gives_the_price_in_the_shop_window(
    connector: TrytonConnector,
) -> None:
    prices = connector.read_prices(["BL001-NEG", "LI001", "GO001"], "PVP")

    assert {price.sku: price.amount.amount for price in prices} == {
        "BL001-NEG": Decimal("149.95"),
        "LI001": Decimal("24.90"),
        "GO001": Decimal("12.50"),
    }
    assert all(price.tax_included for price in prices)


def test_quantity_breaks_are_prices_of_their_own(connector: TrytonConnector) -> None:
    prices = connector.read_prices(["BL002-ROJ"], "MAYORISTA")

    net = Decimal("89.95") / Decimal("1.21")
    assert [(price.min_quantity, price.amount.rounded().amount) for price in prices] == [
        (Decimal(least), (net * Decimal(factor)).quantize(Decimal("0.01")))
        for least, factor in ((1, "0.7"), (10, "0.6"), (50, "0.5"))
    ]
    assert not prices[0].tax_included


def test_every_list_is_read_and_then_only_what_changed(
    connector: TrytonConnector, staff: Staff
) -> None:
    everything, cursor = pull_all(connector)
    staff(lambda rpc: clerk.set_price(rpc, "CI001", Decimal("31.95")))

    changed, after = pull_all(connector, cursor)

    assert {price.price_list for price in everything} == {"PVP", "REBAJAS", "MAYORISTA"}
    assert {price.product_code for price in changed} == {"CI001"}
    assert Decimal("31.95") in {price.amount.amount for price in changed}
    assert pull_all(connector, after) == ([], after)


def test_a_changed_formula_brings_the_whole_list_and_no_other(
    connector: TrytonConnector, staff: Staff
) -> None:
    _, cursor = pull_all(connector)

    def deepen_sale(rpc: Rpc) -> Any:
        domain = [["price_list.name", "=", "REBAJAS"], ["category", "=", None]]
        line = rpc.call("product.price_list.line.search", domain, 0, 1, None)
        formula = {"formula": "(unit_price * 1.21 * 0.6).quantize(0.1) - 0.05"}
        return rpc.call("product.price_list.line.write", line, formula)

    staff(deepen_sale)

    changed, _ = pull_all(connector, cursor)

    assert {price.price_list for price in changed} == {"REBAJAS"}
    assert len(changed) >= 150


def test_a_list_the_erp_does_not_have_gives_no_price(connector: TrytonConnector) -> None:
    assert connector.read_prices(["BL001-NEG"], "NOPE") == []
