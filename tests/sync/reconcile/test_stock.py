"""Stock: as many corrections as there are differences, and nothing on a guess."""

from typing import Any

import pytest

from mapping.models import Channel
from sync.models import Divergence, MassChange, StockPosition
from tests.end_to_end.world import SqlErp, World
from tests.sync.engine.rows import at_once
from tests.sync.reconcile.rounds import (
    compare,
    edit_by_hand,
    only_compare,
    open_differences,
    rows_written,
    set_tracked,
    writes,
)


def skus_with(world: World[SqlErp], units: int, count: int) -> list[str]:
    """Return SKUs of which the central warehouse can sell at least so many."""
    rows = world.erp.query(
        "SELECT e.sku FROM puente.v_existencias e JOIN puente.v_variantes v USING (sku)"
        " WHERE e.almacen = 'CENTRAL' AND v.activo"
        " AND e.fisico - e.reservado - e.bloqueado >= %s ORDER BY e.sku LIMIT %s",
        units,
        count,
    )
    return [str(row["sku"]) for row in rows]


@pytest.mark.parametrize("full", [False, True])
def test_as_many_levels_are_written_as_were_changed_by_hand(
    world: World[SqlErp], full: bool
) -> None:
    world.load()
    changed = skus_with(world, 3, 3)
    for sku in changed:
        edit_by_hand(world, sku, world.available(sku) + 2)
    start = world.shop.mark()
    counts = compare(world, "stock", full=full)

    assert rows_written(world, start) == changed
    assert writes(world, start) == ["SetQuantities"]
    assert (counts["differ"], counts["corrected"], counts["ask"]) == (3, 3, 0)
    assert counts["levels"] >= StockPosition.objects.filter(stocked="").count()
    causes = Divergence.objects.filter(field="variant.available").values_list("cause", "status")
    assert list(causes) == [("hand_edit", "healed")] * 3

    start = world.shop.mark()
    counts = compare(world, "stock", full=full)
    assert writes(world, start) == []
    assert counts["differ"] == 0


def test_a_large_store_is_compared_by_one_bulk_operation(
    world: World[SqlErp], settings: Any
) -> None:
    settings.SYNC_BULK_FROM = 1
    world.load()
    (sku,) = skus_with(world, 3, 1)
    edit_by_hand(world, sku, 999)
    start = world.shop.mark()
    compare(world, "stock", full=True)

    assert rows_written(world, start) == [sku]
    operations = world.shop.get("counters", since=start)["operations"]
    assert "BulkRun" in operations
    assert world.available(sku) == world.erp.free(sku, "CENTRAL")
    assert open_differences(world) == set()


def test_two_comparisons_at_once_correct_each_level_once(world: World[SqlErp]) -> None:
    world.load()
    changed = skus_with(world, 3, 3)
    for sku in changed:
        edit_by_hand(world, sku, world.available(sku) + 2)
    start = world.shop.mark()
    found = at_once(2, lambda _number: only_compare(world.channel, "stock"))
    world.work()

    assert rows_written(world, start) == changed
    assert writes(world, start) == ["SetQuantities"]
    assert sum(each["corrected"] for each in found) >= 3
    assert Divergence.objects.count() == 3


def test_what_is_on_sale_and_nobody_follows_is_reported_until_it_is_followed(
    world: World[SqlErp],
) -> None:
    world.load()
    (sku,) = skus_with(world, 3, 1)
    rows = StockPosition.objects.filter(channel=world.channel, sku=sku)
    followed = list(rows)
    rows.delete()
    counts = compare(world, "stock", full=True)

    assert counts["unlinked"] >= 1
    assert open_differences(world) == {("stock.unlinked", sku)}
    difference = Divergence.objects.get()
    shown = sum(int(each["available"]) for each in world.variant(sku)["levels"])
    assert (difference.cause, difference.found) == ("unlinked", str(shown))

    StockPosition.objects.bulk_create(followed)
    compare(world, "stock", full=True)
    assert open_differences(world) == set()


def test_items_that_left_the_erp_go_to_zero_past_the_brake(world: World[SqlErp]) -> None:
    """A whole warehouse that is in the list no more asks first; a single item does not."""
    Channel.objects.update(brake_zero_least=2, brake_zero_percent=1)
    world.load()
    first, *others = skus_with(world, 1, 50)
    world.erp.query("DELETE FROM gestion.existencias WHERE sku = %s", first)
    compare(world, "stock", full=True)
    assert world.available(first) == 0

    before = {sku: world.available(sku) for sku in others}
    world.erp.query(
        "DELETE FROM gestion.existencias WHERE almacen = 'CENTRAL' AND sku <> %s", first
    )
    start = world.shop.mark()
    counts = compare(world, "stock", full=True)
    held = MassChange.objects.get()
    assert (held.status, held.to_zero) == (MassChange.Status.HELD, len(others))
    assert counts["figures_gone"] >= len(others)
    assert {sku: world.available(sku) for sku in others} == before
    assert rows_written(world, start) == []


def test_an_item_that_the_store_stopped_counting_is_left_alone_until_it_counts_again(
    world: World[SqlErp],
) -> None:
    world.load()
    (sku,) = skus_with(world, 3, 1)
    rows = StockPosition.objects.filter(sku=sku)
    set_tracked(world, sku, False)
    compare(world, "stock")
    assert set(rows.values_list("stocked", flat=True)) == {"untracked"}

    set_tracked(world, sku, True)
    compare(world, "stock", full=True)
    assert set(rows.values_list("stocked", flat=True)) == {""}
    assert world.available(sku) == world.erp.free(sku, "CENTRAL")
