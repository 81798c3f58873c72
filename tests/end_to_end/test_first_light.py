"""The whole way: catalogue, prices and stock out, an order in, its shipment back."""

from decimal import Decimal

import pytest

from sync.models import Divergence, InboxMessage, OutboxCommand, ShopOrder, Status
from tests.end_to_end.world import CENTRAL, SqlErp, World


def a_sku_with(world: World[SqlErp], units: int) -> str:
    """Return a SKU of which the central warehouse can sell at least so many."""
    rows = world.erp.query(
        "SELECT e.sku FROM puente.v_existencias e JOIN puente.v_variantes v USING (sku)"
        " WHERE e.almacen = 'CENTRAL' AND v.activo"
        " AND e.fisico - e.reservado - e.bloqueado >= %s ORDER BY e.sku LIMIT 1",
        units,
    )
    return str(rows[0]["sku"])


@pytest.mark.parametrize("articles", [1000])
def test_the_catalogue_is_in_the_store_and_a_second_run_writes_nothing(
    world: World[SqlErp],
) -> None:
    world.load()

    products = world.shop.state()["products"]
    assert len(products) >= 40
    assert sum(len(each["variants"]) for each in products) >= 150
    start = world.shop.mark()
    world.work()
    assert world.shop.mutations(since=start) == []


def test_each_variant_shows_what_the_warehouses_can_sell(world: World[SqlErp]) -> None:
    world.load()

    rows = world.erp.query(
        "SELECT sku, almacen, fisico - reservado - bloqueado AS libre FROM puente.v_existencias"
        " WHERE almacen = 'CENTRAL'"
    )
    expected = {row["sku"]: max(int(row["libre"]), 0) for row in rows}
    shown = {
        variant["sku"]: level["available"]
        for product in world.shop.state()["products"]
        for variant in product["variants"]
        for level in variant["levels"]
        if level["location"] == CENTRAL
    }
    assert shown
    assert {sku: expected[sku] for sku in shown} == shown


def test_an_order_is_in_the_erp_once_with_the_same_total(world: World[SqlErp]) -> None:
    world.load()
    sku = a_sku_with(world, 3)
    placed = world.buy((sku, 2))
    world.work()

    (booked,) = world.erp.orders()
    order = ShopOrder.objects.get()
    assert booked["total"] == Decimal(placed["total"])
    assert (order.state, order.erp_number) == (ShopOrder.State.IN_ERP, booked["numero"])
    assert world.available(sku) == world.erp.free(sku, "CENTRAL")


def test_a_shipment_becomes_one_fulfilment_with_its_tracking(world: World[SqlErp]) -> None:
    world.load()
    world.buy((a_sku_with(world, 3), 2))
    world.work()
    number = world.erp.orders()[0]["numero"]
    world.erp.run("ship", number, "--tracking", "SEUR123456", "--carrier", "SEUR")
    world.work()
    world.work()

    (order,) = world.shop.state()["orders"]
    (fulfilment,) = order["fulfillments"]
    assert [each["number"] for each in fulfilment["tracking"]] == ["SEUR123456"]
    assert order["fulfillment_status"] == "FULFILLED"


def test_a_change_of_stock_in_the_erp_reaches_the_store_in_one_call(world: World[SqlErp]) -> None:
    world.load()
    sku = a_sku_with(world, 3)
    start = world.shop.mark()
    world.erp.run("stock", sku, "CENTRAL", "41")
    world.work()

    assert world.available(sku) == world.erp.free(sku, "CENTRAL")
    assert world.shop.mutations(since=start) == ["SetQuantities"]


def test_a_hundred_changes_of_stock_cost_one_call_a_location(world: World[SqlErp]) -> None:
    world.load()
    start = world.shop.mark()
    world.erp.run("bulk-stock", "100")
    world.work()

    writes = world.shop.mutations(since=start)
    assert set(writes) == {"SetQuantities"}
    assert world.shop.points(since=start) <= 1.2 * 10 * len(writes)
    assert len(writes) <= 2


def test_every_notice_three_times_in_any_order_makes_one_erp_order(world: World[SqlErp]) -> None:
    world.load()
    world.shop.post("faults", {"kind": "webhook_double", "copies": 3, "count": 100})
    world.shop.post("faults", {"kind": "webhook_shuffle", "count": 100})
    for _ in range(3):
        world.buy((a_sku_with(world, 3), 1))
    world.work()

    assert len(world.erp.orders()) == 3
    assert ShopOrder.objects.filter(state=ShopOrder.State.IN_ERP).count() == 3


def test_a_lost_notice_is_found_by_the_sweep(world: World[SqlErp]) -> None:
    world.load()
    world.shop.post("faults", {"kind": "webhook_drop", "count": 100})
    world.buy((a_sku_with(world, 3), 1))
    world.work()
    assert world.erp.orders() == []

    world.reconcile()
    world.work()

    assert len(world.erp.orders()) == 1


def test_nothing_is_set_aside_and_nothing_differs_after_a_day_of_trade(
    world: World[SqlErp],
) -> None:
    world.load()
    world.buy((a_sku_with(world, 3), 1))
    world.work()
    world.reconcile()
    world.work()

    set_aside = [
        (str(row), row.reason)
        for model in (InboxMessage, OutboxCommand)
        for row in model.objects.filter(status=Status.PARKED)
    ]
    assert set_aside == []
    assert not Divergence.objects.filter(status=Divergence.Status.OPEN).exists()
