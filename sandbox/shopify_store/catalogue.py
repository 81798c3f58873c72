"""Products as they are kept: lookups, handles, options, the parts of a variant, deletion."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Any

from . import inventory
from .ids import gid
from .records import Item, Option, OptionValue, Product, Shop, Variant
from .refusals import UserError, user_error
from .store import Action

MAX_TEXT = 255


def slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "product"


def by_handle(shop: Shop, handle: str) -> Product | None:
    return next((each for each in shop.products.values() if each.handle == handle), None)


def free_handle(shop: Shop, title: str) -> str:
    """A handle made from the title; a taken one gets -1, -2 and so on."""
    taken = {each.handle for each in shop.products.values()}
    base = handle = slug(title)
    count = 0
    while handle in taken:
        count += 1
        handle = f"{base}-{count}"
    return handle


def variants_of(shop: Shop, product: Product) -> list[Variant]:
    return [shop.variants[number] for number in product.variant_ids]


def selected(product: Product, variant: Variant) -> list[tuple[Option, OptionValue]]:
    """The variant's value of each option, in the product's order."""
    pairs = []
    for option in product.options:
        for value in option.values:
            if value.id in variant.value_ids:
                pairs.append((option, value))
    return pairs


def variant_title(product: Product, variant: Variant) -> str:
    return " / ".join(value.name for _, value in selected(product, variant)) or "Default Title"


def by_sku(shop: Shop, sku: str) -> list[Variant]:
    found = shop.indexes.items_with(sku, shop.items)
    return [shop.variants[item.variant_id] for item in found]


def amount(text: object) -> Decimal | None:
    """Read the `Money` scalar; None when it is no amount."""
    try:
        return None if text is None else Decimal(str(text)).quantize(Decimal("0.01"))
    except InvalidOperation:
        return None


def default_options(act: Action) -> list[Option]:
    value = OptionValue(id=act.shop.take_id(), name="Default Title")
    return [Option(id=act.shop.take_id(), name="Title", values=[value])]


def add_variant(act: Action, product: Product, value_ids: list[int]) -> Variant:
    """A new variant with its inventory item, priced 0.00 and stocked nowhere yet."""
    number, item = act.shop.take_id(), act.shop.take_id()
    common: dict[str, Any] = {"created_at": act.now, "updated_at": act.now}
    variant = Variant(
        id=number, product_id=product.id, item_id=item, value_ids=value_ids, **common
    )
    act.shop.variants[number] = variant
    act.shop.items[item] = Item(id=item, variant_id=number, tracked=False, **common)
    product.variant_ids.append(number)
    return variant


def stock_new(act: Action, variant: Variant, quantities: dict[int, int]) -> None:
    """Stock a new variant where the caller says, else at the first location with nothing."""
    places = quantities or {next(iter(act.shop.locations), 0): 0}
    for location, quantity in places.items():
        if location in act.shop.locations:
            level = inventory.stock_at(act, variant.item_id, location)
            inventory.move(act, level, available=quantity)


def remove_variant(act: Action, product: Product, number: int) -> None:
    variant = act.shop.variants.pop(number)
    product.variant_ids.remove(number)
    act.shop.items.pop(variant.item_id, None)
    for level in act.shop.levels_of(variant.item_id):
        del act.shop.levels[level.location_id][level.item_id]
    act.shop.metafields.pop(gid("ProductVariant", number), None)


def delete_product(act: Action, product: Product) -> None:
    for number in list(product.variant_ids):
        remove_variant(act, product, number)
    act.shop.metafields.pop(gid("Product", product.id), None)
    for publication in act.shop.publications.values():
        if gid("Product", product.id) in publication.members:
            publication.members.remove(gid("Product", product.id))
    del act.shop.products[product.id]
    act.tell("products/delete", product)


def check_variant(
    at: list[str], row: dict[str, Any], *, gift_card: bool = False
) -> list[UserError]:
    """What Shopify refuses in any variant, whichever call it comes by."""
    errors: list[UserError] = []
    if gift_card and (row.get("inventoryItem") or {}).get("tracked"):
        message = "Gift cards can't be tracked"
        errors.append(user_error([*at, "inventoryItem", "tracked"], message, "INVALID_INPUT"))
    for key in ("price", "compareAtPrice"):
        given = row.get(key)
        if given is None:
            continue
        parsed = amount(given)
        if parsed is None:
            errors.append(user_error([*at, key], f"{key} is not a valid amount", "INVALID_INPUT"))
        elif parsed < 0:
            message = f"{key} must be greater than or equal to 0"
            errors.append(user_error([*at, key], message, "GREATER_THAN_OR_EQUAL_TO"))
    sku = (row.get("inventoryItem") or {}).get("sku") or row.get("sku") or ""
    for key, text in (("sku", sku), ("barcode", row.get("barcode") or "")):
        if len(text) > MAX_TEXT:
            message = f"{key.upper()} is too long (maximum is 255 characters)"
            errors.append(user_error([*at, key], message, "INVALID_INPUT"))
    return errors


def write_variant(act: Action, variant: Variant, row: dict[str, Any]) -> bool:
    """Write the keys that are there, leave the others; say whether anything changed."""
    item = act.shop.items[variant.item_id]
    wanted: dict[str, Any] = {}
    for key, name in _VARIANT_KEYS.items():
        if key in row:
            wanted[name] = row[key]
    for name in ("price", "compare_at_price"):
        if name in wanted:
            wanted[name] = amount(wanted[name])
    changed = _assign(
        variant, {k: v for k, v in wanted.items() if v is not None or k in _NULLABLE}
    )
    data = dict(row.get("inventoryItem") or {})
    if row.get("sku") is not None:
        data["sku"] = row["sku"]
    changed |= write_item(act, item, data)
    if changed:
        variant.updated_at = act.now
    return changed


_NULLABLE = {"compare_at_price", "barcode"}
_VARIANT_KEYS = {
    "price": "price",
    "compareAtPrice": "compare_at_price",
    "barcode": "barcode",
    "taxable": "taxable",
    "inventoryPolicy": "inventory_policy",
    "requiresComponents": "requires_components",
}
_ITEM_KEYS = {
    "sku": "sku",
    "tracked": "tracked",
    "requiresShipping": "requires_shipping",
    "countryCodeOfOrigin": "country_of_origin",
    "harmonizedSystemCode": "harmonized_code",
}


def write_item(act: Action, item: Item, data: dict[str, Any]) -> bool:
    wanted = {name: data[key] for key, name in _ITEM_KEYS.items() if data.get(key) is not None}
    if act.shop.products[act.shop.variants[item.variant_id].product_id].gift_card:
        wanted |= {"tracked": False, "requires_shipping": False}
    if data.get("cost") is not None:
        wanted["cost"] = amount(data["cost"])
    weight = (data.get("measurement") or {}).get("weight")
    if weight is not None:
        wanted["weight"] = Decimal(str(weight["value"]))
        wanted["weight_unit"] = weight["unit"]
    changed = _assign(item, wanted)
    if "sku" in wanted:
        act.shop.indexes.note([item])
    if changed:
        item.updated_at = act.now
        act.tell("inventory_items/update", item)
    return changed


def _assign(record: Any, wanted: dict[str, Any]) -> bool:
    changed = False
    for name, value in wanted.items():
        if getattr(record, name) != value:
            setattr(record, name, value)
            changed = True
    return changed


_PRODUCT_KEYS = {
    "title": "title",
    "handle": "handle",
    "status": "status",
    "descriptionHtml": "description_html",
    "vendor": "vendor",
    "productType": "product_type",
    "category": "category",
    "templateSuffix": "template_suffix",
}


def write_product(act: Action, product: Product, data: dict[str, Any]) -> bool:
    """Write the plain keys that are there; tags replace all tags."""
    wanted = {name: data[key] for key, name in _PRODUCT_KEYS.items() if data.get(key) is not None}
    if data.get("tags") is not None:
        wanted["tags"] = tidy_tags(data["tags"])
    for key, name in (("title", "seo_title"), ("description", "seo_description")):
        if key in (data.get("seo") or {}):
            wanted[name] = data["seo"][key]
    return _assign(product, wanted)


def tidy_tags(tags: list[str]) -> list[str]:
    """Tags are a sorted set; case is kept, but two that differ only in case are one."""
    seen: dict[str, str] = {}
    for tag in (part.strip() for text in tags for part in text.split(",")):
        if tag:
            seen.setdefault(tag.lower(), tag)
    return sorted(seen.values(), key=str.lower)


def check_product(shop: Shop, product: Product | None, data: dict[str, Any]) -> list[UserError]:
    errors = []
    if product is None and not (data.get("title") or "").strip():
        errors.append(user_error(["input", "title"], "Title can't be blank", None))
    for key in ("title", "handle", "vendor", "productType"):
        if len(data.get(key) or "") > MAX_TEXT:
            message = f"{key[0].upper()}{key[1:]} is too long (maximum is 255 characters)"
            errors.append(user_error(["input", key], message, None))
    handle = data.get("handle")
    holder = by_handle(shop, handle) if handle else None
    if holder is not None and holder is not product:
        message = f"Handle '{handle}' already in use. Please provide a new handle."
        errors.append(user_error(["input", "handle"], message, "HANDLE_NOT_UNIQUE"))
    return errors
