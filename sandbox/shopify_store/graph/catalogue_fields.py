"""Products and variants as they are read."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from .. import catalogue, ids
from ..money import as_money
from ..product_set import by_custom_id
from ..records import Product, Shop, Variant
from .common import identity, money, when
from .registry import Ask, resolve
from .shop_fields import publication_count, published_at

MAX_VARIANTS = 2048


def _variants(product: Product, ask: Ask) -> Any:
    rows = catalogue.variants_of(ask.shop, product)
    places = {variant.id: index for index, variant in enumerate(rows)}
    # A product asked for by itself may show all its variants in one page.
    alone = len(ask.info.path.as_list()) <= 2
    return ask.page(rows, lambda v: (places[v.id], v.id), limit=MAX_VARIANTS if alone else 250)


def _prices(product: Product, shop: Shop) -> list[Decimal]:
    return [variant.price for variant in catalogue.variants_of(shop, product)] or [Decimal(0)]


def stock_of(shop: Shop, variant: Variant) -> int:
    levels = shop.levels_of(variant.item_id)
    return sum(level.available for level in levels if shop.shown(level))


def _total_stock(product: Product, shop: Shop) -> int:
    return sum(
        stock_of(shop, variant)
        for variant in catalogue.variants_of(shop, product)
        if shop.items[variant.item_id].tracked
    )


def _options(product: Product, ask: Ask) -> list[dict[str, Any]]:
    rows = []
    for position, option in enumerate(product.options, start=1):
        values = [
            {
                "__typename": "ProductOptionValue",
                "id": ids.gid("ProductOptionValue", v.id),
                "name": v.name,
            }
            for v in option.values
        ]
        rows.append(
            {
                "__typename": "ProductOption",
                "id": ids.gid("ProductOption", option.id),
                "name": option.name,
                "position": position,
                "values": [value.name for value in option.values],
                "optionValues": values,
            }
        )
    return ask.first(rows)


def _range(product: Product, ask: Ask) -> dict[str, Any]:
    prices, currency = _prices(product, ask.shop), ask.shop.currency
    return {
        "minVariantPrice": money(min(prices), currency),
        "maxVariantPrice": money(max(prices), currency),
    }


def _plain_text(product: Product) -> str:
    return re.sub(r"<[^>]+>", "", product.description_html)


def _category(product: Product, ask: Ask) -> dict[str, Any] | None:
    if product.category is None:
        return None
    return {"__typename": "TaxonomyCategory", "id": product.category}


def _publications(product: Product, ask: Ask) -> dict[str, Any]:
    return publication_count(ask.shop, ids.gid("Product", product.id))


identity("Product")
resolve(
    "Product",
    title=lambda p, ask: p.title,
    handle=lambda p, ask: p.handle,
    status=lambda p, ask: p.status,
    vendor=lambda p, ask: p.vendor,
    productType=lambda p, ask: p.product_type,
    tags=lambda p, ask: p.tags,
    templateSuffix=lambda p, ask: p.template_suffix,
    descriptionHtml=lambda p, ask: p.description_html,
    description=lambda p, ask: _plain_text(p)[: ask.args.get("truncateAt")],
    isGiftCard=lambda p, ask: p.gift_card,
    category=_category,
    seo=lambda p, ask: {"title": p.seo_title, "description": p.seo_description},
    options=_options,
    variants=_variants,
    variantsCount=lambda p, ask: {"count": len(p.variant_ids), "precision": "EXACT"},
    hasOnlyDefaultVariant=lambda p, ask: [o.name for o in p.options] == ["Title"],
    totalInventory=lambda p, ask: _total_stock(p, ask.shop),
    tracksInventory=lambda p, ask: any(
        ask.shop.items[v.item_id].tracked for v in catalogue.variants_of(ask.shop, p)
    ),
    priceRangeV2=_range,
    publishedAt=lambda p, ask: published_at(ask.shop, ids.gid("Product", p.id), p.updated_at),
    availablePublicationsCount=_publications,
    publishedOnPublication=lambda p, ask: _is_published(p, ask),
    mediaCount=lambda p, ask: {"count": len(p.files), "precision": "EXACT"},
    media=lambda p, ask: ask.page(
        [{"__typename": "MediaImage", "id": ids.gid("MediaImage", f.id), "alt": f.alt, "_n": f.id}
         for f in p.files], lambda f: (f["_n"],)),
    collections=lambda p, ask: ask.page(
        [ask.shop.collections[n] for n in p.collection_ids if n in ask.shop.collections]
    ),
)  # fmt: skip


def _is_published(product: Product, ask: Ask) -> bool:
    publication = ask.shop.publications.get(ask.id("publicationId", "Publication"))
    return publication is not None and ids.gid("Product", product.id) in publication.members


def _display_name(variant: Variant, ask: Ask) -> str:
    product = ask.shop.products[variant.product_id]
    return f"{product.title} - {catalogue.variant_title(product, variant)}"


def _selected(variant: Variant, ask: Ask) -> list[dict[str, Any]]:
    pairs = catalogue.selected(ask.shop.products[variant.product_id], variant)
    return [
        {
            "name": option.name,
            "value": value.name,
            "optionValue": {
                "__typename": "ProductOptionValue",
                "id": ids.gid("ProductOptionValue", value.id),
                "name": value.name,
            },
        }
        for option, value in pairs
    ]


def _sells(shop: Shop, variant: Variant) -> bool:
    item = shop.items[variant.item_id]
    return (
        not item.tracked or variant.inventory_policy == "CONTINUE" or stock_of(shop, variant) > 0
    )


identity("ProductVariant")
resolve(
    "ProductVariant",
    title=lambda v, ask: catalogue.variant_title(ask.shop.products[v.product_id], v),
    displayName=_display_name,
    sku=lambda v, ask: ask.shop.items[v.item_id].sku,
    barcode=lambda v, ask: v.barcode,
    price=lambda v, ask: as_money(v.price),
    compareAtPrice=lambda v, ask: as_money(v.compare_at_price),
    taxable=lambda v, ask: v.taxable,
    inventoryPolicy=lambda v, ask: v.inventory_policy,
    inventoryQuantity=lambda v, ask: stock_of(ask.shop, v),
    sellableOnlineQuantity=lambda v, ask: max(stock_of(ask.shop, v), 0),
    availableForSale=lambda v, ask: _sells(ask.shop, v),
    position=lambda v, ask: ask.shop.products[v.product_id].variant_ids.index(v.id) + 1,
    requiresComponents=lambda v, ask: v.requires_components,
    selectedOptions=_selected,
    product=lambda v, ask: ask.shop.products[v.product_id],
    inventoryItem=lambda v, ask: ask.shop.items[v.item_id],
)

_PRODUCT_SEARCH: dict[str, Any] = {
    "id": lambda p: [p.id],
    "title": lambda p: [p.title],
    "handle": lambda p: [p.handle],
    "status": lambda p: [p.status],
    "vendor": lambda p: [p.vendor],
    "product_type": lambda p: [p.product_type],
    "tag": lambda p: p.tags,
    "created_at": lambda p: [p.created_at],
    "updated_at": lambda p: [p.updated_at],
}
_PRODUCT_SORT: dict[str, Any] = {
    "ID": lambda p: (p.id,),
    "RELEVANCE": lambda p: (p.id,),
    "TITLE": lambda p: (p.title, p.id),
    "VENDOR": lambda p: (p.vendor, p.id),
    "PRODUCT_TYPE": lambda p: (p.product_type, p.id),
    "CREATED_AT": lambda p: (p.created_at.isoformat(), p.id),
    "UPDATED_AT": lambda p: (p.updated_at.isoformat(), p.id),
}


def _products(_: Any, ask: Ask) -> Any:
    shop = ask.shop
    if not ask.args.get("query") and (ask.args.get("sortKey") or "ID") in ("ID", "RELEVANCE"):
        return ask.table("products", shop.products)
    fields = _PRODUCT_SEARCH | {
        "sku": lambda p: [shop.items[v.item_id].sku for v in catalogue.variants_of(shop, p)],
        "barcode": lambda p: [v.barcode for v in catalogue.variants_of(shop, p)],
        "inventory_total": lambda p: [_total_stock(p, shop)],
    }
    rows = ask.search(shop.products.values(), fields, lambda p: [p.title, p.vendor, *p.tags])
    return ask.page(rows, _PRODUCT_SORT.get(ask.args.get("sortKey") or "ID", _PRODUCT_SORT["ID"]))


def _product_variants(_: Any, ask: Ask) -> Any:
    shop = ask.shop
    if not ask.args.get("query") and ask.args.get("sortKey") not in ("SKU", "UPDATED_AT"):
        return ask.table("variants", shop.variants)
    fields: dict[str, Any] = {
        "id": lambda v: [v.id],
        "sku": lambda v: [shop.items[v.item_id].sku],
        "barcode": lambda v: [v.barcode],
        "product_id": lambda v: [v.product_id],
        "product_status": lambda v: [shop.products[v.product_id].status],
        "vendor": lambda v: [shop.products[v.product_id].vendor],
        "updated_at": lambda v: [v.updated_at],
        "inventory_quantity": lambda v: [stock_of(shop, v)],
    }
    text = lambda v: [shop.products[v.product_id].title, shop.items[v.item_id].sku]  # noqa: E731
    rows = ask.search(shop.variants.values(), fields, text)
    sort: dict[str, Any] = {
        "SKU": lambda v: (shop.items[v.item_id].sku or "", v.id),
        "UPDATED_AT": lambda v: (v.updated_at.isoformat(), v.id),
    }
    return ask.page(rows, sort.get(ask.args.get("sortKey") or ""))


def _by_identifier(_: Any, ask: Ask) -> Product | None:
    key, value = next(iter(ask.args["identifier"].items()))
    if key == "id":
        return ask.shop.products.get(ids.number(value, "Product"))
    if key == "handle":
        return catalogue.by_handle(ask.shop, value)
    return by_custom_id(ask.shop, value, None)


resolve(
    "QueryRoot",
    product=lambda _, ask: ask.shop.products.get(ask.id("id", "Product")),
    products=_products,
    productsCount=lambda _, ask: {"count": len(ask.shop.products), "precision": "EXACT"},
    productByIdentifier=_by_identifier,
    productByHandle=lambda _, ask: catalogue.by_handle(ask.shop, ask.args["handle"]),
    productVariant=lambda _, ask: ask.shop.variants.get(ask.id("id", "ProductVariant")),
    productVariants=_product_variants,
    productVariantsCount=lambda _, ask: {"count": len(ask.shop.variants), "precision": "EXACT"},
)
identity("Collection")
resolve(
    "Collection",
    title=lambda c, ask: c.title,
    handle=lambda c, ask: c.handle,
    updatedAt=when("updated_at"),
    availablePublicationsCount=lambda c, ask: publication_count(
        ask.shop, ids.gid("Collection", c.id)
    ),
)
