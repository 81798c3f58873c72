"""What `productSet` refuses, all of it before anything is written."""

from __future__ import annotations

from typing import Any

from . import catalogue, ids, metafields
from .records import Product, Shop, Variant
from .refusals import Refused, UserError, user_error

MAX_OPTIONS = 3


MAX_VALUES = 100


MAX_FILES = 250


MAX_QUANTITIES = 250


def check(shop: Shop, product: Product | None, data: dict[str, Any]) -> None:
    errors = catalogue.check_product(shop, product, data)
    errors += _check_options(data)
    owner = ids.gid("Product", product.id if product else 0)
    errors += _check_metafields(shop, owner, ["input", "metafields"], data.get("metafields"))
    if len(data.get("files") or []) > MAX_FILES:
        message = "Cannot have more than 250 files."
        errors.append(user_error(["input", "files"], message, "INVALID_INPUT"))
    if not errors:
        errors += _check_variants(shop, product, data)
    if errors:
        raise Refused(errors)


def _check_metafields(
    shop: Shop, owner: str, at: list[str], rows: list[dict[str, Any]] | None
) -> list[UserError]:
    errors = []
    for index, row in enumerate(rows or []):
        if wrong := metafields.problem(shop, owner, row):
            key, message, code = wrong
            code = "INVALID_METAFIELD" if code != "TAKEN" else "DUPLICATED_METAFIELD_VALUE"
            errors.append(user_error([*at, index, key], message, code))
    return errors


def _check_options(data: dict[str, Any]) -> list[UserError]:
    options, at = data.get("productOptions"), ["input", "productOptions"]
    if options is not None and data.get("variants") is None:
        message = "Variants input is required when updating product options"
        return [user_error(["input", "variants"], message, "VARIANTS_INPUT_MISSING")]
    if options is None and data.get("variants") is not None:
        message = "Product options input is required when updating variants"
        return [user_error(at, message, "PRODUCT_OPTIONS_INPUT_MISSING")]
    errors = []
    if len(options or []) > MAX_OPTIONS:
        errors.append(
            user_error(at, "Can only specify a maximum of 3 options", "OPTIONS_OVER_LIMIT")
        )
    names = [(option.get("name") or "").lower() for option in options or []]
    if len(set(names)) != len(names):
        errors.append(user_error(at, "Option names must be unique", "DUPLICATED_OPTION_NAME"))
    for index, option in enumerate(options or []):
        errors += _check_values([*at, str(index), "values"], option)
    return errors


def _check_values(at: list[str], option: dict[str, Any]) -> list[UserError]:
    values = [(value.get("name") or "") for value in option.get("values") or []]
    if not values:
        return [user_error(at, "Option values are missing", "OPTION_VALUES_MISSING")]
    if len(values) > MAX_VALUES:
        message = "The number of option values exceeds the limit of 100"
        return [user_error(at, message, "OPTION_VALUES_OVER_LIMIT")]
    if len({value.lower() for value in values}) != len(values):
        return [user_error(at, "Option values must be unique", "DUPLICATED_OPTION_VALUE")]
    if any(len(value) > catalogue.MAX_TEXT for value in values):
        return [user_error(at, "Option value is too long (maximum is 255 characters)", None)]
    return []


def _check_variants(shop: Shop, product: Product | None, data: dict[str, Any]) -> list[UserError]:
    errors: list[UserError] = []
    allowed = {
        (option.get("name") or ""): {value.get("name") for value in option["values"]}
        for option in data.get("productOptions") or []
    }
    gift_card = product.gift_card if product else bool(data.get("giftCard"))
    seen: dict[tuple[str, ...], int] = {}
    for index, row in enumerate(data.get("variants") or []):
        at = ["input", "variants", str(index)]
        errors += catalogue.check_variant(at, row, gift_card=gift_card)
        errors += _check_choice(at, row, allowed)
        errors += _check_stock(shop, product, at, row)
        owner = row.get("id") or ids.gid("ProductVariant", 0)
        errors += _check_metafields(shop, owner, [*at, "metafields"], row.get("metafields"))
        chosen = tuple(
            sorted(f"{v.get('optionName')}={v.get('name')}" for v in row["optionValues"])
        )
        if chosen in seen:
            title = " / ".join(str(value.get("name")) for value in row["optionValues"])
            errors.append(user_error(at, f"The variant '{title}' already exists.", None))
        seen[chosen] = index
    return errors


def _check_choice(
    at: list[str], row: dict[str, Any], allowed: dict[str, set[Any]]
) -> list[UserError]:
    errors, named = [], set()
    for place, value in enumerate(row["optionValues"]):
        field = [*at, "optionValues", str(place)]
        option = value.get("optionName")
        if option not in allowed:
            message = f"Option '{option}' does not exist"
            errors.append(user_error(field, message, "OPTION_DOES_NOT_EXIST"))
        elif value.get("name") not in allowed[option]:
            message = f"Option value '{value.get('name')}' does not exist"
            errors.append(user_error(field, message, "OPTION_VALUE_DOES_NOT_EXIST"))
        named.add(option)
    if missing := set(allowed) - named:
        message = f"You need to add option values for {', '.join(sorted(missing))}"
        errors.append(user_error([*at, "optionValues"], message, "INVALID_VARIANT"))
    return errors


def _check_stock(
    shop: Shop, product: Product | None, at: list[str], row: dict[str, Any]
) -> list[UserError]:
    rows = row.get("inventoryQuantities") or []
    if len(rows) > MAX_QUANTITIES:
        message = "Cannot have more than 250 inventory quantities"
        return [user_error(at, message, "INVENTORY_QUANTITIES_LIMIT_EXCEEDED")]
    known = existing(shop, product, row) if product else None
    if rows and (row.get("requiresComponents") or (known and known.requires_components)):
        message = "Quantities can't be set on a variant that requires components"
        return [user_error([*at, "inventoryQuantities"], message, "INVALID_INPUT")]
    for index, each in enumerate(rows):
        field = [*at, "inventoryQuantities", str(index)]
        place = ids.number(each["locationId"], "Location")
        if place not in shop.locations:
            return [user_error([*field, "locationId"], "Location does not exist", "INVALID_INPUT")]
        if each["name"] not in ("available", "on_hand"):
            message = "Quantity name must be available or on_hand"
            return [user_error([*field, "name"], message, "INVALID_INPUT")]
        if known is not None and shop.level(known.item_id, place) is None:
            message = "Quantity can't be set at a location where the variant isn't stocked"
            return [user_error([*field, "locationId"], message, "INVALID_INPUT")]
    return []


def existing(shop: Shop, product: Product, row: dict[str, Any]) -> Variant | None:
    """The variant that a row means: by id, else by the same choice of values."""
    if row.get("id"):
        found = shop.variants.get(ids.number(row["id"], "ProductVariant"))
        return found if found is not None and found.product_id == product.id else None
    wanted = {(value.get("optionName"), value.get("name")) for value in row["optionValues"]}
    for variant in catalogue.variants_of(shop, product):
        pairs = catalogue.selected(product, variant)
        if {(option.name, value.name) for option, value in pairs} == wanted:
            return variant
    return None
