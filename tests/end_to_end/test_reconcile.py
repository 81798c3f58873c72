"""A night: whatever went astray by day is put right or reported, and nothing else is touched."""

import json
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.utils import timezone

from mapping.links import Kind
from mapping.models import RecordLink
from shopify_app import commands
from sync import calls
from sync.models import Divergence, Recurring, ShopOrder, StockPosition, SyncJob
from sync.reconcile import night
from tests.end_to_end.test_first_light import a_sku_with
from tests.end_to_end.world import SqlErp, World

DROP = {"kind": "webhook_drop", "count": 1000}


def let_night_come(world: World[SqlErp]) -> SyncJob:
    yesterday = night.last_night(world.channel, timezone.now()) - timedelta(days=1)
    Recurring.objects.filter(kind=Recurring.Kind.NIGHTLY).update(
        cursor=night.Night(night=yesterday.isoformat()).dump(), next_due="2000-01-01T00:00Z"
    )
    world.work(seconds=110)
    return SyncJob.objects.filter(kind=SyncJob.Kind.NIGHTLY).latest("pk")


def set_price_by_hand(world: World[SqlErp], sku: str, price: Decimal) -> None:
    ids = RecordLink.objects.filter(kind=Kind.VARIANT, erp_key=sku).values_list("shopify_id")
    variant = world.variant(sku)
    product = next(
        each
        for each in world.shop.state()["products"]
        if variant["id"] in {one["id"] for one in each["variants"]}
    )
    change = commands.VariantPrice(id=ids[0][0], price=price, keep_compare_at=True)
    with calls.store(world.channel) as client:
        command = commands.VariantsUpdate(product_id=product["gid"], variants=(change,))
        commands.send(command, client, key=f"by hand {sku}")


def test_a_night_finds_all_that_the_day_has_lost(world: World[SqlErp]) -> None:
    world.load()
    sku = a_sku_with(world, 5)
    price = world.variant(sku)["price"]
    world.shop.post("faults", DROP)
    world.shop.post("inventory", {"sku": sku, "available": world.available(sku) + 3})
    set_price_by_hand(world, sku, Decimal("0.01"))
    world.buy((sku, 1))
    world.shop.deliver()
    world.shop.clear_faults()
    start = world.shop.mark()
    job = let_night_come(world)

    assert (job.status, job.error) == (SyncJob.Status.DONE, "")
    assert job.counts["orders_found"] == 1
    assert job.counts["products_differ"] == 1
    order = ShopOrder.objects.get()
    assert order.state == ShopOrder.State.IN_ERP
    assert world.available(sku) == world.erp.free(sku, "CENTRAL")
    assert world.variant(sku)["price"] == price
    assert sorted(set(world.shop.mutations(since=start))) == ["SetQuantities", "VariantsUpdate"]
    fields = set(Divergence.objects.values_list("field", "status"))
    assert ("variant.price", "healed") in fields
    assert {status for _field, status in fields} == {"healed"}

    start = world.shop.mark()
    again = let_night_come(world)
    assert world.shop.mutations(since=start) == []
    assert again.pk != job.pk
    assert (again.counts["differ"], again.counts["products_differ"]) == (0, 0)


def test_an_operator_compares_a_stream_and_sees_what_came_of_it(world: World[SqlErp]) -> None:
    world.load()
    out = StringIO()
    call_command(
        *("reconcile", f"--store={world.shop.domain}", "--stream=stock", "--json"), stdout=out
    )
    found: dict[str, Any] = json.loads(out.getvalue())

    assert found["status"] == "done"
    assert found["levels"] == StockPosition.objects.filter(stocked="").count()
    assert (found["differ"], found["corrected"], found["ask"]) == (0, 0, 0)
