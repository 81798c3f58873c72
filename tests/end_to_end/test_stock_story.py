"""What customers and staff do to orders, and what the store then offers.

Each story ends the same way: the store offers what the ERP can sell, nothing is in doubt,
and another comparison writes nothing.
"""

from collections.abc import Callable
from typing import Any

import pytest

from sync.models import Divergence, StockPosition
from tests.end_to_end.test_first_light import a_sku_with
from tests.end_to_end.world import CENTRAL, SqlErp, World

Story = Callable[[World[SqlErp], str], None]
pytestmark = pytest.mark.django_db(transaction=True)


def at_rest(world: World[SqlErp], sku: str) -> None:
    """Check that both sides agree on an item and that nothing is left to do."""
    world.work()
    assert world.available(sku) == max(world.erp.free(sku, "CENTRAL"), 0)
    assert not Divergence.objects.filter(status="open", field="variant.available").exists()
    assert not StockPosition.objects.filter(unknown_web__gt=0).exists()
    start = world.shop.mark()
    world.reconcile()
    world.work()
    assert world.shop.mutations(since=start) == []


def order_verb(world: World[SqlErp], order: dict[str, Any], verb: str, **body: Any) -> None:
    world.shop.post(f"orders/{order['id']}/{verb}", body)


def cancelled_and_restocked(world: World[SqlErp], sku: str) -> None:
    order = world.buy((sku, 2))
    world.work()
    order_verb(world, order, "cancel", reason="CUSTOMER", restock=True, refund=True)


def cancelled_before_anybody_saw_it(world: World[SqlErp], sku: str) -> None:
    order = world.buy((sku, 2))
    order_verb(world, order, "cancel", reason="CUSTOMER", restock=True, refund=True)


def cancelled_without_restock(world: World[SqlErp], sku: str) -> None:
    order = world.buy((sku, 2))
    world.work()
    order_verb(world, order, "cancel", reason="OTHER", restock=False, refund=True)


def a_test_order(world: World[SqlErp], sku: str) -> None:
    world.buy((sku, 2), test=True)


def sold_while_the_erp_sells_too(world: World[SqlErp], sku: str) -> None:
    world.buy((sku, 1))
    world.erp.query(
        "UPDATE gestion.existencias SET fisico = fisico - 2"
        " WHERE sku = %s AND almacen = 'CENTRAL'",
        sku,
    )


def shipped(world: World[SqlErp], sku: str) -> None:
    world.buy((sku, 2))
    world.work()
    number = world.erp.orders()[-1]["numero"]
    world.erp.run("ship", number)


STORIES: list[Story] = [
    cancelled_and_restocked,
    cancelled_before_anybody_saw_it,
    cancelled_without_restock,
    a_test_order,
    sold_while_the_erp_sells_too,
    shipped,
]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_the_store_offers_what_the_erp_can_sell(world: World[SqlErp], story: Story) -> None:
    world.load()
    sku = a_sku_with(world, 6)

    story(world, sku)

    at_rest(world, sku)


# What the ERP is not told yet leaves a difference between what the store sold and what the
# ERP has reserved. The store must then offer less than the ERP says, never more.
def refunded_and_restocked(world: World[SqlErp], sku: str) -> None:
    order = world.buy((sku, 3))
    world.work()
    (line,) = order["lines"]
    refund = {"line_id": line["id"], "quantity": 1, "restock_type": "CANCEL"}
    order_verb(world, order, "refund", lines=[refund])


def refunded_without_restock(world: World[SqlErp], sku: str) -> None:
    order = world.buy((sku, 3))
    world.work()
    (line,) = order["lines"]
    refund = {"line_id": line["id"], "quantity": 1, "restock_type": "NO_RESTOCK"}
    order_verb(world, order, "refund", lines=[refund])


def one_more_was_added(world: World[SqlErp], sku: str) -> None:
    order = world.buy((sku, 1))
    world.work()
    (line,) = order["lines"]
    order_verb(world, order, "edit", lines=[{"line_id": line["id"], "quantity": 3}])


def one_was_taken_out(world: World[SqlErp], sku: str) -> None:
    order = world.buy((sku, 3))
    world.work()
    (line,) = order["lines"]
    order_verb(world, order, "edit", lines=[{"line_id": line["id"], "quantity": 1}])


@pytest.mark.parametrize(
    "story",
    [refunded_and_restocked, refunded_without_restock, one_more_was_added, one_was_taken_out],
    ids=lambda story: story.__name__,
)
def test_what_the_erp_does_not_know_of_an_order_is_never_offered(
    world: World[SqlErp], story: Story
) -> None:
    world.load()
    sku = a_sku_with(world, 8)

    story(world, sku)
    world.work()

    order = world.shop.state()["orders"][-1]
    sold = sum(line["current_quantity"] for line in order["lines"])
    reserved = sum(
        int(row["cantidad"])
        for row in world.erp.query(
            "SELECT l.cantidad FROM gestion.pedidos_lineas l JOIN gestion.pedidos p"
            " ON p.id = l.pedido WHERE l.sku = %s AND p.referencia_web <> ''",
            sku,
        )
    )
    still_to_be_told = max(sold - reserved, 0)
    assert world.available(sku) == world.erp.free(sku, "CENTRAL") - still_to_be_told
    start = world.shop.mark()
    world.reconcile()
    world.work()
    assert world.shop.mutations(since=start) == []


def test_an_order_that_the_erp_books_late_is_subtracted_until_it_does(
    world: World[SqlErp],
) -> None:
    world.load()
    sku = a_sku_with(world, 6)
    before = world.available(sku)
    erp = world.channel.company.erpconnection
    there = erp.settings
    erp.settings = {**there, "host": "127.0.0.1", "port": 1}
    erp.save()
    start = world.shop.mark()
    world.buy((sku, 2))
    world.deliver()
    with pytest.raises(AssertionError):
        # The order waits for the ERP, and so does this.
        world.work(seconds=3)
    assert world.available(sku, CENTRAL) == before - 2
    assert world.shop.mutations(since=start) == []

    erp.settings = there
    erp.save()
    world.work(seconds=60)

    assert len(world.erp.orders()) == 1
    at_rest(world, sku)
