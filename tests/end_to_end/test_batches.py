"""Many levels at once: what it costs, and what one bad row does to the others."""

from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from mapping.documents import StockLevel
from sync import stock_intake, stock_ledger
from sync.models import StockPosition
from sync.stock_ledger import Followed
from tests.end_to_end.world import CENTRAL, SqlErp, World

pytestmark = pytest.mark.django_db(transaction=True)
A_PRODUCT = 50


@pytest.fixture
def articles() -> int:
    return 0


def fill(world: World[SqlErp], variants: int) -> dict[str, str]:
    """Make so many variants in the store, 5 of each, and follow them. Return their items."""
    items: dict[str, str] = {}
    # Thousands of notices of our own writes; what they cost is measured by `make bench`.
    world.shop.post("faults", {"kind": "webhook_drop", "count": 1_000_000})
    place = next(e for e in world.shop.state()["locations"] if e["name"] == CENTRAL)
    for start in range(0, variants, A_PRODUCT):
        made = world.shop.post(
            "products", _product(start, f"gid://shopify/Location/{place['id']}")
        )
        items |= {
            each["sku"]: f"gid://shopify/InventoryItem/{each['item_id']}"
            for each in made["variants"]
        }
    followed = [Followed(sku=sku, item=item) for sku, item in items.items()]
    stock_ledger.open_positions(world.channel, followed, never_stocked=False)
    count(world, list(items), 5)
    StockPosition.objects.exclude(location=location(world)).delete()
    world.work(seconds=90)
    return items


def location(world: World[SqlErp]) -> str:
    rows = world.channel.warehousemapping_set.filter(warehouse="CENTRAL")
    return str(rows.values_list("location", flat=True).get())


def _product(start: int, location: str) -> dict[str, Any]:
    names = [str(number) for number in range(start, start + A_PRODUCT)]
    return {
        "title": f"Serie {start}",
        "productOptions": [{"name": "Número", "values": [{"name": each} for each in names]}],
        "variants": [
            {
                "optionValues": [{"optionName": "Número", "name": each}],
                "price": "1.00",
                "inventoryItem": {"sku": f"SERIE-{each}", "tracked": True},
                "inventoryQuantities": [
                    {"locationId": location, "name": "available", "quantity": 5}
                ],
            }
            for each in names
        ],
    }


def count(world: World[SqlErp], skus: list[str], units: int) -> None:
    """The ERP counts so many of each."""
    now = timezone.now()
    levels = [
        StockLevel(sku=sku, warehouse="CENTRAL", on_hand=Decimal(units), as_of=now) for sku in skus
    ]
    stock_intake.accept_levels(world.channel.company.erpconnection, levels, asked_at=now)


def used(world: World[SqlErp], start: int) -> tuple[int, float]:
    counters = world.shop.get("counters", since=start)
    return counters["calls"], counters["points_actual"]


def test_a_thousand_changes_cost_four_calls_and_forty_points(world: World[SqlErp]) -> None:
    items = fill(world, 1000)
    start = world.shop.mark()

    count(world, list(items), 7)
    world.work(seconds=60)

    assert used(world, start) == (4, 40)
    assert {row.mirror for row in StockPosition.objects.all()} == {7}


def test_one_poisoned_row_of_250_is_set_aside_and_the_others_are_live(
    world: World[SqlErp],
) -> None:
    items = fill(world, 250)
    gone = StockPosition.objects.get(sku="SERIE-77")
    # The store made this item anew behind our back: the old one is unknown to it.
    StockPosition.objects.filter(pk=gone.pk).update(item="gid://shopify/InventoryItem/999999")
    start = world.shop.mark()

    count(world, list(items), 7)
    world.work(seconds=60)

    assert used(world, start) == (2, 20)
    live = StockPosition.objects.filter(mirror=7, set_aside="")
    assert live.count() == 249
    assert StockPosition.objects.get(pk=gone.pk).set_aside != ""
    state = world.shop.state()["products"]
    shown = [v["levels"][0]["available"] for product in state for v in product["variants"]]
    assert sorted(shown) == [5] + [7] * 249
