"""`productSet`: one call makes a product what the input says. Lists that are sent replace."""

from __future__ import annotations

from typing import Any

from . import catalogue, ids, inventory, metafields
from .product_checks import check, existing
from .records import MediaFile, Option, OptionValue, Product, Shop, Variant
from .refusals import refuse
from .store import Action


def product_set(act: Action, identifier: dict[str, Any] | None, data: dict[str, Any]) -> Product:
    product = _find(act.shop, identifier, data)
    check(act.shop, product, data)
    created = product is None
    if product is None:
        product = _create(act, data)
    changed = catalogue.write_product(act, product, data)
    changed |= _write_lists(act, product, data, created=created)
    if changed or created:
        product.updated_at = act.now
        act.tell("products/create" if created else "products/update", product)
        act.log("product", product=product.id, handle=product.handle, created=created)
    return product


def _create(act: Action, data: dict[str, Any]) -> Product:
    product = Product(
        id=act.shop.take_id(),
        created_at=act.now,
        updated_at=act.now,
        title=data["title"],
        handle=data.get("handle") or catalogue.free_handle(act.shop, data["title"]),
        vendor=act.shop.name,
        gift_card=bool(data.get("giftCard")),
    )
    act.shop.products[product.id] = product
    for publication in act.shop.publications.values():
        if publication.auto_publish:
            publication.members.append(ids.gid("Product", product.id))
    return product


def _find(shop: Shop, identifier: dict[str, Any] | None, data: dict[str, Any]) -> Product | None:
    if identifier and data.get("id"):
        message = "The id field is not allowed if identifier is provided."
        raise refuse(["input"], message, "ID_NOT_ALLOWED")
    if not identifier and not data.get("id"):
        return None
    if identifier and "handle" in identifier:
        return _by_handle(shop, identifier["handle"], data)
    if identifier and "customId" in identifier:
        return by_custom_id(shop, identifier["customId"], data)
    wanted = identifier["id"] if identifier else data["id"]
    product = shop.products.get(ids.number(wanted, "Product"))
    if product is None:
        field = ["identifier", "id"] if identifier else ["input", "id"]
        raise refuse(field, "Product does not exist", "PRODUCT_DOES_NOT_EXIST")
    return product


def _by_handle(shop: Shop, handle: str, data: dict[str, Any]) -> Product | None:
    if not data.get("handle"):
        message = "The input field corresponding to the identifier is required."
        raise refuse(["input"], message, "MISSING_FIELD_REQUIRED")
    if data["handle"] != handle:
        message = (
            "The identifier value does not match "
            "the value of the corresponding field in the input."
        )
        raise refuse(["input"], message, "INPUT_MISMATCH")
    return catalogue.by_handle(shop, handle)


def by_custom_id(
    shop: Shop, wanted: dict[str, Any], data: dict[str, Any] | None
) -> Product | None:
    """Find by a unique metafield of type `id`; the input must carry the same value."""
    space = metafields.namespace(shop, wanted.get("namespace"))
    defined = metafields.definition(shop, "PRODUCT", space, wanted["key"])
    if defined is None or defined.type != "id":
        message = "Metafield definition of type 'id' is required when using custom ids."
        raise refuse(["identifier", "customId"], message, "NOT_FOUND")
    owner = metafields.find_owner(shop, defined, wanted["value"])
    if data is not None:
        given = {
            (metafields.namespace(shop, row.get("namespace")), row.get("key")): row.get("value")
            for row in data.get("metafields") or []
        }
        if given.get((space, wanted["key"])) != wanted["value"]:
            message = "The input argument `metafields` must contain the custom id's value."
            raise refuse(["input"], message, "METAFIELD_MISMATCH")
    return shop.products.get(ids.number(owner, "Product")) if owner else None


