"""Reads of products: as the shop shows them, with the ids that a write needs."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from mapping.decide.catalogue import StoreProduct, StoreVariant
from shopify_app import bulk, own_fields, product_input
from shopify_app.client import ShopifyClient
from shopify_app.errors import ShopifyUnavailable
from shopify_app.own_fields import OwnFields
from shopify_app.paging import next_cursor
from shopify_app.stocked import Stocked, of_variant
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
    stocked: Stocked = Stocked.NORMAL


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
    stocked: Stocked = Stocked.NORMAL


def product(client: ShopifyClient, gid: str, own: OwnFields) -> StoreProduct | None:
    """Return a product as the shop shows it; None: there is no such product."""
    shown = shown_product(client, gid, own)
    return shown.product if shown else None


def shown_product(client: ShopifyClient, gid: str, own: OwnFields) -> ShownProduct | None:
    """Return a product with all its variants and their ids, and of the metafields those that
    are ours; None: there is no such product.
    """
    parts = own.parts()
    for _ in range(3):
        nodes = [_first_page(client, gid, part) for part in parts]
        found = [node for node in nodes if node]
        if len(found) < len(parts):
            return None
        pairs = zip(found, parts, strict=True)
        if all(_add_other_variants(client, *pair) for pair in pairs) and own_fields.join(found):
            return _shown(found[0])
    raise ShopifyUnavailable(f"{gid} keeps changing while it is read")


def id_by_code(client: ShopifyClient, code: str) -> str | None:
    """Return the product that was made for this product of the ERP; None: there is none."""
    variables = {"identifier": product_input.identifier(code)}
    node = client.run("product_by_code", variables)["productByIdentifier"]
    return str(node["id"]) if node else None


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


def pages(
    client: ShopifyClient, own: OwnFields, cursor: str = ""
) -> tuple[list[ShownProduct], str | None]:
    """Return a page of the store's products with all their variants, and the next cursor.

    For small stores: a page is dear (902 points asked, and refunded by what came) and
    slow where products are long. Many products are cheaper by `bulk_products`.
    """
    variables = {"after": cursor or None, **own.parts()[0]}
    page = client.run("products", variables)["products"]
    whole = [_whole(client, node, own) for node in page["nodes"]]
    return [each for each in whole if each], next_cursor(page)


def bulk_products(
    client: ShopifyClient, *, pause: bulk.Pause = time.sleep
) -> Iterator[ShownProduct]:
    """Yield every product of the store with all its variants, by a bulk operation.

    With all its metafields as well: a bulk operation has no pages that could end.

    Grouped by Shopify, which takes it longer: a product can be built only when its parts
    are together, and waiting for the last part would mean to hold the whole catalogue.
    """
    yield from products_in(bulk.run(client, "products", grouped=True, pause=pause))


def products_in(rows: Iterable[bulk.Row]) -> Iterator[ShownProduct]:
    """Yield what the grouped rows of such an operation tell, for a caller that waits itself."""
    return map(_shown, _assembled(rows))


def products_exist(client: ShopifyClient, gids: Sequence[str]) -> set[str]:
    """Return those of at most 250 products that the store has."""
    nodes = client.run("products_exist", {"products": list(gids)})["nodes"]
    return {node["id"] for node in nodes if node and "id" in node}


def all_variants(client: ShopifyClient) -> Iterator[FoundVariant]:
    """Yield every variant of the store, 250 a call: to link a store that has products."""
    yield from map(_found, _search(client, ""))


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


def _first_page(client: ShopifyClient, gid: str, part: own_fields.Part) -> Node | None:
    variables = {"id": gid, "variants": VARIANTS_PAGE, "after": None, **part}
    node: Node | None = client.run("product", variables)["product"]
    return node


def _add_other_variants(client: ShopifyClient, node: Node, part: own_fields.Part) -> bool:
    """Put the variants of the other pages into the node; False: it changed in between."""
    page = node["variants"]
    while after := next_cursor(page):
        variables = {"id": node["id"], "variants": MORE_VARIANTS_PAGE, "after": after, **part}
        more = client.run("product", variables)["product"]
        if more is None or more["updatedAt"] != node["updatedAt"]:
            return False
        page = more["variants"]
        node["variants"]["nodes"] += page["nodes"]
    return True


def _whole(client: ShopifyClient, node: Node, own: OwnFields) -> ShownProduct | None:
    """Return the product of a page; one with more variants than fit there, or where more
    metafields are ours than fit there, is read by itself.
    """
    if next_cursor(node["variants"]) or len(own.parts()) > 1:
        return shown_product(client, node["id"], own)
    return _shown(node)


def _assembled(rows: Iterable[bulk.Row]) -> Iterator[Node]:
    """Put the rows of each product together into the node that one read would have given."""
    product: Node | None = None
    owners: dict[str, Node] = {}
    for row in rows:
        if "__parentId" not in row:
            if product:
                yield product
            product, owners = row, {row["id"]: row}
            row["metafields"], row["variants"] = {"nodes": []}, {"nodes": []}
        elif owner := owners.get(row["__parentId"]):
            _attach(owner, row, owners)
        else:
            # Built without it, a product would look as if somebody had emptied it.
            raise ShopifyUnavailable("a row of a product is not with its product")
    if product:
        yield product


def _attach(owner: Node, row: bulk.Row, owners: dict[str, Node]) -> None:
    if row["id"].startswith("gid://shopify/ProductVariant/"):
        row["metafields"] = {"nodes": []}
        owners[row["id"]] = row
        owner["variants"]["nodes"].append(row)
    else:
        owner["metafields"]["nodes"].append(row)


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
            metafields=own_fields.told(node),
        ),
        variants=tuple(
            VariantIds(
                sku=each["sku"] or "",
                id=each["id"],
                inventory_item=each["inventoryItem"]["id"],
                stocked=of_variant(each, node),
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
        metafields=own_fields.told(node),
    )


def _values(node: Node) -> tuple[str, ...]:
    return tuple(option["value"] for option in node["selectedOptions"])


def _found(node: Node) -> FoundVariant:
    return FoundVariant(
        sku=node["sku"],
        id=node["id"],
        product=node["product"]["id"],
        inventory_item=node["inventoryItem"]["id"],
        tracked=node["inventoryItem"]["tracked"],
        price=Decimal(node["price"]),
        compare_at=_price(node["compareAtPrice"]),
        stocked=of_variant(node, node["product"]),
    )


def _price(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
