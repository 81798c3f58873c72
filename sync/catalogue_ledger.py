"""What the ERP last said of products and prices, and what we last wrote of them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.db import connection, transaction
from django.utils import timezone

from erp_connectors.models import ErpConnection
from mapping import rules
from mapping.decide.catalogue import (
    CatalogueDecision,
    Projection,
    StoreProduct,
    decide_catalogue,
    project,
)
from mapping.documents import Price, Product, dump, load
from mapping.models import Channel
from mapping.reasons import Reason
from shopify_app.own_fields import OwnFields
from sync import stock_ledger
from sync.models import ErpRecord, FieldState, KitComponent

PRODUCT = "product"
PRICE = "price"

_ACCEPT = """
INSERT INTO sync_erprecord AS r (connection_id, entity, key, document, as_of)
VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (connection_id, entity, key) DO UPDATE
SET document = EXCLUDED.document, as_of = EXCLUDED.as_of
WHERE r.as_of <= EXCLUDED.as_of
"""

_FAMILIES = """
UPDATE sync_stockposition p SET family = v.family
FROM unnest(%s::text[], %s::text[]) AS v (sku, family), mapping_channel c
WHERE p.sku = v.sku AND p.family <> v.family AND c.id = p.channel_id AND c.company_id = %s
"""


def accept(
    erp: ErpConnection, *, products: Iterable[Product], prices: Iterable[Price], as_of: datetime
) -> None:
    """Keep documents as the ERP gave them; an older answer never replaces a newer one."""
    products = list(products)
    _note_kits(erp, products)
    _note_families(erp, products)
    rows = [(erp.pk, PRODUCT, each.code, json.dumps(dump(each)), as_of) for each in products]
    rows += [(erp.pk, PRICE, price_key(each), json.dumps(dump(each)), as_of) for each in prices]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(_ACCEPT, rows)


def _note_kits(erp: ErpConnection, products: Iterable[Product]) -> None:
    """Keep what kits are made of beside the stock: it is asked for with every figure."""
    variants = [variant for product in products for variant in product.variants]
    rows = KitComponent.objects.filter(connection=erp, kit__in=[each.sku for each in variants])
    before = {(kit, sku): units for kit, sku, units in rows.values_list("kit", "sku", "quantity")}
    now = {(each.sku, part.sku): part.quantity for each in variants for part in each.components}
    if before == now:
        return
    with transaction.atomic():
        rows.delete()
        KitComponent.objects.bulk_create(
            KitComponent(connection=erp, kit=kit, sku=sku, quantity=units)
            for (kit, sku), units in now.items()
        )
        kits = {kit for kit, _sku in before.keys() | now.keys()}
        stock_ledger.touch(erp.company_id, kits)


def _note_families(erp: ErpConnection, products: Iterable[Product]) -> None:
    families = {each.sku: product.family for product in products for each in product.variants}
    with connection.cursor() as cursor:
        cursor.execute(_FAMILIES, [list(families), list(families.values()), erp.company_id])


def price_key(price: Price) -> str:
    return f"{price.price_list}|{price.sku}|{price.min_quantity.normalize():f}"


def product(erp: ErpConnection, code: str) -> Product | None:
    row = ErpRecord.objects.filter(connection=erp, entity=PRODUCT, key=code).first()
    return load(Product, row.document) if row else None


def codes_of(erp: ErpConnection, skus: Iterable[str]) -> dict[str, str]:
    """Return the product that each of these SKUs belongs to; an unknown SKU is absent."""
    found: dict[str, str] = {}
    for sku in skus:
        rows = ErpRecord.objects.filter(
            connection=erp, entity=PRODUCT, document__variants__contains=[{"sku": sku}]
        )
        if code := rows.values_list("key", flat=True).first():
            found[sku] = code
    return found


def base_prices(erp: ErpConnection, price_list: str, skus: Iterable[str]) -> dict[str, Price]:
    """Return what one piece costs on a list, by SKU; no list, no prices."""
    if not price_list:
        return {}
    keys = [f"{price_list}|{sku}|1" for sku in skus]
    rows = ErpRecord.objects.filter(connection=erp, entity=PRICE, key__in=keys)
    found = [load(Price, row.document) for row in rows]
    return {price.sku: price for price in found}


def price_of(channel: Channel, sku: str) -> Decimal:
    """Return what one piece sells for in a channel, 0 if nobody said."""
    found = base_prices(channel.company.erpconnection, channel.price_list, [sku])
    return found[sku].amount.amount if sku in found else Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one product should look like, and the writes that get it there."""

    wanted: StoreProduct
    known: StoreProduct
    decision: CatalogueDecision
    state: FieldState
    problems: tuple[Reason, ...]
    document: Product


def wanted(channel: Channel, document: Product, *, adopted: bool) -> Projection:
    """Return how a channel should show a product of its ERP."""
    erp = channel.company.erpconnection
    skus = [variant.sku for variant in document.variants]
    return project(
        document,
        replace(rules.catalogue_rules(channel), adopted=adopted),
        prices=base_prices(erp, channel.price_list, skus),
        compare_at=base_prices(erp, channel.compare_at_price_list, skus)
        if channel.compare_at_price_list
        else None,
    )


def own_fields(channel: Channel) -> OwnFields:
    """Return the metafields that a channel's attributes are written to: those we compare."""
    return OwnFields.of(rules.catalogue_rules(channel).attributes.values())


def decide(channel: Channel, code: str, *, shown: StoreProduct | None) -> Plan | None:
    """Decide one product from current data; None while the ERP has said nothing of it.

    `shown` is the product as the store has it, where that had to be read; otherwise
    what we last wrote stands for it.
    """
    document = product(channel.company.erpconnection, code)
    if document is None:
        return None
    row = state(channel, code)
    projection = wanted(channel, document, adopted=row.adopted)
    known = shown or (load(StoreProduct, row.written) if row.written else None)
    return Plan(
        wanted=projection.product,
        known=known or replace(projection.product, variants=()),
        decision=decide_catalogue(projection.product, known),
        state=row,
        problems=projection.problems,
        document=document,
    )


def wrote(row: FieldState, shown: StoreProduct) -> None:
    """Remember how the store shows the product after a write it accepted."""
    row.written = dump(shown)
    row.written_at = timezone.now()
    row.save(update_fields=["written", "written_at"])


def adopt(channel: Channel, code: str) -> None:
    """Remember that the store had this product before us."""
    row = state(channel, code)
    row.adopted = row.published = True
    row.save(update_fields=["adopted", "published"])


def published(channel: Channel, codes: Iterable[str]) -> None:
    rows = FieldState.objects.filter(channel=channel, entity=PRODUCT, key__in=list(codes))
    rows.update(published=True)


def unpublished(channel: Channel, limit: int) -> list[str]:
    """Return codes of products that the store has and its sales channel does not show yet."""
    rows = FieldState.objects.filter(
        channel=channel, entity=PRODUCT, published=False, written__isnull=False
    )
    return list(rows.order_by("pk").values_list("key", flat=True)[:limit])


def state(channel: Channel, code: str) -> FieldState:
    found, _created = FieldState.objects.get_or_create(channel=channel, entity=PRODUCT, key=code)
    return found


def is_written(channel: Channel, code: str) -> bool:
    rows = FieldState.objects.filter(channel=channel, entity=PRODUCT, key=code)
    return rows.filter(written__isnull=False).exists()
