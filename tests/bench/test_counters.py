"""Points and calls against the minimum. Counters are exact, so they may fail a build."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from mapping.documents import StockLevel
from sync import stock_intake
from sync.models import Recurring, StockPosition
from tests.bench import minimum
from tests.end_to_end import conftest as end_to_end
from tests.end_to_end.world import SqlErp, World

# The world of the end-to-end tests, as it is there.
store_server = end_to_end.store_server
erp_template = end_to_end.erp_template
erp = end_to_end.erp
shop = end_to_end.shop
installation = end_to_end.installation
world = end_to_end.world

DEAREST = 1.2


@pytest.fixture
def articles() -> int:
    return 12


def spent(world: World[SqlErp], since: int) -> dict[str, Any]:
    counters: dict[str, Any] = world.shop.get("counters", since=since)
    return counters


def rows_written(world: World[SqlErp], since: int) -> Counter[str]:
    """Count the stock figures that really changed, by location: the job that was to do."""
    entries = world.shop.get("log", since=since, kind="level", limit=10**6)["entries"]
    places = {(each["sku"], each["location"]) for each in entries if each["name"] == "available"}
    return Counter(str(location) for _, location in places)


def test_the_initial_load_costs_little_more_than_it_must_and_a_second_nothing(
    world: World[SqlErp], settings: Any
) -> None:
    # As in production: other tests do not wait for company, and pay for it.
    settings.SYNC_BURST = timedelta(seconds=3)
    start = world.shop.mark()
    world.load()

    least = minimum.catalogue(world.shop.state()["products"])
    used = spent(world, start)
    assert used["points_actual"] <= DEAREST * least.points
    assert used["user_errors"] == used["throttled"] == 0

    start = world.shop.mark()
    world.reconcile()
    world.work()
    assert spent(world, start)["mutations"] == 0


def test_changes_of_stock_go_in_as_few_calls_as_can_be(world: World[SqlErp]) -> None:
    world.load()
    start = world.shop.mark()
    world.erp.run("bulk-stock", "100", "--seed", "7")
    world.work()

    least = minimum.stock(rows_written(world, start).values())
    used = spent(world, start)
    assert set(used["operations"]) == {"SetQuantities"}
    assert used["points_actual"] <= DEAREST * least.points


def test_a_thousand_changes_at_one_location_take_four_calls_and_forty_points(
    world: World[SqlErp],
) -> None:
    erp, channel = world.channel.company.erpconnection, world.channel
    made = world.shop.post("fill", {"items": 1000, "available": 5})
    skus = [f"MASA-{number:07d}" for number in range(1, 1001)]
    StockPosition.objects.bulk_create(
        StockPosition(
            channel=channel,
            sku=sku,
            item=f"gid://shopify/InventoryItem/{made['first_item_id'] + number}",
            location=f"gid://shopify/Location/{made['location_id']}",
            mirror=5,
            target=5,
            dirty=False,
        )
        for number, sku in enumerate(skus)
    )
    now = timezone.now()
    levels = [
        StockLevel(sku=sku, warehouse="CENTRAL", on_hand=Decimal(6), as_of=now) for sku in skus
    ]
    start = world.shop.mark()
    stock_intake.accept_levels(erp, levels, asked_at=now)
    Recurring.objects.all().delete()
    world.work(seconds=100)

    used = spent(world, start)
    assert sum(rows_written(world, start).values()) == 1000
    assert set(used["operations"]) == {"SetQuantities"}
    assert (used["calls"], used["points_actual"]) == (4, 40)
