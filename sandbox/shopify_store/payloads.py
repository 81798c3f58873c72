"""What webhooks say: JSON in the shape of the REST resources, as of the end of the action."""

from __future__ import annotations

from typing import Any

from . import catalogue, order_payloads
from .bulk_records import BulkOperation
from .ids import gid, level_gid
from .money import as_money
from .people_payloads import customer, when
from .records import Item, Location, Option, Product, Shop, Variant
from .stock_records import Level
from .store import Action


def build(act: Action, topic: str, record: Any) -> dict[str, Any]:
    """Return the payload of a topic; a topic that is not modelled is a mistake in the store."""
    kind, _, event = topic.partition("/")
    if event == "delete":
        return {"id": record.id}
    if topic == "orders/edited":
        return order_payloads.order_edit(act, *record)
    body: dict[str, Any] = _BUILDERS[kind](act, record)
    return body


def level(act: Action, record: Level) -> dict[str, Any]:
    return {
        "inventory_item_id": record.item_id,
        "location_id": record.location_id,
        "available": record.quantity("available"),
        "updated_at": when(record.updated_at),
        "admin_graphql_api_id": level_gid(record.item_id, record.location_id),
    }


def _location(act: Action, record: Location) -> dict[str, Any]:
    return {
        "id": record.id,
        "admin_graphql_api_id": gid("Location", record.id),
        "name": record.name,
        "active": record.active,
        "city": record.city,
        "zip": record.zip,
        "country_code": record.country,
        "created_at": when(record.created_at),
        "updated_at": when(record.updated_at),
    }


def _item(act: Action, record: Item) -> dict[str, Any]:
    return {
        "id": record.id,
        "admin_graphql_api_id": gid("InventoryItem", record.id),
        "sku": record.sku,
        "tracked": record.tracked,
        "requires_shipping": record.requires_shipping,
        "cost": as_money(record.cost),
        "created_at": when(record.created_at),
        "updated_at": when(record.updated_at),
    }


def _variant(shop: Shop, record: Product, variant: Variant, position: int) -> dict[str, Any]:
    names = [value.name for _, value in catalogue.selected(record, variant)] + [None] * 3
    levels = shop.levels_of(variant.item_id)
    return {
        "id": variant.id,
        "admin_graphql_api_id": gid("ProductVariant", variant.id),
        "product_id": record.id,
        "title": catalogue.variant_title(record, variant),
        "sku": shop.items[variant.item_id].sku,
        "barcode": variant.barcode,
        "price": as_money(variant.price),
        "compare_at_price": as_money(variant.compare_at_price),
        "position": position,
        "inventory_policy": variant.inventory_policy.lower(),
        "inventory_item_id": variant.item_id,
        "inventory_quantity": sum(each.available for each in levels if shop.shown(each)),
        "taxable": variant.taxable,
        "option1": names[0],
        "option2": names[1],
        "option3": names[2],
        "created_at": when(variant.created_at),
        "updated_at": when(variant.updated_at),
    }


def _option(each: Option) -> dict[str, Any]:
    return {"id": each.id, "name": each.name, "values": [value.name for value in each.values]}


def product(act: Action, record: Product) -> dict[str, Any]:
    """Full data for the first 100 variants only; the rest are named by id."""
    variants = catalogue.variants_of(act.shop, record)
    return {
        "id": record.id,
        "admin_graphql_api_id": gid("Product", record.id),
        "title": record.title,
        "handle": record.handle,
        "body_html": record.description_html,
        "vendor": record.vendor,
        "product_type": record.product_type,
        "status": record.status.lower(),
        "tags": ", ".join(record.tags),
        "created_at": when(record.created_at),
        "updated_at": when(record.updated_at),
        "options": [_option(each) for each in record.options],
        "variants": [
            _variant(act.shop, record, variant, position)
            for position, variant in enumerate(variants[:100], start=1)
        ],
        "variant_gids": [
            {
                "admin_graphql_api_id": gid("ProductVariant", each.id),
                "updated_at": when(each.updated_at),
            }
            for each in variants
        ],
    }


def shop(act: Action, record: Shop) -> dict[str, Any]:
    return {
        "id": record.id,
        "name": record.name,
        "domain": record.domain,
        "myshopify_domain": record.domain,
        "currency": record.currency,
        "iana_timezone": record.timezone,
        "plan_name": record.plan.lower(),
    }


def _bulk_operation(act: Action, record: BulkOperation) -> dict[str, Any]:
    done = record.completed_at
    return {
        "admin_graphql_api_id": gid("BulkOperation", record.id),
        "completed_at": when(done) if done else None,
        "created_at": when(record.created_at),
        "error_code": record.error_code.lower() if record.error_code else None,
        "status": record.status.lower(),
        "type": record.type.lower(),
    }


_BUILDERS: dict[str, Any] = {
    "orders": order_payloads.order,
    "order_transactions": lambda act, pair: order_payloads.transaction(*pair),
    "refunds": lambda act, pair: order_payloads.refund(*pair),
    "fulfillments": order_payloads.fulfillment,
    "fulfillment_orders": order_payloads.fulfillment_order,
    "inventory_levels": level,
    "inventory_items": _item,
    "locations": _location,
    "products": product,
    "customers": customer,
    "bulk_operations": _bulk_operation,
    "app": shop,
    "shop": shop,
}
TOPIC_RESOURCES = tuple(_BUILDERS)
