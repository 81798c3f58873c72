"""Orders that one side has and the other lacks."""

from uuid import uuid4

from sync.models import Divergence, ShopOrder
from tests.end_to_end.test_first_light import a_sku_with
from tests.end_to_end.world import SqlErp, World
from tests.sync.reconcile.rounds import compare, open_differences


def test_orders_are_found_that_one_side_has_and_the_other_lacks(world: World[SqlErp]) -> None:
    world.load()
    kept, lost = (world.buy((a_sku_with(world, 3), 1)) for _ in range(2))
    world.work()
    never_told = order_without_notice(world)
    assert {row.name for row in ShopOrder.objects.all()} == {kept["name"], lost["name"]}
    # Somebody deletes one in the ERP, and enters one that the store never had.
    hidden = reference(world, lost["id"])
    stranger = reference(world, 424242)
    rename(world, reference(world, lost["id"]), "deleted")
    copy(world, reference(world, kept["id"]), stranger)

    counts = compare(world, "orders")

    assert counts["orders_found"] == 1
    assert ShopOrder.objects.get(name=never_told["name"]).state == ShopOrder.State.IN_ERP
    missing = {("order.missing_in_erp", lost["name"]), ("order.missing_in_store", stranger)}
    assert open_differences(world) == missing

    again = compare(world, "orders")
    assert (again["orders_found"], again["orders_not_in_erp"], again["orders_not_in_store"]) == (
        *(0, 1, 1),
    )
    assert Divergence.objects.count() == 2

    rename(world, "deleted", hidden)
    rename(world, stranger, "otra-tienda.myshopify.com/424242")
    compare(world, "orders")
    assert open_differences(world) == set()


def order_without_notice(world: World[SqlErp]) -> dict[str, str]:
    world.shop.post("faults", {"kind": "webhook_drop", "count": 100})
    placed = world.buy((a_sku_with(world, 3), 1))
    world.shop.deliver()
    world.shop.clear_faults()
    return placed


def reference(world: World[SqlErp], number: int) -> str:
    return f"{world.shop.domain}/{number}"


def rename(world: World[SqlErp], old: str, new: str) -> None:
    """Have the ERP hold an order under another reference: for us it is another one."""
    world.erp.query("UPDATE puente.e_pedidos SET referencia = %s WHERE referencia = %s", new, old)


def copy(world: World[SqlErp], old: str, new: str) -> None:
    """Have the ERP hold a second order like one, without working on it."""
    statement = f"""DO $$ BEGIN
        SET LOCAL session_replication_role = replica;
        CREATE TEMP TABLE copia AS SELECT * FROM puente.e_pedidos WHERE referencia = '{old}';
        UPDATE copia SET envio = '{uuid4()}', referencia = '{new}';
        INSERT INTO puente.e_pedidos SELECT * FROM copia;
    END $$"""
    world.erp.query(statement)
