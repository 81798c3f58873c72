"""Stock: every change of a level goes through `move`, which logs it and tells subscribers."""

from __future__ import annotations

import re
from typing import Any

from . import ids
from .records import Item, Location, Shop
from .refusals import Refused, UserError, refuse, user_error
from .stock_records import AdjustmentChange, AdjustmentGroup, Level
from .store import Action

LIMIT = 1_000_000_000
REASONS = (
    "correction",
    "cycle_count_available",
    "damaged",
    "movement_canceled",
    "movement_created",
    "movement_received",
    "movement_updated",
    "other",
    "promotion",
    "quality_control",
    "received",
    "reservation_created",
    "reservation_deleted",
    "reservation_updated",
    "restock",
    "safety_stock",
    "shrinkage",
)
ADJUSTABLE = ("available", "damaged", "incoming", "quality_control", "reserved", "safety_stock")
_URI = re.compile(r"^[a-z][a-z0-9+.-]*://\S+$", re.IGNORECASE)


def stock_at(act: Action, item: int, location: int) -> Level:
    """Return the level of an item at a location, made (with nothing in it) or woken if need be."""
    level = act.shop.level(item, location)
    if level is None:
        level = Level(
            id=act.shop.take_id(),
            item_id=item,
            location_id=location,
            created_at=act.now,
            updated_at=act.now,
        )
        act.shop.levels.setdefault(location, {})[item] = level
        act.tell("inventory_levels/connect", level)
    elif not level.active:
        level.active = True
        act.tell("inventory_levels/connect", level)
    return level


def move(act: Action, level: Level, **deltas: int) -> None:
    """Change named quantities of a level, log each, and announce the level once."""
    changed = {name: delta for name, delta in deltas.items() if delta}
    if not changed:
        return
    on_hand = level.quantity("on_hand")
    for name, delta in changed.items():
        before = level.quantity(name)
        level.put(name, before + delta, act.now)
        _log(act, level, name, before)
    if level.quantity("on_hand") != on_hand:
        level.stamp("on_hand", act.now)
        _log(act, level, "on_hand", on_hand)
    level.updated_at = act.now
    act.tell("inventory_levels/update", level)


def _log(act: Action, level: Level, name: str, before: int) -> None:
    item = act.shop.items.get(level.item_id)
    act.log(
        "level",
        item=level.item_id,
        sku=item.sku if item else None,
        location=level.location_id,
        name=name,
        before=before,
        after=level.quantity(name),
    )


def set_quantities(act: Action, data: dict[str, Any]) -> AdjustmentGroup | None:
    """Set available or on hand to absolute values; one bad row and none is written."""
    name = data["name"]
    errors: list[UserError] = []
    if name not in ("available", "on_hand"):
        message = "The quantity name must be either 'available' or 'on_hand'."
        errors.append(user_error(["input", "name"], message, "INVALID_NAME"))
    errors += _check_header(data)
    errors += _check_rows(act, data["quantities"], "quantities", name)
    if errors:
        raise Refused(errors)
    changes = []
    for row in data["quantities"]:
        level = _level(act, row)
        delta = row["quantity"] - level.quantity(name)
        changes += _apply(act, level, "available", delta)
    return _group(act, changes, data)


def adjust_quantities(act: Action, data: dict[str, Any]) -> AdjustmentGroup | None:
    """Add to one named quantity; one bad row and none is written."""
    name = data["name"]
    errors: list[UserError] = []
    if name not in ADJUSTABLE:
        allowed = ", ".join(ADJUSTABLE)
        message = f"The specified quantity name is invalid. Valid values are: {allowed}."
        errors.append(user_error(["input", "name"], message, "INVALID_QUANTITY_NAME"))
    errors += _check_header(data)
    errors += _check_rows(act, data["changes"], "changes", name)
    errors += _check_ledgers(data["changes"], name)
    if errors:
        raise Refused(errors)
    changes = []
    for row in data["changes"]:
        level = _level(act, row)
        changes += _apply(act, level, name, row["delta"], row.get("ledgerDocumentUri"))
    return _group(act, changes, data)


def _level(act: Action, row: dict[str, Any]) -> Level:
    item = ids.number(row["inventoryItemId"], "InventoryItem")
    return stock_at(act, item, ids.number(row["locationId"], "Location"))


def _apply(
    act: Action, level: Level, name: str, delta: int, ledger: str | None = None
) -> list[AdjustmentChange]:
    if not delta:
        return []
    move(act, level, **{name: delta})
    names = [name] if name == "incoming" else [name, "on_hand"]
    return [
        AdjustmentChange(
            item_id=level.item_id,
            location_id=level.location_id,
            name=each,
            delta=delta,
            ledger=ledger if each == name else None,
        )
        for each in names
    ]


def _group(
    act: Action, changes: list[AdjustmentChange], data: dict[str, Any]
) -> AdjustmentGroup | None:
    """A call that changes nothing makes no group; the answer then holds null."""
    if not changes:
        return None
    group = AdjustmentGroup(
        id=act.shop.take_id(),
        created_at=act.now,
        reason=data["reason"],
        reference=data.get("referenceDocumentUri"),
        changes=changes,
    )
    act.shop.groups[group.id] = group
    return group


