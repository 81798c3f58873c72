"""Reads of stock: some items, everything at a location, or all that the store has."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from shopify_app import bulk, translate
from shopify_app.client import ShopifyClient
from shopify_app.errors import ShopifyRejected
from shopify_app.paging import next_cursor
from shopify_app.stocked import Stocked, stocked
from shopify_app.translate import Node

MOST_ITEMS = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelRead:
    """The level of one item at one location: sellable, promised to orders, and in all.

    An item that is not `tracked` has numbers that mean nothing.
    """

    available: int
    committed: int
    on_hand: int
    updated_at: datetime
    tracked: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationLevel:
    item: str
    sku: str
    level: LevelRead


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreLevel:
    """An item's level at a location. Each item also comes once by itself.

    Then `location` is empty and `level` None: that tells of items stocked nowhere.
    """

    item: str
    sku: str
    tracked: bool
    location: str = ""
    level: LevelRead | None = None


def levels(
    client: ShopifyClient, items: Sequence[str], location: str
) -> dict[str, LevelRead | None]:
    """Return the levels of at most 250 items at a location; None is "not stocked there".

    An item that the store does not know is absent, which says nothing about its stock.
    """
    _at_most(items)
    if not items:
        return {}
    nodes = client.run("levels", {"items": list(items), "location": location})["nodes"]
    return {
        node["id"]: _level(node["inventoryLevel"], node) if node["inventoryLevel"] else None
        for node in nodes
        if node and "inventoryLevel" in node
    }


def location_levels(
    client: ShopifyClient, location: str, cursor: str = ""
) -> tuple[list[LocationLevel], str | None]:
    """Return a page of everything stocked at a location, and the next page's cursor."""
    data = client.run("location_levels", {"location": location, "after": cursor or None})
    if data["location"] is None:
        raise ShopifyRejected("location_levels", ["there is no such location"])
    page = data["location"]["inventoryLevels"]
    rows = [
        LocationLevel(
            item=node["item"]["id"],
            sku=node["item"]["sku"] or "",
            level=_level(node, node["item"]),
        )
        for node in page["nodes"]
    ]
    return rows, next_cursor(page)


def bulk_levels(client: ShopifyClient, *, pause: bulk.Pause = time.sleep) -> Iterator[StoreLevel]:
    """Yield every item of the store and every level it has, in no order, by a bulk operation.

    After the last one, and not before, what did not come is not stocked.
    """
    yield from levels_in(bulk.run(client, "levels", pause=pause))


def levels_in(rows: Iterable[bulk.Row]) -> Iterator[StoreLevel]:
    """Yield what the rows of such an operation tell, for a caller that waits for it itself."""
    return map(_store_level, rows)


def how_stocked(client: ShopifyClient, items: Sequence[str]) -> dict[str, Stocked]:
    """Return for at most 250 items why their stock cannot be set, if so.

    An item that the store does not know is absent.
    """
    _at_most(items)
    if not items:
        return {}
    nodes = client.run("items", {"items": list(items)})["nodes"]
    return {node["id"]: _stocked(node) for node in nodes if node and "tracked" in node}


def _at_most(items: Sequence[str]) -> None:
    if len(items) > MOST_ITEMS:
        raise ValueError(f"at most {MOST_ITEMS} items at once, not {len(items)}")


def _level(node: Node, item: Node) -> LevelRead:
    found = {each["name"]: each["quantity"] for each in node["quantities"]}
    return LevelRead(
        available=found["available"],
        committed=found["committed"],
        on_hand=found["on_hand"],
        updated_at=translate.moment(node["updatedAt"]),
        tracked=item["tracked"],
    )


def _store_level(row: bulk.Row) -> StoreLevel:
    item = row.get("item", row)
    found = StoreLevel(item=item["id"], sku=item["sku"] or "", tracked=item["tracked"])
    if item is row:
        return found
    return StoreLevel(
        item=found.item,
        sku=found.sku,
        tracked=found.tracked,
        location=row["location"]["id"],
        level=_level(row, item),
    )


def _stocked(node: Node) -> Stocked:
    variants = (node["variants"] or {}).get("nodes", [])
    return stocked(
        tracked=node["tracked"],
        bundle=any(each["requiresComponents"] for each in variants),
        gift_card=any(each["product"]["isGiftCard"] for each in variants),
    )
