"""Which location sends which line of an order."""

from __future__ import annotations

from .order_records import Line
from .order_request import OrderRefused, OrderRequest
from .records import Location, Shop


def assign(shop: Shop, lines: list[Line], request: OrderRequest) -> dict[int, list[Line]]:
    """Choose locations: one that has everything, else the first that has each line."""
    places = _places(shop, request)
    if not request.stock:
        return {places[0].id: lines}
    for place in places:
        if all(_free(shop, line, place.id, lines) for line in lines):
            return {place.id: lines}
    plan: dict[int, list[Line]] = {}
    for line in lines:
        place_id = next((each.id for each in places if _free(shop, line, each.id, lines)), None)
        if place_id is None:
            if not request.ignore_policy and not _sells_without_stock(shop, line):
                raise OrderRefused(
                    f"not enough stock of {line.sku or line.title}: {line.quantity} wanted"
                )
            place_id = places[0].id
        plan.setdefault(place_id, []).append(line)
    return plan


def _places(shop: Shop, request: OrderRequest) -> list[Location]:
    if request.location is not None:
        wanted = str(request.location)
        places = [p for p in shop.locations.values() if wanted in (str(p.id), p.name)]
    else:
        places = [p for p in shop.locations.values() if p.active and p.fulfills_online_orders]
    if not places:
        raise OrderRefused("no location can fulfil this order")
    return places


def _free(shop: Shop, line: Line, location: int, lines: list[Line]) -> bool:
    item = shop.items.get(line.item_id or 0)
    if item is None or not item.tracked:
        return True
    level = shop.level(item.id, location)
    wanted = sum(each.quantity for each in lines if each.item_id == item.id)
    return level is not None and level.active and level.quantity("available") >= wanted


def _sells_without_stock(shop: Shop, line: Line) -> bool:
    variant = shop.variants.get(line.variant_id or 0)
    return variant is None or variant.inventory_policy == "CONTINUE"
