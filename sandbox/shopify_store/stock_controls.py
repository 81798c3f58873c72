"""The control calls about stock: hand edits, kinds of stock, and many items at once."""

from __future__ import annotations

from typing import Any

from . import catalogue, fill, inventory, views
from .control_calls import Handler, NotFound, Running, read
from .ids import gid
from .records import Shop, Variant
from .refusals import refuse
from .store import OpenShop


def _inventory(
    control: Running, opened: OpenShop, body: dict[str, Any], query: dict[str, str]
) -> Any:
    with control.store.action(opened, body.get("why", "hand edit")) as act:
        item = act.shop.items[_variant(act.shop, body).item_id]
        if inventory.is_fixed(act.shop, item):
            raise refuse(None, "nobody sets the stock of a gift card or a bundle")
        place = find_location(act.shop, body.get("location"))
        level = inventory.stock_at(act, item.id, place)
        if "available" in body:
            inventory.set_by_hand(act, item, place, int(body["available"]))
        for name in ("damaged", "reserved", "safety_stock", "quality_control", "incoming"):
            if name in body:
                inventory.move(act, level, **{name: int(body[name]) - level.quantity(name)})
        names = ("available", "committed", "on_hand")
        return {name: level.quantity(name) for name in names}


def find_location(shop: Shop, wanted: Any) -> int:
    if wanted is None:
        return next(iter(shop.locations))
    for each in shop.locations.values():
        if str(wanted) in (str(each.id), each.name, gid("Location", each.id)):
            return each.id
    raise NotFound(f"no location {wanted}")


def _variant(shop: Shop, body: dict[str, Any]) -> Variant:
    matches = catalogue.by_sku(shop, str(body["sku"]))
    if len(matches) != 1:
        raise NotFound(f"{len(matches)} variants have the SKU {body['sku']!r}")
    return matches[0]


def _kind(control: Running, opened: OpenShop, body: dict[str, Any], query: dict[str, str]) -> Any:
    """Say by hand whether a variant is tracked, is a bundle, or belongs to a gift card."""
    with control.store.action(opened, "hand edit") as act:
        variant = _variant(act.shop, body)
        product = act.shop.products[variant.product_id]
        product.gift_card = bool(body.get("gift_card", product.gift_card))
        row: dict[str, Any] = {"inventoryItem": {}}
        if "requires_components" in body:
            row["requiresComponents"] = bool(body["requires_components"])
        if "tracked" in body:
            row["inventoryItem"]["tracked"] = bool(body["tracked"])
        catalogue.write_variant(act, variant, row)
        product.updated_at = act.now
        act.tell("products/update", product)
        return views.variant(act.shop, product, variant)


def _fill(control: Running, opened: OpenShop, body: dict[str, Any], query: dict[str, str]) -> Any:
    request = read(fill.FillRequest, body)
    with control.store.action(opened, "fill") as act:
        return fill.fill(act, request, find_location(act.shop, request.location))


STOCK_HANDLERS: dict[str, Handler] = {"inventory": _inventory, "variants": _kind, "fill": _fill}
