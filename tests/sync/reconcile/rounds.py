"""Comparisons as an operator runs them, and what they leave behind."""

from collections.abc import Iterator
from typing import Any

from mapping.models import Channel
from sync import runs
from sync.models import Divergence, SyncJob
from tests.end_to_end.world import SqlErp, World


def compare(world: World[SqlErp], *streams: str, full: bool = False) -> dict[str, Any]:
    """Compare here and now, have the corrections written, and return the counts."""
    counts = only_compare(world.channel, *streams, full=full)
    world.work()
    return counts


def only_compare(channel: Channel, *streams: str, full: bool = False) -> dict[str, Any]:
    job = last_of(runs.compare(channel, streams, full=full))
    return dict(job.counts)


def last_of(pages: Iterator[tuple[str, SyncJob]]) -> SyncJob:
    *_, (_stage, job) = pages
    return job


def open_differences(world: World[SqlErp]) -> set[tuple[str, str]]:
    rows = Divergence.objects.filter(channel=world.channel, status=Divergence.Status.OPEN)
    return set(rows.values_list("field", "key"))


def edit_by_hand(world: World[SqlErp], sku: str, units: int) -> None:
    """Change a level in the store's admin, and lose the notice of it."""
    world.shop.post("faults", {"kind": "webhook_drop", "count": 100})
    world.shop.post("inventory", {"sku": sku, "available": units})
    world.shop.deliver()
    world.shop.clear_faults()


def rows_written(world: World[SqlErp], since: int) -> list[str]:
    entries = world.shop.get("log", since=since, kind="level", limit=10**6)["entries"]
    return sorted(each["sku"] for each in entries if each["name"] == "available")


def writes(world: World[SqlErp], since: int) -> list[str]:
    """Return what was written to the store; to start a bulk query writes nothing."""
    return [each for each in world.shop.mutations(since=since) if each != "BulkRun"]


def set_tracked(world: World[SqlErp], sku: str, tracked: bool) -> None:
    """Have the store count an item or not, as its staff would."""
    world.shop.post("variants", {"sku": sku, "tracked": tracked})
