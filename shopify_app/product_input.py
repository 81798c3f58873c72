"""A product as the shop takes it: Shopify's input shapes, built from our values."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from mapping.decide.catalogue import Metafield, StoreProduct, StoreVariant
from shopify_app.stocked import Stocked, of_variant
from shopify_app.writes import MetafieldItem

# A metafield of type `id` is unique in the shop. With it a product is named by the
# ERP's own key, so that a repeated creation finds the product of the first try.
NAMESPACE = "puente"
KEY = "code"
ID_TYPE = "id"

_FIELDS = {
    "title": "title",
    "status": "status",
    "description_html": "descriptionHtml",
    "vendor": "vendor",
    "product_type": "productType",
}


def identifier(code: str) -> dict[str, Any]:
    return {"customId": {"namespace": NAMESPACE, "key": KEY, "value": code}}


def create(code: str, product: StoreProduct) -> dict[str, Any]:
    """Return the input that makes a new product, with all its lists.

    Only for products the shop does not have: each list replaces the shop's own.
    """
    options = product.options or ("Title",)
    own = Metafield(namespace=NAMESPACE, key=KEY, type=ID_TYPE, value=code)
    return fields(product, tuple(_FIELDS)) | {
        "tags": list(product.tags),
        "metafields": [_metafield(each) for each in (own, *product.metafields)],
        "productOptions": [
            {"name": name, "position": place + 1, "values": _values(product, place)}
            for place, name in enumerate(options)
        ],
        "variants": [_variant(each, options) for each in product.variants],
    }


def fields(product: StoreProduct, names: Iterable[str]) -> dict[str, Any]:
    """Return these fields only; what is not named stays as it is in the shop."""
    found = {_FIELDS[name]: getattr(product, name) for name in names}
    return {name: value for name, value in found.items() if value is not None}


def new_variant(variant: StoreVariant, options: tuple[str, ...]) -> dict[str, Any]:
    """Return a variant to be added to a product that exists."""
    found = _variant(variant, options or ("Title",))
    found["inventoryItem"]["sku"] = found.pop("sku")
    return found


def metafield(owner: str, value: Metafield) -> MetafieldItem:
    return MetafieldItem(
        owner=owner, namespace=value.namespace, key=value.key, value=value.value, type=value.type
    )


def _values(product: StoreProduct, place: int) -> list[dict[str, str]]:
    if not product.options:
        return [{"name": "Default Title"}]
    names = dict.fromkeys(each.option_values[place] for each in product.variants)
    return [{"name": name} for name in names]


def _variant(variant: StoreVariant, options: tuple[str, ...]) -> dict[str, Any]:
    values = variant.option_values or ("Default Title",)
    item: dict[str, Any] = {"tracked": variant.tracked}
    if variant.weight_grams is not None:
        weight = {"unit": "GRAMS", "value": float(variant.weight_grams)}
        item["measurement"] = {"weight": weight}
    found: dict[str, Any] = {
        "sku": variant.sku,
        "inventoryItem": item,
        # Selling what is not there is the ERP's decision, and it has not taken it.
        "inventoryPolicy": "DENY",
        "optionValues": [
            {"optionName": name, "name": value}
            for name, value in zip(options, values, strict=True)
        ],
    }
    if variant.price is not None:
        found["price"] = str(variant.price)
    if variant.compare_at is not None:
        found["compareAtPrice"] = str(variant.compare_at)
    if variant.barcode:
        found["barcode"] = variant.barcode
    if variant.metafields:
        found["metafields"] = [_metafield(each) for each in variant.metafields]
    return found


def _metafield(value: Metafield) -> dict[str, str]:
    return {
        "namespace": value.namespace,
        "key": value.key,
        "type": value.type,
        "value": value.value,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenIds:
    """The shop's ids of what a write made, by SKU."""

    product: str
    variants: dict[str, str]
    items: dict[str, str]
    stocked: dict[str, Stocked] = field(default_factory=dict)


def ids(payload: dict[str, Any]) -> WrittenIds | None:
    """Return the ids in the answer of a write that makes variants; None for the others."""
    product = payload.get("product") or {}
    nodes = (product.get("variants") or {}).get("nodes") or payload.get("productVariants") or []
    made = [node for node in nodes if node.get("inventoryItem") and node.get("sku")]
    if not made:
        return None
    return WrittenIds(
        product=product.get("id", ""),
        variants={node["sku"]: node["id"] for node in made},
        items={node["sku"]: node["inventoryItem"]["id"] for node in made},
        stocked={node["sku"]: of_variant(node, product) for node in made},
    )
