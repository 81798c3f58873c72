"""Reads of products: as the shop shows them, with the ids that a write needs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from mapping.decide.catalogue import Metafield, StoreProduct, StoreVariant
from shopify_app.client import ShopifyClient
from shopify_app.errors import ShopifyUnavailable
from shopify_app.paging import next_cursor
from shopify_app.translate import Node

VARIANTS_PAGE = 50
MORE_VARIANTS_PAGE = 100
SKUS_PER_SEARCH = 50
# The shop's stand-in for "no options".
_NO_OPTION = ("Title", "Default Title")


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantIds:
    sku: str
    id: str
    inventory_item: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownProduct:
    """A product in the shop and the ids of its parts. Two variants may share a SKU."""

    id: str
    product: StoreProduct
    variants: tuple[VariantIds, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundVariant:
    sku: str
    id: str
    product: str
    inventory_item: str
    tracked: bool
    price: Decimal
    compare_at: Decimal | None


def product(client: ShopifyClient, gid: str) -> StoreProduct | None:
    """Return a product as the shop shows it; None: there is no such product."""
    shown = shown_product(client, gid)
    return shown.product if shown else None


def shown_product(client: ShopifyClient, gid: str) -> ShownProduct | None:
    """Return a product with all its variants and their ids; None: there is no such product."""
    for _ in range(3):
        variables = {"id": gid, "variants": VARIANTS_PAGE, "after": None}
        node = client.run("product", variables)["product"]
        if node is None:
            return None
        if _add_other_variants(client, node):
            return _shown(node)
    raise ShopifyUnavailable(f"{gid} keeps changing while it is read")


def find_products_by_skus(
    client: ShopifyClient, skus: Sequence[str]
) -> dict[str, tuple[FoundVariant, ...]]:
    """Return the variants that carry each SKU exactly; a SKU nobody carries is absent.

    Found by search, which lags behind: absent right after a write proves nothing.
    """
    wanted = set(skus)
    found: dict[str, list[FoundVariant]] = {}
    for start in range(0, len(skus), SKUS_PER_SEARCH):
        terms = [f"sku:{_quoted(sku)}" for sku in skus[start : start + SKUS_PER_SEARCH]]
        for node in _search(client, " OR ".join(terms)):
            # The search ignores case and word breaks; a SKU does not.
            if node["sku"] in wanted:
                found.setdefault(node["sku"], []).append(_found(node))
    return {sku: tuple({each.id: each for each in rows}.values()) for sku, rows in found.items()}


def _search(client: ShopifyClient, filter_text: str) -> Iterator[Node]:
    after = None
    while True:
        data = client.run("variants_by_sku", {"filter": filter_text, "after": after})
        yield from data["productVariants"]["nodes"]
        after = next_cursor(data["productVariants"])
        if after is None:
            return


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _add_other_variants(client: ShopifyClient, node: Node) -> bool:
    """Put the variants of the other pages into the node; False: it changed in between."""
    page = node["variants"]
    while after := next_cursor(page):
        variables = {"id": node["id"], "variants": MORE_VARIANTS_PAGE, "after": after}
        more = client.run("product", variables)["product"]
        if more is None or more["updatedAt"] != node["updatedAt"]:
            return False
        page = more["variants"]
        node["variants"]["nodes"] += page["nodes"]
    return True


def _shown(node: Node) -> ShownProduct:
    options = tuple(option["name"] for option in node["options"])
    variants = node["variants"]["nodes"]
    bare = options == _NO_OPTION[:1] and [_values(each) for each in variants] == [_NO_OPTION[1:]]
    return ShownProduct(
        id=node["id"],
        product=StoreProduct(
            title=node["title"],
            status=node["status"],
            options=() if bare else options,
            variants=tuple(_variant(each, bare=bare) for each in variants),
            description_html=node["descriptionHtml"],
            vendor=node["vendor"],
            product_type=node["productType"],
            tags=tuple(node["tags"]),
            metafields=_metafields(node),
        ),
        variants=tuple(
            VariantIds(
                sku=each["sku"] or "", id=each["id"], inventory_item=each["inventoryItem"]["id"]
            )
            for each in variants
        ),
    )


def _variant(node: Node, *, bare: bool) -> StoreVariant:
    return StoreVariant(
        sku=node["sku"] or "",
        option_values=() if bare else _values(node),
        price=Decimal(node["price"]),
        compare_at=_price(node["compareAtPrice"]),
        barcode=node["barcode"] or "",
        tracked=node["inventoryItem"]["tracked"],
        metafields=_metafields(node),
    )


def _values(node: Node) -> tuple[str, ...]:
    return tuple(option["value"] for option in node["selectedOptions"])


def _metafields(node: Node) -> tuple[Metafield, ...]:
    return tuple(
        Metafield(
            namespace=each["namespace"], key=each["key"], type=each["type"], value=each["value"]
        )
        for each in node["metafields"]["nodes"]
    )


def _found(node: Node) -> FoundVariant:
    return FoundVariant(
        sku=node["sku"],
        id=node["id"],
        product=node["product"]["id"],
        inventory_item=node["inventoryItem"]["id"],
        tracked=node["inventoryItem"]["tracked"],
        price=Decimal(node["price"]),
        compare_at=_price(node["compareAtPrice"]),
    )


def _price(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def all_variants(client: ShopifyClient) -> Iterator[FoundVariant]:
    """Yield every variant of the store, 250 a call: to link a store that has products."""
    yield from map(_found, _search(client, ""))
