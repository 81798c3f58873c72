"""Variants in bulk: `productVariantsBulkCreate` and `productVariantsBulkUpdate`."""

from __future__ import annotations

from typing import Any

from . import catalogue, ids, metafields
from .records import Option, OptionValue, Product, Variant
from .refusals import Refused, UserError, refuse, user_error
from .store import Action


def find_product(act: Action, number: str) -> Product:
    product = act.shop.products.get(ids.number(number, "Product"))
    if product is None:
        raise refuse(["productId"], "Product does not exist", "PRODUCT_DOES_NOT_EXIST")
    return product


def bulk_update(
    act: Action, product: Product, rows: list[dict[str, Any]], *, partial: bool
) -> tuple[list[Variant], list[UserError]]:
    """Update variants; with `partial` the good rows are written although others are not."""
    errors: list[UserError] = []
    good: list[tuple[Variant, dict[str, Any]]] = []
    for index, row in enumerate(rows):
        wrong, variant = _check_update(act, product, ["variants", str(index)], row)
        errors += wrong
        if variant is not None and not wrong:
            good.append((variant, row))
    if errors and not partial:
        raise Refused(errors)
    changed = False
    for variant, row in good:
        changed |= _write(act, product, variant, row)
    _tell(act, product, changed)
    return [variant for variant, _ in good], errors


def _check_update(
    act: Action, product: Product, at: list[str], row: dict[str, Any]
) -> tuple[list[UserError], Variant | None]:
    if not row.get("id"):
        message = "Product variant is missing ID attribute"
        return [user_error([*at, "id"], message, "PRODUCT_VARIANT_ID_MISSING")], None
    variant = act.shop.variants.get(ids.number(row["id"], "ProductVariant"))
    if variant is None or variant.product_id != product.id:
        message = "Product variant does not exist"
        return [user_error([*at, "id"], message, "PRODUCT_VARIANT_DOES_NOT_EXIST")], None
    errors = catalogue.check_variant(at, row, gift_card=product.gift_card)
    if row.get("inventoryQuantities") is not None:
        message = (
            "Inventory quantities can only be provided during create. "
            "To update inventory for existing variants, use inventoryAdjustQuantities."
        )
        code = "NO_INVENTORY_QUANTITIES_ON_VARIANTS_UPDATE"
        errors.append(user_error([*at, "inventoryQuantities"], message, code))
    errors += _check_metafields(act, row["id"], at, row)
    errors += _check_move(product, variant, at, row)
    return errors, variant


def _check_metafields(
    act: Action, owner: str, at: list[str], row: dict[str, Any]
) -> list[UserError]:
    errors = []
    for index, field in enumerate(row.get("metafields") or []):
        if wrong := metafields.problem(act.shop, owner, field):
            key, message, _ = wrong
            errors.append(user_error([*at, "metafields", index, key], message, "INVALID_INPUT"))
    return errors


def _check_move(
    product: Product, variant: Variant, at: list[str], row: dict[str, Any]
) -> list[UserError]:
    for value in row.get("optionValues") or []:
        if _option(product, value) is None:
            message = "Option does not exist"
            return [user_error([*at, "optionValues"], message, "OPTION_DOES_NOT_EXIST")]
    return []


def bulk_create(
    act: Action, product: Product, rows: list[dict[str, Any]], strategy: str
) -> list[Variant]:
    """Create variants, all or none. The lone default variant gives way as the strategy says."""
    errors: list[UserError] = []
    taken = _taken(act, product)
    for index, row in enumerate(rows):
        errors += _check_create(act, product, ["variants", str(index)], row, taken)
    if errors:
        raise Refused(errors)
    lone = _lone_default(act, product)
    if lone is not None and (strategy == "REMOVE_STANDALONE_VARIANT" or _is_default(product)):
        catalogue.remove_variant(act, product, lone.id)
    made = []
    for row in rows:
        values = [_value_id(act, product, value) for value in row.get("optionValues") or []]
        variant = catalogue.add_variant(act, product, values)
        catalogue.stock_new(act, variant, _quantities(row))
        _write(act, product, variant, row)
        made.append(variant)
    _drop_unused_values(act, product)
    _tell(act, product, bool(made))
    return made


