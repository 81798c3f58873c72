"""An ERP whose partner prefers to call: everything goes over the REST API."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx2
import pytest
from pytest_django.live_server_helper import LiveServer

from erp_connectors.models import ApiKey
from sync.models import ShopOrder, StockPosition
from tests.end_to_end.world import CENTRAL, SHOP_FLOOR, SandboxShop, World, connect

SKU = "TAZA-1"


class CallingErp:
    """The partner's side: it has a key and a clock."""

    kind = "push"
    warehouses: Mapping[str, str] = {"CENTRAL": CENTRAL, "TIENDA": SHOP_FLOOR}
    attributes: tuple[str, ...] = ()

    def __init__(self, base: str) -> None:
        self._base = base
        self.http = httpx2.Client(base_url=f"{base}/api/v1", timeout=20)

    def settings(self) -> dict[str, Any]:
        return {}

    def secrets(self) -> dict[str, str]:
        return {}

    def use(self, key: str) -> None:
        self.http.headers["Authorization"] = f"Bearer {key}"

    def stock(self, on_hand: int, *, at: datetime | None = None) -> httpx2.Response:
        level = {
            "sku": SKU,
            "warehouse": "CENTRAL",
            "on_hand": str(on_hand),
            "as_of": (at or datetime.now(UTC)).isoformat(),
        }
        return self.http.post("/stock/levels", json={"levels": [level]})

    def acknowledge(self, reference: str, number: str, total: str) -> httpx2.Response:
        return self.http.post(
            f"/orders/{reference}/ack",
            json={"erp_number": number, "erp_total": total},
            headers={"Idempotency-Key": f"ack-{number}"},
        )


@pytest.fixture
def world(
    installation: None,
    shop: SandboxShop,
    live_server: LiveServer,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[World[CallingErp]]:
    """A store with a product of its own, linked through the ERP's stock message."""
    shop.post(
        "products",
        {
            "title": "Taza de loza",
            "status": "ACTIVE",
            "productOptions": [{"name": "Title", "values": [{"name": "Default Title"}]}],
            "variants": [
                {
                    "sku": SKU,
                    "price": "12.00",
                    "barcode": "8412345678905",
                    "inventoryItem": {"tracked": True},
                    "optionValues": [{"optionName": "Title", "name": "Default Title"}],
                }
            ],
        },
    )
    erp = CallingErp(live_server.url)
    channel = connect(shop, erp, monkeypatch.setenv)
    _key, text = ApiKey.issue(channel.company.erpconnection, "partner")
    erp.use(text)
    yield World(shop=shop, erp=erp, channel=channel)
    erp.http.close()


def test_stock_that_the_erp_sends_is_shown_in_the_store(world: World[CallingErp]) -> None:
    answer = world.erp.stock(14)
    world.work()

    assert answer.status_code == 202
    assert world.available(SKU) == 14


def test_a_price_that_the_erp_sends_is_shown_and_nothing_else_is_touched(
    world: World[CallingErp],
) -> None:
    price = {"sku": SKU, "price_list": "PVP", "amount": "13.50", "currency": "EUR"}
    answer = world.erp.http.post("/prices", json={"prices": [price | {"tax_included": True}]})
    world.work()

    (product,) = world.shop.state()["products"]
    assert answer.status_code == 202
    assert product["title"] == "Taza de loza"
    assert product["variants"][0]["price"] == "13.50"
    assert product["variants"][0]["barcode"] == "8412345678905"


def test_an_older_figure_that_comes_late_changes_nothing(world: World[CallingErp]) -> None:
    world.erp.stock(14)
    world.work()
    world.erp.stock(99, at=datetime.now(UTC) - timedelta(minutes=30))
    world.work()

    assert world.available(SKU) == 14


def test_one_bad_row_refuses_the_whole_call_and_names_its_field(
    world: World[CallingErp],
) -> None:
    good = {"sku": SKU, "warehouse": "CENTRAL", "on_hand": 5}
    good["as_of"] = datetime.now(UTC).isoformat()
    answer = world.erp.http.post(
        "/stock/levels", json={"levels": [good, good | {"on_hand": "many"}]}
    )
    world.work()

    assert answer.status_code == 422
    assert "/levels/1/on_hand" in answer.text
    assert not StockPosition.objects.exclude(mirror=None).exclude(published_at=None).exists()


def test_orders_are_fetched_acknowledged_once_and_proved(world: World[CallingErp]) -> None:
    world.erp.stock(14)
    world.work()
    placed = world.buy((SKU, 2))
    world.work()

    (order,) = world.erp.http.get("/orders").json()["orders"]
    first = world.erp.acknowledge(order["reference"], "SO-1", placed["total"])
    again = world.erp.acknowledge(order["reference"], "SO-1", placed["total"])
    other = world.erp.acknowledge(order["reference"], "SO-2", placed["total"])

    assert (first.status_code, again.status_code, other.status_code) == (200, 200, 409)
    row = ShopOrder.objects.get()
    assert (row.state, row.erp_number) == (ShopOrder.State.IN_ERP, "SO-1")
    assert row.erp_total == Decimal(placed["total"])
    assert world.erp.http.get("/orders").json()["orders"] == []


def test_units_of_an_order_are_not_sold_twice_while_the_erp_does_not_know_it(
    world: World[CallingErp],
) -> None:
    world.erp.stock(14)
    world.work()
    placed = world.buy((SKU, 2))
    world.work()
    # The ERP still counts fourteen: it has not seen the order.
    world.erp.stock(14)
    world.work()
    assert world.available(SKU) == 12

    (order,) = world.erp.http.get("/orders").json()["orders"]
    world.erp.acknowledge(order["reference"], "SO-1", placed["total"])
    world.erp.stock(12)
    world.work()

    assert world.available(SKU) == 12


def test_a_total_that_differs_is_shown_with_both_figures(world: World[CallingErp]) -> None:
    world.erp.stock(14)
    world.work()
    world.buy((SKU, 1))
    world.work()
    (order,) = world.erp.http.get("/orders").json()["orders"]
    answer = world.erp.acknowledge(order["reference"], "SO-1", "1.00")

    assert answer.status_code == 200
    row = ShopOrder.objects.get()
    assert row.proof["verdict"] == "different"