def _write_lists(act: Action, product: Product, data: dict[str, Any], *, created: bool) -> bool:
    changed = False
    if data.get("variants") is not None:
        changed |= _write_variants(act, product, data)
    elif created:
        product.options = catalogue.default_options(act)
        made = catalogue.add_variant(act, product, [product.options[0].values[0].id])
        catalogue.stock_new(act, made, {})
    if data.get("metafields") is not None:
        owner = ids.gid("Product", product.id)
        changed |= metafields.replace_all(act, owner, data["metafields"])
    if data.get("collections") is not None:
        wanted = [ids.number(each, "Collection") for each in data["collections"]]
        changed |= wanted != product.collection_ids
        product.collection_ids = wanted
    if data.get("files") is not None:
        changed |= _write_files(act, product, data["files"])
    return changed


def _write_files(act: Action, product: Product, rows: list[dict[str, Any]]) -> bool:
    held = {file.url: file for file in product.files}
    by_id = {ids.gid("MediaImage", file.id): file for file in product.files}
    wanted = []
    for row in rows:
        file = by_id.get(row.get("id") or "") or held.get(row.get("originalSource") or "")
        if file is None:
            file = MediaFile(id=act.shop.take_id(), url=row.get("originalSource") or "")
        file.alt = row.get("alt") or file.alt
        wanted.append(file)
    changed = wanted != product.files
    product.files = wanted
    return changed


def _write_options(act: Action, product: Product, rows: list[dict[str, Any]]) -> bool:
    """Options and values keep their ids when their name stays."""
    held = {option.name: option for option in product.options}
    by_id = {ids.gid("ProductOption", option.id): option for option in product.options}
    wanted = []
    for row in rows:
        before = by_id.get(row.get("id") or "") or held.get(row.get("name") or "")
        names = {value.name: value.id for value in before.values} if before else {}
        values = [
            OptionValue(id=names.get(each["name"]) or act.shop.take_id(), name=each["name"])
            for each in row["values"]
        ]
        number = before.id if before else act.shop.take_id()
        wanted.append(Option(id=number, name=row.get("name") or "", values=values))
    changed = wanted != product.options
    product.options = wanted
    return changed


def _write_variants(act: Action, product: Product, data: dict[str, Any]) -> bool:
    rows = data["variants"]
    matched = [existing(act.shop, product, row) for row in rows]
    changed = _write_options(act, product, data["productOptions"])
    ids_by_name = {
        (option.name, value.name): value.id
        for option in product.options
        for value in option.values
    }
    kept = [variant.id for variant in matched if variant is not None]
    for number in set(product.variant_ids) - set(kept):
        catalogue.remove_variant(act, product, number)
        changed = True
    order: list[int] = []
    for row, variant in zip(rows, matched, strict=True):
        values = [ids_by_name[each["optionName"], each["name"]] for each in row["optionValues"]]
        wrote, number = _write_variant(act, product, variant, values, row)
        changed |= wrote
        order.append(number)
    changed |= order != product.variant_ids
    product.variant_ids = order
    return changed


def _write_variant(
    act: Action, product: Product, variant: Variant | None, values: list[int], row: dict[str, Any]
) -> tuple[bool, int]:
    created = variant is None
    if variant is None:
        variant = catalogue.add_variant(act, product, values)
    changed = catalogue.write_variant(act, variant, row) or created
    if set(variant.value_ids) != set(values):
        variant.value_ids, changed = values, True
    quantities = {
        ids.number(each["locationId"], "Location"): each["quantity"]
        for each in row.get("inventoryQuantities") or []
    }
    if created:
        catalogue.stock_new(act, variant, quantities)
    else:
        for location, quantity in quantities.items():
            level = inventory.stock_at(act, variant.item_id, location)
            inventory.move(act, level, available=quantity - level.quantity("available"))
    if row.get("metafields") is not None:
        owner = ids.gid("ProductVariant", variant.id)
        changed |= metafields.replace_all(act, owner, row["metafields"])
    if changed:
        variant.updated_at = act.now
    return changed, variant.id
