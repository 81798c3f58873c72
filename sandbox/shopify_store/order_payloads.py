"""Webhook payloads about orders, refunds, parcels and customers."""

from __future__ import annotations

from typing import Any

from . import totals
from .ids import gid
from .money import Pair, as_money
from .order_records import (
    Allocation,
    Fulfillment,
    FulfillmentOrder,
    Line,
    Order,
    Refund,
    RefundLine,
    TaxLine,
    Transaction,
)
from .people_payloads import address, customer, when
from .records import Shop
from .store import Action

_FINANCIAL = {"PARTIALLY_PAID": "partially_paid", "PARTIALLY_REFUNDED": "partially_refunded"}


_FULFILLMENT = {"FULFILLED": "fulfilled", "PARTIALLY_FULFILLED": "partial"}


def _set(order: Order, amount: Pair) -> dict[str, Any]:
    return {
        "shop_money": {"amount": as_money(amount.shop), "currency_code": order.currency},
        "presentment_money": {
            "amount": as_money(amount.presentment),
            "currency_code": order.presentment,
        },
    }


def _taxes(order: Order, lines: list[TaxLine]) -> list[dict[str, Any]]:
    return [
        {
            "title": each.title,
            "rate": float(each.rate),
            "price": as_money(each.price.shop),
            "price_set": _set(order, each.price),
            "channel_liable": False,
        }
        for each in lines
    ]


def _line(shop: Shop, order: Order, line: Line) -> dict[str, Any]:
    return {
        "id": line.id,
        "admin_graphql_api_id": gid("LineItem", line.id),
        "product_id": line.product_id,
        "variant_id": line.variant_id,
        "sku": line.sku,
        "title": line.title,
        "variant_title": line.variant_title,
        "name": f"{line.title} - {line.variant_title}" if line.variant_title else line.title,
        "vendor": line.vendor,
        "quantity": line.quantity,
        "current_quantity": totals.current_quantity(order, line),
        "fulfillable_quantity": totals.unfulfilled_quantity(shop, order, line),
        "price": as_money(line.unit_price.shop),
        "price_set": _set(order, line.unit_price),
        "total_discount": "0.00",
        "taxable": line.taxable,
        "requires_shipping": line.requires_shipping,
        "gift_card": line.gift_card,
        "properties": [{"name": k, "value": v} for k, v in line.attributes.items()],
        "tax_lines": _taxes(order, line.taxes),
        "discount_allocations": [_allocation(order, each) for each in line.allocations],
    }


def _allocation(order: Order, each: Allocation) -> dict[str, Any]:
    return {
        "amount": as_money(each.amount.shop),
        "amount_set": _set(order, each.amount),
        "discount_application_index": each.index,
    }


_TOTALS = {
    "total_price": totals.grand_total,
    "subtotal_price": totals.subtotal,
    "total_tax": totals.tax,
    "total_discounts": totals.discounts,
    "current_total_price": totals.current_total,
    "current_subtotal_price": totals.current_subtotal,
    "current_total_tax": totals.current_tax,
    "current_total_discounts": totals.current_discounts,
}


def order(act: Action, record: Order) -> dict[str, Any]:
    shop = act.shop
    body = _order_head(record) | _order_parts(act, record)
    for name, compute in _TOTALS.items():
        amount = compute(record)
        body[name], body[f"{name}_set"] = as_money(amount.shop), _set(record, amount)
    body["total_shipping_price_set"] = _set(record, totals.shipping(record))
    body["total_outstanding"] = as_money(totals.outstanding(record).shop)
    financial = totals.financial_status(record)
    body["financial_status"] = _FINANCIAL.get(financial, financial.lower())
    body["fulfillment_status"] = _FULFILLMENT.get(totals.fulfillment_status(shop, record))
    return body


def _order_head(record: Order) -> dict[str, Any]:
    return {
        "id": record.id,
        "admin_graphql_api_id": gid("Order", record.id),
        "name": record.name,
        "number": record.number - 1000,
        "order_number": record.number,
        "created_at": when(record.created_at),
        "updated_at": when(record.updated_at),
        "processed_at": when(record.processed_at),
        "cancelled_at": when(record.cancelled_at),
        "cancel_reason": record.cancel_reason.lower() if record.cancel_reason else None,
        "closed_at": when(record.closed_at),
        "currency": record.currency,
        "presentment_currency": record.presentment,
        "taxes_included": record.taxes_included,
        "tax_exempt": record.tax_exempt,
        "test": record.test,
    } | _order_notes(record)


