"""Mutations of products and variants."""

from __future__ import annotations

from typing import Any

from .. import catalogue, ids, inventory, metafields, variants
from ..product_set import product_set
from ..records import Product
from ..refusals import Refused, refuse, user_error
from .registry import Ask, not_modelled, resolve


def _set(_: Any, ask: Ask) -> dict[str, Any]:
    if not ask.args.get("synchronous", True) and not ask.call.free:
        raise not_modelled("productSet(synchronous: false)")
    product = product_set(ask.act, ask.args.get("identifier"), ask.args["input"])
    return {"product": product, "productSetOperation": None}


def _bulk_update(_: Any, ask: Ask) -> dict[str, Any]:
    product = variants.find_product(ask.act, ask.args["productId"])
    partial = bool(ask.args.get("allowPartialUpdates"))
    written, errors = variants.bulk_update(ask.act, product, ask.args["variants"], partial=partial)
    return {"product": product, "productVariants": written, "userErrors": errors}


def _bulk_create(_: Any, ask: Ask) -> dict[str, Any]:
    product = variants.find_product(ask.act, ask.args["productId"])
    made = variants.bulk_create(
        ask.act, product, ask.args["variants"], ask.args.get("strategy") or "DEFAULT"
    )
    return {"product": product, "productVariants": made}


def _bulk_delete(_: Any, ask: Ask) -> dict[str, Any]:
    product = variants.find_product(ask.act, ask.args["productId"])
    numbers = [ids.number(each, "ProductVariant") for each in ask.args["variantsIds"]]
    for index, number in enumerate(numbers):
        if number not in product.variant_ids:
            message = "At least one variant does not belong to the product"
            code = "AT_LEAST_ONE_VARIANT_DOES_NOT_BELONG_TO_THE_PRODUCT"
            raise refuse(["variantsIds", index], message, code)
    if len(set(numbers)) == len(product.variant_ids):
        message = "Cannot delete the last variant of a product"
        raise refuse(["variantsIds"], message, "CANNOT_DELETE_LAST_VARIANT")
    for number in set(numbers):
        catalogue.remove_variant(ask.act, product, number)
    product.updated_at = ask.act.now
    ask.act.tell("products/update", product)
    return {"product": product}


def _update(_: Any, ask: Ask) -> dict[str, Any]:
    data = ask.args.get("product") or ask.args.get("input") or {}
    product = _target(ask, data)
    errors = catalogue.check_product(ask.shop, product, data)
    owner = ids.gid("Product", product.id)
    for index, row in enumerate(data.get("metafields") or []):
        if wrong := metafields.problem(ask.shop, owner, row):
            errors.append(user_error(["product", "metafields", index, wrong[0]], wrong[1]))
    if errors:
        raise Refused(errors)
    changed = catalogue.write_product(ask.act, product, data)
    for row in data.get("metafields") or []:
        changed |= metafields.put(ask.act, owner, row)[1]
    if changed:
        product.updated_at = ask.act.now
        ask.act.tell("products/update", product)
    return {"product": product}


def _target(ask: Ask, data: dict[str, Any]) -> Product:
    identifier = ask.args.get("identifier") or {}
    product: Product | None = None
    if "handle" in identifier:
        product = catalogue.by_handle(ask.shop, identifier["handle"])
    elif identifier.get("id") or data.get("id"):
        number = ids.number(identifier.get("id") or data["id"], "Product")
        product = ask.shop.products.get(number)
    if product is None:
        raise refuse(["id"], "Product does not exist")
    return product


def _change_status(_: Any, ask: Ask) -> dict[str, Any]:
    product = ask.shop.products.get(ask.id("productId", "Product"))
    if product is None:
        raise refuse(["productId"], "Product does not exist", "PRODUCT_NOT_FOUND")
    if product.status != ask.args["status"]:
        product.status, product.updated_at = ask.args["status"], ask.act.now
        ask.act.tell("products/update", product)
    return {"product": product}


def _delete(_: Any, ask: Ask) -> dict[str, Any]:
    wanted = ask.args["input"]["id"]
    product = ask.shop.products.get(ids.number(wanted, "Product"))
    if product is None:
        raise refuse(["id"], "Product does not exist")
    catalogue.delete_product(ask.act, product)
    return {"deletedProductId": wanted, "shop": ask.shop, "productDeleteOperation": None}


def _item_update(_: Any, ask: Ask) -> dict[str, Any]:
    item = ask.shop.items.get(ask.id("id", "InventoryItem"))
    if item is None:
        raise refuse(["id"], "The product couldn't be updated because it does not exist.")
    product = ask.shop.products[ask.shop.variants[item.variant_id].product_id]
    if product.gift_card and ask.args["input"].get("tracked"):
        raise refuse(["input", "tracked"], "Gift cards can't be tracked")
    catalogue.write_item(ask.act, item, ask.args["input"])
    if item.tracked and not ask.shop.levels_of(item.id):
        inventory.stock_at(ask.act, item.id, next(iter(ask.shop.locations)))
    return {"inventoryItem": item}


resolve(
    "Mutation",
    productSet=_set,
    productVariantsBulkUpdate=_bulk_update,
    productVariantsBulkCreate=_bulk_create,
    productVariantsBulkDelete=_bulk_delete,
    productUpdate=_update,
    productChangeStatus=_change_status,
    productDelete=_delete,
    inventoryItemUpdate=_item_update,
)
