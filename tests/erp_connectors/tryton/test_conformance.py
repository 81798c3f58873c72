"""The contract's promises on a real Tryton."""

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from erp_connectors.contract import ErpConnector
from erp_connectors.tryton.connector import TrytonConnector
from erp_connectors.tryton.settings import TrytonSettings
from sandbox.tryton import clerk
from sandbox.tryton.rpc import Rpc
from sandbox.tryton.server import RunningTryton
from tests.erp_connectors.conformance import Conformance
from tests.erp_connectors.erp_under_test import ErpUnderTest
from tests.erp_connectors.tryton.conftest import Staff
from tests.erp_connectors.tryton.lossy_proxy import LossyProxy

pytestmark = [pytest.mark.tryton, pytest.mark.timeout(600)]

# Of each model the first record, and a harmless-looking change to it.
FORBIDDEN: dict[str, dict[str, Any]] = {
    "product.template": {"name": "Mine"},
    "product.product": {"description": "Mine"},
    "product.price_list": {"name": "Mine"},
    "product.price_list.line": {"formula": "unit_price * 0.1"},
    "product.component": {"quantity": 9.0},
    "account.tax": {"rate": Decimal("0.01")},
    "stock.location": {"name": "Mine"},
    "res.user": {"login": "mine"},
    "res.group": {"name": "Mine"},
    "company.company": {"footer": "Mine"},
    "web.shop": {"name": "Mine"},
}


@dataclass
class SeededTryton:
    """The seeded company."""

    connector: ErpConnector
    tryton: RunningTryton
    staff: Staff
    proxy: LossyProxy
    product_code: str = "DE001"
    skus: tuple[str, str] = ("DE001-BLA-38", "DE001-BLA-42")
    warehouse: str = "MAD"
    price_list: str = "PVP"
    tax_rate: str = "21"
    kit: tuple[str, str, dict[str, int]] = field(
        default_factory=lambda: ("ZZ001", "ZZ001", {"CU001": 1, "CU002": 1})
    )

    def set_stock(self, sku: str, warehouse: str, quantity: Decimal) -> None:
        self.staff(lambda rpc: clerk.set_stock(rpc, sku, warehouse, quantity))

    def ship(self, reference: str, *, carrier: str, tracking: str) -> None:
        def send(rpc: Rpc) -> None:
            shipment = clerk.find_shipment(rpc, reference)
            clerk.ship(rpc, shipment, tracking=tracking, carrier=carrier)

        self.staff(send)

    def count_orders(self, reference: str) -> int:
        domain = [["web_id", "=", reference]]
        found = self.staff(lambda rpc: rpc.call("sale.sale.search_count", domain))
        assert isinstance(found, int)
        return found

    def lose_next_answer(self) -> None:
        self.proxy.losing = "model.sale.sale.create"

    def forbidden_writes(self) -> list[Callable[[], object]]:
        def attempt(model: str, values: dict[str, Any]) -> Callable[[], object]:
            def run() -> None:
                with Rpc(self.tryton.url, self.tryton.database) as rpc:
                    rpc.login(self.tryton.user, self.tryton.password)
                    found = rpc.call(f"{model}.search", [], 0, 1, None)
                    assert found
                    rpc.call(f"{model}.write", found, values)

            return run

        return [attempt(model, values) for model, values in FORBIDDEN.items()]


@pytest.fixture
def erp(
    tryton: RunningTryton, tryton_settings: TrytonSettings, staff: Staff, proxy: LossyProxy
) -> Iterator[ErpUnderTest]:
    through_proxy = dataclasses.replace(tryton_settings, url=proxy.url)
    connector = TrytonConnector(through_proxy, lambda _call: None)
    yield SeededTryton(connector=connector, tryton=tryton, staff=staff, proxy=proxy)
    connector.close()


class TestTryton(Conformance):
    """All of them."""
