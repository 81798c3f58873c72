"""Adopting: an ERP that only calls us gives no catalogue, so the store's own serves.

Its products become the documents that the ERP's prices and stock are about. What they
say stays the store's: an adopted product keeps its texts.
"""

from django.utils import timezone

from erp_connectors.contract import Capabilities, DeltaKind, Entity
from mapping.documents import Product, Variant
from mapping.models import Channel
from shopify_app import own_fields, products
from shopify_app.client import ShopifyClient
from sync import catalogue_ledger

_NO_FEED = {DeltaKind.NONE, DeltaKind.EVENTS}


def has_no_catalogue(capabilities: Capabilities) -> bool:
    return capabilities.delta.get(Entity.PRODUCTS, DeltaKind.NONE) in _NO_FEED


def adopt_store(channel: Channel, client: ShopifyClient) -> list[Product]:
    """Take the store's products as the ERP's documents, and return them. Repeatable."""
    gids = dict.fromkeys(each.product for each in products.all_variants(client) if each.sku)
    found = [product for gid in gids if (product := _document(client, gid))]
    catalogue_ledger.accept(
        channel.company.erpconnection, products=found, prices=(), as_of=timezone.now()
    )
    return found


def _document(client: ShopifyClient, gid: str) -> Product | None:
    shown = products.shown_product(client, gid, own_fields.NONE)
    if shown is None:
        return None
    return Product(
        code=f"shop:{gid.rpartition('/')[2]}",
        title=shown.product.title or "",
        options=shown.product.options,
        variants=tuple(
            Variant(
                sku=each.sku,
                option_values=each.option_values,
                barcode=each.barcode or "",
                tracked=each.tracked,
            )
            for each in shown.product.variants
            if each.sku
        ),
    )
