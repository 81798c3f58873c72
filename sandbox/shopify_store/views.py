"""The shop as JSON, for tests and for the pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import catalogue, totals
from .ids import gid
from .money import as_money
from .order_records import Order
from .records import Product, Shop, Variant
from .stock_records import QUANTITIES


def state(shop: Shop, *, parts: set[str]) -> dict[str, Any]:
    """The named parts, or all of them."""
    return {name: build(shop) for name, build in _PARTS.items() if not parts or name in parts}


def product(shop: Shop, record: Product) -> dict[str, Any]:
    return {
        "id": record.id,
        "gid": gid("Product", record.id),
        "title": record.title,
        "handle": record.handle,
        "status": record.status,
        "gift_card": record.gift_card,
        "vendor": record.vendor,
        "product_type": record.product_type,
        "description_html": record.description_html,
        "tags": record.tags,
        "published": [
            each.name
            for each in shop.publications.values()
            if gid("Product", record.id) in each.members
        ],
        "metafields": _metafields(shop, gid("Product", record.id)),
        "updated_at": record.updated_at,
        "variants": [variant(shop, record, each) for each in catalogue.variants_of(shop, record)],
    }


def variant(shop: Shop, record: Product, each: Variant) -> dict[str, Any]:
    item = shop.items[each.item_id]
    return {
        "id": each.id,
        "gid": gid("ProductVariant", each.id),
        "item_id": item.id,
        "title": catalogue.variant_title(record, each),
        "options": {option.name: value.name for option, value in catalogue.selected(record, each)},
        "sku": item.sku,
        "barcode": each.barcode,
        "price": as_money(each.price),
        "compare_at_price": as_money(each.compare_at_price),
        "cost": as_money(item.cost),
        "tracked": item.tracked,
        "requires_components": each.requires_components,
        "policy": each.inventory_policy,
        "metafields": _metafields(shop, gid("ProductVariant", each.id)),
        "levels": [
            {
                "location_id": level.location_id,
                "location": shop.locations[level.location_id].name,
                "active": level.active,
                **{name: level.quantity(name) for name in QUANTITIES},
            }
            for level in shop.levels_of(item.id)
        ],
    }


def _metafields(shop: Shop, owner: str) -> dict[str, str]:
    return {name: each.value for name, each in shop.metafields.get(owner, {}).items()}


def order(shop: Shop, record: Order) -> dict[str, Any]:
    who = shop.customers.get(record.customer_id or 0)
    return {
        "id": record.id,
        "gid": gid("Order", record.id),
        "name": record.name,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
        "cancelled_at": record.cancelled_at,
        "financial_status": totals.financial_status(record),
        "fulfillment_status": totals.fulfillment_status(shop, record),
        "currency": record.currency,
        "presentment_currency": record.presentment,
        "total": as_money(totals.grand_total(record).shop),
        "current_total": as_money(totals.current_total(record).shop),
        "total_tax": as_money(totals.tax(record).shop),
        "total_discounts": as_money(totals.discounts(record).shop),
        "total_shipping": as_money(totals.shipping(record).shop),
        "refunded": as_money(totals.refunded(record).shop),
        "outstanding": as_money(totals.outstanding(record).shop),
        "test": record.test,
        "source_name": record.source_name,
        "note": record.note,
        "tags": record.tags,
        "email": record.email,
        "customer": f"{who.first_name or ''} {who.last_name or ''}".strip() if who else None,
        "lines": [_line(shop, record, line) for line in record.lines],
        "fulfillment_orders": [_fulfillment_order(shop, n) for n in record.fulfillment_order_ids],
        "fulfillments": [_fulfillment(shop, n) for n in record.fulfillment_ids],
    }


def _line(shop: Shop, record: Order, line: Any) -> dict[str, Any]:
    return {
        "id": line.id,
        "gid": gid("LineItem", line.id),
        "sku": line.sku,
        "title": line.title,
        "variant_title": line.variant_title,
        "quantity": line.quantity,
        "current_quantity": totals.current_quantity(record, line),
        "unfulfilled_quantity": totals.unfulfilled_quantity(shop, record, line),
        "unit_price": as_money(line.unit_price.shop),
        "net": as_money(line.net.shop),
        "tax": as_money(line.tax.shop),
        "tax_rate": str(line.rate),
    }


def _fulfillment_order(shop: Shop, number: int) -> dict[str, Any]:
    wanted = shop.fulfillment_orders[number]
    return {
        "id": wanted.id,
        "gid": gid("FulfillmentOrder", wanted.id),
        "status": wanted.status,
        "location_id": wanted.location_id,
        "location": shop.locations[wanted.location_id].name,
        "lines": [
            {"id": row.id, "line_id": row.line_id, "total": row.total, "remaining": row.remaining}
            for row in wanted.lines
        ],
    }


def _fulfillment(shop: Shop, number: int) -> dict[str, Any]:
    made = shop.fulfillments[number]
    return {
        "id": made.id,
        "gid": gid("Fulfillment", made.id),
        "name": made.name,
        "status": made.status,
        "created_at": made.created_at,
        "location": shop.locations[made.location_id].name,
        "tracking": [
            {"company": t.company, "number": t.number, "url": t.url} for t in made.tracking
        ],
        "lines": [{"line_id": line.line_id, "quantity": line.quantity} for line in made.lines],
    }


_PARTS: dict[str, Callable[[Shop], Any]] = {
    "products": lambda shop: [product(shop, each) for each in shop.products.values()],
    "orders": lambda shop: [order(shop, each) for each in shop.orders.values()],
    "locations": lambda shop: [
        {"id": each.id, "name": each.name, "active": each.active}
        for each in shop.locations.values()
    ],
    "subscriptions": lambda shop: [
        {"id": each.id, "topic": each.topic, "uri": each.uri, "failures": each.failures}
        for each in shop.subscriptions.values()
    ],
    "deliveries": lambda shop: [
        {
            "webhook_id": each.id,
            "topic": each.topic,
            "attempts": each.attempts,
            "due_at": each.due_at,
        }
        for each in shop.deliveries
    ],
    "customers": lambda shop: [
        {
            "id": each.id,
            "email": each.email,
            "first_name": each.first_name,
            "last_name": each.last_name,
        }
        for each in shop.customers.values()
    ],
}
