"""Writes of products whose answer was lost: what the store already has of them."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from mapping.decide.catalogue import StoreProduct
from mapping.documents import load
from shopify_app import commands, own_fields, products
from shopify_app.client import ShopifyClient
from shopify_app.product_input import WrittenIds
from shopify_app.products import ShownProduct
from sync import catalogue_ledger
from sync.models import OutboxCommand


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedOut:
    """What the answer would have told. `shown` None: the store shows what was asked for."""

    ids: WrittenIds
    shown: StoreProduct | None = None


def carried_out(row: OutboxCommand, client: ShopifyClient) -> CarriedOut | None:
    """Ask the store whether it has what the write makes; None: send it again.

    Only of writes that make something. The others are absolute and name their record,
    so to repeat them does no harm.
    """
    assert row.request is not None
    kind, fields = row.request["kind"], row.request["fields"]
    if kind == commands.VariantsCreate.kind:
        return _added_variants(client, fields)
    by_code = (fields.get("identifier") or {}).get("customId")
    return _created(row, client, by_code["value"]) if by_code else None


def _added_variants(client: ShopifyClient, fields: dict[str, Any]) -> CarriedOut | None:
    """The store would refuse those that it has."""
    new = {each["inventoryItem"]["sku"] for each in fields["variants"]}
    shown = products.shown_product(client, fields["product_id"], own_fields.NONE)
    ids = _ids(shown, new) if shown else None
    if ids is None or len(ids.variants) < len(new):
        return None
    return CarriedOut(ids=ids)


def _created(row: OutboxCommand, client: ShopifyClient, code: str) -> CarriedOut | None:
    """A creation sent twice would put its own lists in place of what other apps and people
    have added to the product in the meantime.
    """
    gid = products.id_by_code(client, code)
    own = catalogue_ledger.own_fields(row.channel)
    shown = products.shown_product(client, gid, own) if gid else None
    if shown is None:
        return None
    asked = load(StoreProduct, row.arguments["shown"])
    ids = _ids(shown, {each.sku for each in asked.variants}, product=shown.id)
    return CarriedOut(ids=ids, shown=shown.product)


def _ids(shown: ShownProduct, skus: AbstractSet[str], *, product: str = "") -> WrittenIds:
    made = [each for each in shown.variants if each.sku in skus]
    return WrittenIds(
        product=product,
        variants={each.sku: each.id for each in made},
        items={each.sku: each.inventory_item for each in made},
        stocked={each.sku: each.stocked for each in made},
    )