def _quantities(row: dict[str, Any]) -> dict[int, int]:
    return {
        ids.number(each["locationId"], "Location"): each["availableQuantity"]
        for each in row.get("inventoryQuantities") or []
    }


def _taken(act: Action, product: Product) -> set[tuple[str, ...]]:
    return {
        tuple(value.name for _, value in catalogue.selected(product, variant))
        for variant in catalogue.variants_of(act.shop, product)
    }


def _check_create(
    act: Action,
    product: Product,
    at: list[str],
    row: dict[str, Any],
    taken: set[tuple[str, ...]],
) -> list[UserError]:
    errors = catalogue.check_variant(at, row, gift_card=product.gift_card)
    if row.get("id"):
        message = "Key is not allowed on create"
        errors.append(user_error([*at, "id"], message, "NO_KEY_ON_CREATE"))
    chosen: dict[str, str] = {}
    for value in row.get("optionValues") or []:
        option = _option(product, value)
        if option is None:
            message = "Option does not exist"
            code = "OPTION_VALUES_FOR_NUMBER_OF_UNKNOWN_OPTIONS"
            return [*errors, user_error([*at, "optionValues"], message, code)]
        chosen[option.name] = value.get("name") or ""
    missing = [option.name for option in product.options if option.name not in chosen]
    if missing:
        message = f"You need to add option values for {', '.join(missing)}"
        return [*errors, user_error(at, message, "NEED_TO_ADD_OPTION_VALUES")]
    key = tuple(chosen[option.name] for option in product.options)
    if key in taken:
        message = f"The variant '{' / '.join(key)}' already exists."
        errors.append(user_error(at, message, "VARIANT_ALREADY_EXISTS"))
    taken.add(key)
    errors += _check_places(act, at, row)
    return errors + _check_metafields(act, ids.gid("ProductVariant", 0), at, row)


def _check_places(act: Action, at: list[str], row: dict[str, Any]) -> list[UserError]:
    if all(place in act.shop.locations for place in _quantities(row)):
        return []
    message = "Quantity could not be set: the location was not found"
    field = [*at, "inventoryQuantities"]
    return [user_error(field, message, "TRACKED_VARIANT_LOCATION_NOT_FOUND")]


def _option(product: Product, value: dict[str, Any]) -> Option | None:
    for option in product.options:
        if value.get("optionId") == ids.gid("ProductOption", option.id):
            return option
        if value.get("optionName") == option.name:
            return option
    return None


def _value_id(act: Action, product: Product, value: dict[str, Any]) -> int:
    option = _option(product, value)
    assert option is not None, "checked before"
    for each in option.values:
        if each.name == value.get("name"):
            return each.id
    made = OptionValue(id=act.shop.take_id(), name=value.get("name") or "")
    option.values.append(made)
    return made.id


def _lone_default(act: Action, product: Product) -> Variant | None:
    variants = catalogue.variants_of(act.shop, product)
    return variants[0] if len(variants) == 1 else None


def _is_default(product: Product) -> bool:
    only = product.options[0] if len(product.options) == 1 else None
    return only is not None and [value.name for value in only.values] == ["Default Title"]


def _drop_unused_values(act: Action, product: Product) -> None:
    used = {number for v in catalogue.variants_of(act.shop, product) for number in v.value_ids}
    for option in product.options:
        option.values = [value for value in option.values if value.id in used]


def _write(act: Action, product: Product, variant: Variant, row: dict[str, Any]) -> bool:
    changed = catalogue.write_variant(act, variant, row)
    for field in row.get("metafields") or []:
        changed |= metafields.put(act, ids.gid("ProductVariant", variant.id), field)[1]
    if row.get("optionValues"):
        values = [_value_id(act, product, value) for value in row["optionValues"]]
        if set(values) != set(variant.value_ids):
            variant.value_ids, changed = values, True
            _drop_unused_values(act, product)
    if changed:
        variant.updated_at = act.now
    return changed


def _tell(act: Action, product: Product, changed: bool) -> None:
    if changed:
        product.updated_at = act.now
        act.tell("products/update", product)
