"""The whole way once more with a real Tryton in the place of the small back office."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest

from sandbox.tryton import clerk
from sandbox.tryton.rpc import Rpc
from sandbox.tryton.server import RunningTryton, running_tryton
from sync.models import ShopOrder
from tests.end_to_end.world import CENTRAL, SHOP_FLOOR, SandboxShop, World, connect

# The first run on a machine builds Tryton's database.
pytestmark = [pytest.mark.tryton, pytest.mark.timeout(900)]


class TrytonErp:
    """A real Tryton, played by its staff."""

    kind = "tryton"
    warehouses: Mapping[str, str] = {"MAD": CENTRAL, "TIENDA": SHOP_FLOOR}
    attributes: tuple[str, ...] = (
        "material=erp.material:single_line_text_field@variant",
        "impermeable=erp.impermeable:boolean@variant",
    )

    def __init__(self, running: RunningTryton) -> None:
        self._running = running
        self._office = clerk.Office(running.url, running.database, running.admin_password)
        self.act = self._office.act

    def settings(self) -> dict[str, Any]:
        found = {"url": self._running.url, "database": self._running.database}
        return found | {"user": self._running.user, "options": ["color", "talla"]}

    def secrets(self) -> dict[str, str]:
        return {"password": self._running.password}

    def sales(self, reference: str) -> list[dict[str, Any]]:
        fields = ["number", "total_amount", "party.name", "party.tax_identifier.code"]

        def search(rpc: Rpc) -> list[dict[str, Any]]:
            domain = [["web_id", "=", reference]]
            found: list[dict[str, Any]] = rpc.call(
                "sale.sale.search_read", domain, 0, None, None, fields
            )
            return found

        rows: list[dict[str, Any]] = self.act(search)
        return rows

    def ship(self, number: str, tracking: str) -> None:
        def work(rpc: Rpc) -> None:
            clerk.ship(rpc, clerk.find_shipment(rpc, number), tracking=tracking, carrier="SEUR")

        self.act(work)

    def close(self) -> None:
        self._office.close()


@pytest.fixture
def tryton(pg_url: str) -> Iterator[RunningTryton]:
    """A company of its own: other tests leave orders behind, and those reserve stock."""
    with running_tryton(pg_url) as running:
        yield running


@pytest.fixture
def world(
    installation: None,
    shop: SandboxShop,
    tryton: RunningTryton,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[World[TrytonErp]]:
    erp = TrytonErp(tryton)
    channel = connect(shop, erp, monkeypatch.setenv)
    yield World(shop=shop, erp=erp, channel=channel)
    erp.close()


def test_a_real_tryton_and_the_store_are_kept_in_step(world: World[TrytonErp]) -> None:
    world.work(seconds=300)
    _the_catalogue_is_there(world)
    _nothing_is_written_twice(world)
    sku = _something_in_stock(world)
    _a_count_reaches_the_store(world, sku)
    reference, number = _an_order_reaches_tryton(world, sku)
    _its_shipment_comes_back(world, number)
    assert len(world.erp.sales(reference)) == 1


def _the_catalogue_is_there(world: World[TrytonErp]) -> None:
    products = world.shop.state()["products"]
    variants = [variant for product in products for variant in product["variants"]]
    assert len(products) >= 40
    assert len(variants) >= 150
    assert all(Decimal(variant["price"]) > 0 for variant in variants)


def _nothing_is_written_twice(world: World[TrytonErp]) -> None:
    start = world.shop.mark()
    world.work(seconds=120)
    assert world.shop.mutations(since=start) == []


def _something_in_stock(world: World[TrytonErp]) -> str:
    return next(
        str(variant["sku"])
        for product in world.shop.state()["products"]
        for variant in product["variants"]
        for level in variant["levels"]
        if level["location"] == CENTRAL and level["available"] > 5
    )


def _a_count_reaches_the_store(world: World[TrytonErp], sku: str) -> None:
    world.erp.act(lambda rpc: clerk.set_stock(rpc, sku, "MAD", Decimal(23)))
    world.work(seconds=60)
    assert world.available(sku) == 23


def _an_order_reaches_tryton(world: World[TrytonErp], sku: str) -> tuple[str, str]:
    placed = world.buy(
        (sku, 2),
        shipping={"title": "Envío", "price": "4.95"},
        customer={"first_name": "Lucía", "last_name": "Pérez", "email": "lucia@example.com"},
    )
    world.work(seconds=60)
    order = ShopOrder.objects.get()
    assert (order.state, order.reason) == (ShopOrder.State.IN_ERP, "")
    (sale,) = world.erp.sales(order.reference)
    assert sale["number"] == order.erp_number
    assert sale["total_amount"] == Decimal(placed["total"])
    assert world.available(sku) == 21
    return order.reference, order.erp_number


def _its_shipment_comes_back(world: World[TrytonErp], number: str) -> None:
    world.erp.ship(number, "SEUR777")
    world.work(seconds=60)
    world.work(seconds=60)
    (order,) = world.shop.state()["orders"]
    (fulfilment,) = order["fulfillments"]
    assert [each["number"] for each in fulfilment["tracking"]] == ["SEUR777"]