def _check_header(data: dict[str, Any]) -> list[UserError]:
    errors = []
    if data["reason"] not in REASONS:
        message = f"The specified reason is invalid. Valid values are: {', '.join(REASONS)}."
        errors.append(user_error(["input", "reason"], message, "INVALID_REASON"))
    reference = data.get("referenceDocumentUri")
    if reference is not None and not _URI.match(reference):
        message = "The specified reference document is invalid."
        field = ["input", "referenceDocumentUri"]
        errors.append(user_error(field, message, "INVALID_REFERENCE_DOCUMENT"))
    return errors


def _check_rows(
    act: Action, rows: list[dict[str, Any]], listed: str, name: str
) -> list[UserError]:
    errors: list[UserError] = []
    seen: set[tuple[str, str]] = set()
    for index, row in enumerate(rows):
        errors += _check_row(act, ["input", listed, str(index)], row, name)
        pair = (row["inventoryItemId"], row["locationId"])
        if listed == "quantities" and pair in seen:
            message = "The combination of inventoryItemId and locationId must be unique."
            code = "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"
            errors.append(user_error(["input", listed, index, "locationId"], message, code))
        seen.add(pair)
    return errors


def _check_row(act: Action, at: list[str], row: dict[str, Any], name: str) -> list[UserError]:
    item = act.shop.items.get(ids.number(row["inventoryItemId"], "InventoryItem"))
    if item is None:
        message = "The specified inventory item could not be found."
        return [user_error([*at, "inventoryItemId"], message, "INVALID_INVENTORY_ITEM")]
    if is_fixed(act.shop, item):
        message = "The specified inventory item is not allowed to be adjusted via API."
        return [user_error([*at, "inventoryItemId"], message, "NON_MUTABLE_INVENTORY_ITEM")]
    place = act.shop.locations.get(ids.number(row["locationId"], "Location"))
    if place is None or not place.active:
        message = "The specified location could not be found."
        return [user_error([*at, "locationId"], message, "INVALID_LOCATION")]
    level = act.shop.level(item.id, place.id)
    now = level.quantity(name) if level else 0
    errors = _check_amount(at, row, name, now)
    expected = row.get("changeFromQuantity")
    if expected is not None and expected != now:
        message = "The changeFromQuantity argument no longer matches the persisted quantity."
        field = [*at, "changeFromQuantity"]
        errors.append(user_error(field, message, "CHANGE_FROM_QUANTITY_STALE"))
    return errors


def is_fixed(shop: Shop, item: Item) -> bool:
    """Nobody sets the stock of a gift card (it has none) or of a bundle (it follows its parts)."""
    variant = shop.variants[item.variant_id]
    return variant.requires_components or shop.products[variant.product_id].gift_card


def _check_amount(at: list[str], row: dict[str, Any], name: str, now: int) -> list[UserError]:
    key = "quantity" if "quantity" in row else "delta"
    after = row["quantity"] if key == "quantity" else now + row["delta"]
    if after > LIMIT:
        message = "The quantity can't be higher than 1,000,000,000."
        return [user_error([*at, key], message, "INVALID_QUANTITY_TOO_HIGH")]
    if name == "on_hand" and after < 0:
        message = "The quantity can't be negative."
        return [user_error([*at, key], message, "INVALID_QUANTITY_NEGATIVE")]
    if after < -LIMIT:
        message = "The quantity can't be lower than -1,000,000,000."
        return [user_error([*at, key], message, "INVALID_QUANTITY_TOO_LOW")]
    return []


def _check_ledgers(rows: list[dict[str, Any]], name: str) -> list[UserError]:
    errors = []
    for index, row in enumerate(rows):
        ledger = row.get("ledgerDocumentUri")
        field = ["input", "changes", str(index), "ledgerDocumentUri"]
        if name == "available" and ledger is not None:
            message = "A ledger document URI is not allowed when adjusting available."
            errors.append(user_error(field, message, "INVALID_AVAILABLE_DOCUMENT"))
        elif name != "available" and not ledger:
            message = "A ledger document URI is required except when adjusting available."
            errors.append(user_error(field, message, "INVALID_QUANTITY_DOCUMENT"))
    return errors


def activate(act: Action, item: Item, place: Location, args: dict[str, Any]) -> Level:
    """Stock an item at a location. A level that slept keeps the quantities it had."""
    level = act.shop.level(item.id, place.id)
    available, on_hand = args.get("available"), args.get("onHand")
    if is_fixed(act.shop, item):
        raise refuse(
            ["inventoryItemId"], "The inventory item is not allowed to be stocked by API."
        )
    if available is not None and on_hand is not None:
        message = "Cannot specify both available and onHand."
        raise refuse(["onHand"], message)
    if level is not None and level.active and available is not None:
        message = (
            "Not allowed to set available quantity "
            "when the item is already active at the location."
        )
        raise refuse(["available"], message)
    level = stock_at(act, item.id, place.id)
    if available is not None:
        move(act, level, available=available - level.quantity("available"))
    if on_hand is not None:
        move(act, level, available=on_hand - level.quantity("on_hand"))
    return level


def deactivate(act: Action, level: Level) -> None:
    """Stop stocking an item at a location; its quantities sleep."""
    if level.quantity("committed"):
        raise refuse(
            ["inventoryLevelId"],
            "The inventory could not be deactivated because it has committed quantities.",
        )
    level.active = False
    act.tell("inventory_levels/disconnect", level)


def set_by_hand(act: Action, item: Item, location: int, available: int) -> Level:
    """What a merchant does in the stock table of the admin."""
    level = stock_at(act, item.id, location)
    move(act, level, available=available - level.quantity("available"))
    return level
