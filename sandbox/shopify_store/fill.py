"""Many variants at once, as light as they can be: for measurements, not for looking at."""

from __future__ import annotations

import gc
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from . import catalogue
from .ids import gid
from .records import Item, Option, OptionValue, Product, Shop, Variant
from .stock_records import Level
from .store import Action

MOST = 2_000_000


class FillRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`location` is a name or an id; none is the first. SKUs count up from `first_number`."""

    items: int
    prefix: str = "MASA-"
    first_number: int = 1
    location: str | int | None = None
    available: int = 0
    per_product: int = 100
    price: Decimal = Decimal("10.00")

    def sku(self, place: int) -> str:
        return f"{self.prefix}{self.first_number + place:07d}"


def fill(act: Action, request: FillRequest, location: int) -> dict[str, Any]:
    """Make the variants and tell it once: one log entry, no webhooks.

    Their ids are consecutive, in the order of their SKUs.
    """
    _check(act.shop, request)
    # Nothing that is made here is garbage; to search it would take as long as to make it.
    gc.disable()
    try:
        made = _make(act.shop, request, location, act.now)
    finally:
        gc.enable()
        gc.freeze()
    act.shop.indexes.note(act.shop.items[number] for number in made)
    act.log("fill", count=len(made), first_item=made[0], location=location, prefix=request.prefix)
    return {
        "count": len(made),
        "first_item_id": made[0],
        "last_item_id": made[-1],
        "first_item_gid": gid("InventoryItem", made[0]),
        "first_sku": request.sku(0),
        "last_sku": request.sku(len(made) - 1),
        "location_id": location,
    }


def _check(shop: Shop, request: FillRequest) -> None:
    if not 1 <= request.items <= MOST or not 1 <= request.per_product <= 2048:
        raise ValueError(f"items must be 1 to {MOST}, per_product 1 to 2048")
    for place in (0, request.items - 1):
        if catalogue.by_sku(shop, request.sku(place)):
            raise ValueError(f"there already is a SKU {request.sku(place)}; use first_number")


def _make(shop: Shop, request: FillRequest, location: int, now: datetime) -> range:
    count = request.items
    variants, items, levels = shop.take_ids(count), shop.take_ids(count), shop.take_ids(count)
    _make_products(shop, request, variants, items, now)
    held = shop.levels.setdefault(location, {})
    for place, item in enumerate(items):
        shop.items[item] = Item(
            id=item,
            created_at=now,
            updated_at=now,
            variant_id=variants[place],
            sku=request.sku(place),
        )
        held[item] = Level(
            id=levels[place],
            created_at=now,
            updated_at=now,
            item_id=item,
            location_id=location,
            available=request.available,
        )
    return items


def _make_products(
    shop: Shop, request: FillRequest, variants: range, items: range, now: datetime
) -> None:
    values = shop.take_ids(len(variants))
    # The names are the same strings in every product.
    names = [str(number) for number in range(1, request.per_product + 1)]
    for start in range(0, len(variants), request.per_product):
        mine = slice(start, start + request.per_product)
        product = _product(shop, request, now)
        product.variant_ids = list(variants[mine])
        product.options[0].values = [
            OptionValue(id=value, name=name)
            for value, name in zip(values[mine], names, strict=False)
        ]
        for number, item, value in zip(
            product.variant_ids, items[mine], values[mine], strict=True
        ):
            shop.variants[number] = Variant(
                id=number,
                created_at=now,
                updated_at=now,
                product_id=product.id,
                item_id=item,
                value_ids=[value],
                price=request.price,
            )


def _product(shop: Shop, request: FillRequest, now: datetime) -> Product:
    number, option = shop.take_ids(2)
    made = Product(
        id=number,
        created_at=now,
        updated_at=now,
        title=f"{request.prefix}{number}",
        handle=catalogue.slug(f"{request.prefix}{number}"),
        vendor=shop.name,
        options=[Option(id=option, name="Modelo", values=[])],
    )
    shop.products[number] = made
    return made
