"""Inventory items, levels and quantities: read, set, adjusted, activated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import GraphQLError

from .. import ids, inventory
from ..clock import wire
from ..idempotency import once
from ..records import Item, Location
from ..refusals import refuse
from ..stock_records import QUANTITIES, AdjustmentGroup, Level
from .common import identity, level_by_gid, money, when
from .registry import Ask, not_modelled, resolve


def _levels_of_item(item: Item, ask: Ask) -> Any:
    keep = _shown(ask)
    return ask.page([level for level in ask.shop.levels_of(item.id) if keep(level)])


def _levels_at(place: Location, ask: Ask) -> Any:
    table = ask.shop.levels.get(place.id, {})
    return ask.table(("levels", place.id), table, _shown(ask))


def _shown(ask: Ask) -> Callable[[Level], bool]:
    if ask.args.get("query"):
        raise not_modelled("inventoryLevels(query:)")
    if ask.args.get("includeInactive"):
        return bool
    return ask.shop.shown


def _level(item: int, location: int, ask: Ask) -> Level | None:
    level = ask.shop.level(item, location)
    if level is None or not (ask.args.get("includeInactive") or ask.shop.shown(level)):
        return None
    return level


def _same_sku(item: Item, ask: Ask) -> int:
    if not item.sku:
        return 0
    return len(ask.shop.indexes.items_with(item.sku, ask.shop.items)) - 1


def _tracked_editable(item: Item, ask: Ask) -> dict[str, Any]:
    product = ask.shop.products[ask.shop.variants[item.variant_id].product_id]
    reason = "Gift cards are not tracked." if product.gift_card else None
    return {"locked": product.gift_card, "reason": reason}


identity("InventoryItem")
resolve(
    "InventoryItem",
    sku=lambda i, ask: i.sku,
    tracked=lambda i, ask: i.tracked,
    trackedEditable=_tracked_editable,
    requiresShipping=lambda i, ask: i.requires_shipping,
    countryCodeOfOrigin=lambda i, ask: i.country_of_origin,
    harmonizedSystemCode=lambda i, ask: i.harmonized_code,
    duplicateSkuCount=_same_sku,
    unitCost=lambda i, ask: None if i.cost is None else money(i.cost, ask.shop.currency),
    measurement=lambda i, ask: {
        "__typename": "InventoryItemMeasurement",
        "id": ids.gid("InventoryItemMeasurement", i.id),
        "weight": {"value": float(i.weight), "unit": i.weight_unit},
    },
    locationsCount=lambda i, ask: {
        "count": sum(map(ask.shop.shown, ask.shop.levels_of(i.id))),
        "precision": "EXACT",
    },
    variant=lambda i, ask: ask.shop.variants[i.variant_id],
    variants=lambda i, ask: ask.page([ask.shop.variants[i.variant_id]]),
    inventoryLevel=lambda i, ask: _level(i.id, ask.id("locationId", "Location"), ask),
    inventoryLevels=lambda i, ask: _levels_of_item(i, ask),
)
resolve(
    "Location",
    inventoryLevel=lambda p, ask: _level(ask.id("inventoryItemId", "InventoryItem"), p.id, ask),
    inventoryLevels=lambda p, ask: _levels_at(p, ask),
)


def _quantities(level: Level, ask: Ask) -> list[dict[str, Any]]:
    rows = []
    for name in ask.args["names"]:
        if name not in QUANTITIES:
            message = f"Invalid quantity name: {name}. Valid names are: {', '.join(QUANTITIES)}."
            raise GraphQLError(message, extensions={"code": "BAD_REQUEST"})
        moment = (level.changed_at or {}).get(name)
        rows.append(
            {
                "__typename": "InventoryQuantity",
                "id": f"gid://shopify/InventoryQuantity/{level.id}?name={name}",
                "name": name,
                "quantity": level.quantity(name),
                "updatedAt": wire(moment) if moment else None,
            }
        )
    return rows


resolve(
    "InventoryLevel",
    id=lambda x, ask: ids.level_gid(x.item_id, x.location_id),
    isActive=lambda x, ask: x.active,
    canDeactivate=lambda x, ask: not x.quantity("committed"),
    createdAt=when("created_at"),
    updatedAt=when("updated_at"),
    item=lambda x, ask: ask.shop.items[x.item_id],
    location=lambda x, ask: ask.shop.locations[x.location_id],
    quantities=_quantities,
)


def _changes(group: AdjustmentGroup, ask: Ask) -> list[dict[str, Any]]:
    names = ask.args.get("quantityNames")
    return [
        {
            "name": each.name,
            "delta": each.delta,
            # The platform answers null here; whoever needs the figure reads the level again.
            "quantityAfterChange": None,
            "ledgerDocumentUri": each.ledger,
            "item": ask.shop.items.get(each.item_id),
            "location": ask.shop.locations.get(each.location_id),
        }
        for each in group.changes
        if not names or each.name in names
    ]


resolve(
    "InventoryAdjustmentGroup",
    id=lambda g, ask: ids.gid("InventoryAdjustmentGroup", g.id),
    createdAt=when("created_at"),
    reason=lambda g, ask: g.reason,
    referenceDocumentUri=lambda g, ask: g.reference,
    changes=_changes,
)


def _items(_: Any, ask: Ask) -> Any:
    if not ask.args.get("query"):
        return ask.table("items", ask.shop.items)
    fields: dict[str, Any] = {
        "id": lambda i: [i.id],
        "sku": lambda i: [i.sku],
        "created_at": lambda i: [i.created_at],
        "updated_at": lambda i: [i.updated_at],
    }
    return ask.page(ask.search(ask.shop.items.values(), fields, lambda i: [i.sku]))


resolve(
    "QueryRoot",
    inventoryItem=lambda _, ask: ask.shop.items.get(ask.id("id", "InventoryItem")),
    inventoryItems=_items,
    inventoryLevel=lambda _, ask: level_by_gid(ask.shop, ids.parse(ask.args["id"])),
)


def _need_comparison(rows: list[dict[str, Any]], type_name: str) -> None:
    """The key must be there; null in it is the way to say that no comparison is wanted."""
    if any("changeFromQuantity" not in row for row in rows):
        message = f"{type_name} must include the following argument: changeFromQuantity."
        raise GraphQLError(message, extensions={"code": "INVALID_FIELD_ARGUMENTS"})


def _group_payload(ask: Ask, made: str) -> dict[str, Any]:
    return {"inventoryAdjustmentGroup": ask.shop.groups.get(int(made)) if made else None}


def _set(_: Any, ask: Ask) -> Any:
    _need_comparison(ask.args["input"]["quantities"], "InventoryQuantityInput")

    def work() -> tuple[str, Any]:
        group = inventory.set_quantities(ask.act, ask.args["input"])
        return str(group.id) if group else "", {"inventoryAdjustmentGroup": group}

    return once(ask, work, lambda made: _group_payload(ask, made))


def _adjust(_: Any, ask: Ask) -> Any:
    _need_comparison(ask.args["input"]["changes"], "InventoryChangeInput")

    def work() -> tuple[str, Any]:
        group = inventory.adjust_quantities(ask.act, ask.args["input"])
        return str(group.id) if group else "", {"inventoryAdjustmentGroup": group}

    return once(ask, work, lambda made: _group_payload(ask, made))


def _activate(_: Any, ask: Ask) -> Any:
    def again(made: str) -> dict[str, Any]:
        item, _, place = made.partition("/")
        return {"inventoryLevel": ask.shop.level(int(item), int(place))}

    def work() -> tuple[str, Any]:
        item = ask.shop.items.get(ask.id("inventoryItemId", "InventoryItem"))
        place = ask.shop.locations.get(ask.id("locationId", "Location"))
        if item is None:
            raise refuse(["inventoryItemId"], "The inventory item could not be found.")
        if place is None or not place.active:
            raise refuse(["locationId"], "The location could not be found or is not active.")
        level = inventory.activate(ask.act, item, place, ask.args)
        return f"{item.id}/{place.id}", {"inventoryLevel": level}

    return once(ask, work, again)


def _deactivate(_: Any, ask: Ask) -> dict[str, Any]:
    level = level_by_gid(ask.shop, ids.parse(ask.args["inventoryLevelId"]))
    if level is None:
        raise refuse(["inventoryLevelId"], "The inventory level could not be found.")
    inventory.deactivate(ask.act, level)
    return {}


resolve(
    "Mutation",
    inventorySetQuantities=_set,
    inventoryAdjustQuantities=_adjust,
    inventoryActivate=_activate,
    inventoryDeactivate=_deactivate,
)