def _order_notes(record: Order) -> dict[str, Any]:
    return {
        "email": record.email,
        "phone": record.phone,
        "note": record.note,
        "note_attributes": [{"name": k, "value": v} for k, v in record.attributes.items()],
        "tags": ", ".join(record.tags),
        "po_number": record.po_number,
        "source_name": record.source_name,
        "source_identifier": record.source_identifier,
        "customer_locale": record.locale,
        "confirmation_number": record.confirmation_number,
        "payment_gateway_names": [record.gateway],
        "location_id": record.retail_location_id,
    }


def _order_parts(act: Action, record: Order) -> dict[str, Any]:
    who = act.shop.customers.get(record.customer_id or 0)
    return {
        "customer": customer(act, who) if who else None,
        "billing_address": address(record.billing),
        "shipping_address": address(record.shipping),
        "line_items": [_line(act.shop, record, line) for line in record.lines],
        "shipping_lines": [
            {
                "id": line.id,
                "title": line.title,
                "code": line.code,
                "price": as_money(line.price.shop),
                "price_set": _set(record, line.price),
                "tax_lines": _taxes(record, line.taxes),
            }
            for line in record.shipping_lines
        ],
        "tax_lines": _taxes(record, totals.tax_summary(record, current=False)),
        "discount_codes": [
            {"code": each.code, "type": "percentage" if each.percentage else "fixed_amount"}
            for each in record.discounts
        ],
        "refunds": [refund(record, each) for each in record.refunds],
        "fulfillments": [
            fulfillment(act, act.shop.fulfillments[number]) for number in record.fulfillment_ids
        ],
    }


def order_edit(act: Action, record: Order, changes: dict[str, dict[str, int]]) -> dict[str, Any]:
    return {
        "order_edit": {
            "order_id": record.id,
            "app_id": None,
            "created_at": when(act.now),
            "notify_customer": False,
            "staff_note": "",
            "line_items": {
                "additions": [{"id": int(k), "delta": v} for k, v in changes["added"].items()],
                "removals": [{"id": int(k), "delta": v} for k, v in changes["removed"].items()],
            },
        }
    }


def transaction(record: Order, each: Transaction) -> dict[str, Any]:
    return {
        "id": each.id,
        "admin_graphql_api_id": gid("OrderTransaction", each.id),
        "order_id": record.id,
        "kind": each.kind.lower(),
        "status": each.status.lower(),
        "gateway": each.gateway,
        "amount": as_money(each.amount.shop),
        "currency": record.currency,
        "created_at": when(each.created_at),
        "parent_id": each.parent_id,
        "test": each.test,
    }


def _refund_line(record: Order, each: RefundLine) -> dict[str, Any]:
    return {
        "id": each.id,
        "line_item_id": each.line_id,
        "quantity": each.quantity,
        "restock_type": each.restock_type.lower(),
        "location_id": each.location_id,
        "subtotal": float(each.subtotal.shop),
        "subtotal_set": _set(record, each.subtotal),
        "total_tax": float(each.tax.shop),
        "total_tax_set": _set(record, each.tax),
    }


def refund(record: Order, made: Refund) -> dict[str, Any]:
    return {
        "id": made.id,
        "admin_graphql_api_id": gid("Refund", made.id),
        "order_id": record.id,
        "created_at": when(made.created_at),
        "note": made.note,
        "refund_line_items": [_refund_line(record, each) for each in made.lines],
        "order_adjustments": [
            {"id": each.id, "kind": each.reason.lower(), "amount": as_money(each.amount.shop)}
            for each in made.adjustments
        ],
        "transactions": [
            transaction(record, paid)
            for number in made.transaction_ids
            if (paid := record.transaction(number)) is not None
        ],
    }


def fulfillment(act: Action, made: Fulfillment) -> dict[str, Any]:
    record = act.shop.orders[made.order_id]
    lines = {line.id: line for line in record.lines}
    return {
        "id": made.id,
        "admin_graphql_api_id": gid("Fulfillment", made.id),
        "order_id": made.order_id,
        "name": made.name.replace("-F", "."),
        "status": made.status.lower(),
        "created_at": when(made.created_at),
        "updated_at": when(made.updated_at),
        "location_id": made.location_id,
        "tracking_company": made.tracking[0].company if made.tracking else None,
        "tracking_number": made.tracking[0].number if made.tracking else None,
        "tracking_numbers": [each.number for each in made.tracking if each.number],
        "tracking_url": made.tracking[0].url if made.tracking else None,
        "tracking_urls": [each.url for each in made.tracking if each.url],
        "line_items": [
            _line(act.shop, record, lines[each.line_id]) | {"quantity": each.quantity}
            for each in made.lines
            if each.line_id in lines
        ],
    }


def fulfillment_order(act: Action, wanted: FulfillmentOrder) -> dict[str, Any]:
    return {
        "fulfillment_order": {
            "id": gid("FulfillmentOrder", wanted.id),
            "status": wanted.status.lower(),
        }
    }
