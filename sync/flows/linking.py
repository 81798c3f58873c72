"""Linking: a store that has products already keeps them. Equal SKUs are one thing."""

from collections import Counter
from dataclasses import dataclass

from django.db import transaction

from mapping import links
from mapping.documents import Product
from mapping.links import Kind
from mapping.models import Channel, RecordLink
from shopify_app import products
from shopify_app.client import ShopifyClient
from sync import catalogue_ledger, divergences, stock_ledger
from sync.models import Divergence
from sync.stock_ledger import Followed


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """How many products were found in the store, and how many SKUs are in doubt."""

    products: int
    doubtful: int


def link_existing(channel: Channel, client: ShopifyClient, found: list[Product]) -> Linked:
    """Find the ERP's products in the store by SKU, before anything is written there.

    Nothing is linked where a SKU is used twice on either side, or where one ERP
    product is spread over several in the store: those wait for a person.
    """
    by_sku = _store_variants(channel, client)
    wanted = Counter(variant.sku for product in found for variant in product.variants)
    linked = doubtful = 0
    for product in found:
        hits = [hit for variant in product.variants for hit in by_sku.get(variant.sku, [])]
        if not hits:
            continue
        clear = (
            len({hit.product for hit in hits}) == 1
            and len({hit.sku for hit in hits}) == len(hits)
            and all(wanted[hit.sku] == 1 for hit in hits)
        )
        if clear:
            _link(channel, product, hits)
            linked += 1
        else:
            doubtful += 1
            _doubt(channel, product.code, hits)
    return Linked(products=linked, doubtful=doubtful)


def _store_variants(
    channel: Channel, client: ShopifyClient
) -> dict[str, list[products.FoundVariant]]:
    known = set(
        RecordLink.objects.filter(channel=channel, kind=Kind.VARIANT).values_list(
            "shopify_id", flat=True
        )
    )
    by_sku: dict[str, list[products.FoundVariant]] = {}
    for variant in products.all_variants(client):
        if variant.sku and variant.id not in known:
            by_sku.setdefault(variant.sku, []).append(variant)
    return by_sku


@transaction.atomic
def _link(channel: Channel, product: Product, hits: list[products.FoundVariant]) -> None:
    links.attach(channel, Kind.PRODUCT, {product.code: hits[0].product})
    links.attach(channel, Kind.VARIANT, {hit.sku: hit.id for hit in hits})
    links.attach(channel, Kind.INVENTORY_ITEM, {hit.sku: hit.inventory_item for hit in hits})
    catalogue_ledger.adopt(channel, product.code)
    divergences.close(channel, field=divergences.PRODUCT_LINK, key=product.code)
    followed = [
        Followed(sku=hit.sku, item=hit.inventory_item, family=product.family, stocked=hit.stocked)
        for hit in hits
    ]
    stock_ledger.open_positions(channel, followed, never_stocked=False)


def _doubt(channel: Channel, code: str, hits: list[products.FoundVariant]) -> None:
    divergences.open_difference(
        channel,
        field=divergences.PRODUCT_LINK,
        key=code,
        expected="1",
        found=str(len({hit.product for hit in hits})),
        cause=Divergence.Cause.UNLINKED,
    )
