"""The parts of an order: lines, taxes, shipping, transactions, refunds."""

from __future__ import annotations

from typing import Any

from .. import ids, totals
from ..money import Pair, as_money
from ..order_records import (
    Allocation,
    Line,
    Order,
    Refund,
    RefundLine,
    ShippingLine,
    TaxLine,
    Transaction,
)
from ..refunds import paid_back
from .common import attributes_of, bag, when
from .registry import Ask, record_type, resolve

record_type(ShippingLine, "ShippingLine")


def order_of(record: Any, ask: Ask) -> Order:
    return ask.shop.orders[record.order_id]


def tax_line(order: Order, line: TaxLine) -> dict[str, Any]:
    return {
        "title": line.title,
        "rate": float(line.rate),
        "ratePercentage": float(line.rate * 100),
        "price": as_money(line.price.shop),
        "priceSet": bag(order, line.price),
        "source": "Shopify",
        "channelLiable": False,
    }


def _taxes(record: Line | ShippingLine, ask: Ask) -> list[dict[str, Any]]:
    return ask.first([tax_line(order_of(record, ask), each) for each in record.taxes])


def _allocations(line: Line, ask: Ask) -> list[dict[str, Any]]:
    return [_allocation(order_of(line, ask), each) for each in line.allocations]


def _allocation(order: Order, each: Allocation) -> dict[str, Any]:
    application = {"__typename": "DiscountCodeApplication", "index": each.index}
    application["code"] = order.discounts[each.index].code
    return {"allocatedAmountSet": bag(order, each.amount), "discountApplication": application}


def _discounted_total(line: Line, ask: Ask) -> dict[str, Any]:
    """Code discounts are the order's, so by default they do not show in the line's total."""
    amount = line.net if ask.args.get("withCodeDiscounts") else line.gross
    return bag(order_of(line, ask), amount)


def _before_taxes(line: Line, ask: Ask) -> dict[str, Any]:
    order = order_of(line, ask)
    left = totals.current_line_net(order, line)
    if order.taxes_included:
        left = left - line.tax.share(totals.current_quantity(order, line), line.quantity)
    return bag(order, left)


def _current(line: Line, ask: Ask) -> int:
    return totals.current_quantity(order_of(line, ask), line)


def _name(line: Line, ask: Ask) -> str:
    return f"{line.title} - {line.variant_title}" if line.variant_title else line.title


def _waiting(line: Line, ask: Ask) -> int:
    return totals.unfulfilled_quantity(ask.shop, order_of(line, ask), line)


def _stuck(line: Line, ask: Ask) -> int:
    """Units that nobody will send: ordered, neither waiting nor sent."""
    order = order_of(line, ask)
    return max(
        line.quantity - _waiting(line, ask) - totals.fulfilled_quantity(ask.shop, order, line), 0
    )


resolve(
    "LineItem",
    id=lambda x, ask: ids.gid("LineItem", x.id),
    name=_name,
    title=lambda x, ask: x.title,
    variantTitle=lambda x, ask: x.variant_title,
    sku=lambda x, ask: x.sku,
    vendor=lambda x, ask: x.vendor,
    quantity=lambda x, ask: x.quantity,
    currentQuantity=_current,
    refundableQuantity=_current,
    nonFulfillableQuantity=_stuck,
    unfulfilledQuantity=_waiting,
    requiresShipping=lambda x, ask: x.requires_shipping,
    taxable=lambda x, ask: x.taxable,
    isGiftCard=lambda x, ask: x.gift_card,
    restockable=lambda x, ask: x.item_id in ask.shop.items,
    variant=lambda x, ask: ask.shop.variants.get(x.variant_id or 0),
    product=lambda x, ask: ask.shop.products.get(x.product_id or 0),
    customAttributes=lambda x, ask: attributes_of(x.attributes),
    lineItemGroup=lambda x, ask: None,
    duties=lambda x, ask: [],
    originalUnitPriceSet=lambda x, ask: bag(order_of(x, ask), x.unit_price),
    originalTotalSet=lambda x, ask: bag(order_of(x, ask), x.gross),
    discountedTotalSet=_discounted_total,
    discountedUnitPriceSet=lambda x, ask: bag(order_of(x, ask), x.unit_price),
    discountedUnitPriceAfterAllDiscountsSet=lambda x, ask: bag(
        order_of(x, ask), x.net.share(1, x.quantity)
    ),
    priceAfterAllDiscountsBeforeTaxesSet=_before_taxes,
    totalDiscountSet=lambda x, ask: bag(order_of(x, ask), Pair()),
    taxLines=_taxes,
    discountAllocations=_allocations,
)


def _current_shipping(line: ShippingLine, ask: Ask) -> dict[str, Any]:
    order = order_of(line, ask)
    return bag(order, totals.current_shipping_price(order, line))


resolve(
    "ShippingLine",
    id=lambda x, ask: ids.gid("ShippingLine", x.id),
    title=lambda x, ask: x.title,
    code=lambda x, ask: x.code,
    source=lambda x, ask: "shopify",
    carrierIdentifier=lambda x, ask: None,
    deliveryCategory=lambda x, ask: None,
    phone=lambda x, ask: None,
    custom=lambda x, ask: False,
    isRemoved=lambda x, ask: False,
    originalPriceSet=lambda x, ask: bag(order_of(x, ask), x.price),
    discountedPriceSet=lambda x, ask: bag(order_of(x, ask), x.price),
    currentDiscountedPriceSet=_current_shipping,
    taxLines=_taxes,
    discountAllocations=lambda x, ask: [],
)


def _parent(each: Transaction, ask: Ask) -> Transaction | None:
    return order_of(each, ask).transaction(each.parent_id or 0)


resolve(
    "OrderTransaction",
    id=lambda x, ask: ids.gid("OrderTransaction", x.id),
    kind=lambda x, ask: x.kind,
    status=lambda x, ask: x.status,
    gateway=lambda x, ask: x.gateway,
    formattedGateway=lambda x, ask: x.gateway.replace("_", " ").title(),
    manualPaymentGateway=lambda x, ask: x.manual,
    test=lambda x, ask: x.test,
    createdAt=when("created_at"),
    processedAt=when("created_at"),
    paymentId=lambda x, ask: f"c{x.order_id}.{x.id}",
    amountSet=lambda x, ask: bag(order_of(x, ask), x.amount),
    amountRoundingSet=lambda x, ask: None,
    parentTransaction=_parent,
    errorCode=lambda x, ask: None,
    settlementCurrency=lambda x, ask: order_of(x, ask).currency,
    settlementCurrencyRate=lambda x, ask: "1.0",
    fees=lambda x, ask: [],
    order=order_of,
)


def _refund_lines(made: Refund, ask: Ask) -> Any:
    order = order_of(made, ask)
    return ask.page(
        [_refund_line(order, each, ask) for each in made.lines], lambda row: (row["_n"],)
    )


def _refund_line(order: Order, each: RefundLine, ask: Ask) -> dict[str, Any]:
    line = order.line(each.line_id)
    assert line is not None, "refunds name lines of their own order"
    return {
        "_n": each.id,
        "id": ids.gid("RefundLineItem", each.id),
        "quantity": each.quantity,
        "restockType": each.restock_type,
        "restocked": each.restocked,
        "location": ask.shop.locations.get(each.location_id or 0),
        "lineItem": line,
        "priceSet": bag(order, line.net.share(1, line.quantity)),
        "subtotalSet": bag(order, each.subtotal),
        "totalTaxSet": bag(order, each.tax),
    }


def _refund_shipping(made: Refund, ask: Ask) -> Any:
    order = order_of(made, ask)
    lines = {line.id: line for line in order.shipping_lines}
    rows = [
        {
            "_n": each.id,
            "id": ids.gid("RefundShippingLine", each.id),
            "shippingLine": lines[each.shipping_line_id],
            "subtotalAmountSet": bag(order, each.subtotal),
            "taxAmountSet": bag(order, each.tax),
        }
        for each in made.shipping
    ]
    return ask.page(rows, lambda row: (row["_n"],))


def _adjustments(made: Refund, ask: Ask) -> Any:
    order = order_of(made, ask)
    rows = [
        {
            "_n": each.id,
            "id": ids.gid("OrderAdjustment", each.id),
            "reason": each.reason,
            "amountSet": bag(order, each.amount),
            "taxAmountSet": bag(order, each.tax),
        }
        for each in made.adjustments
    ]
    return ask.page(rows, lambda row: (row["_n"],))


def _refund_transactions(made: Refund, ask: Ask) -> Any:
    order = order_of(made, ask)
    return ask.page([each for each in order.transactions if each.id in made.transaction_ids])


resolve(
    "Refund",
    id=lambda r, ask: ids.gid("Refund", r.id),
    legacyResourceId=lambda r, ask: str(r.id),
    createdAt=when("created_at"),
    processedAt=when("created_at"),
    updatedAt=when("created_at"),
    note=lambda r, ask: r.note,
    return_=lambda r, ask: None,
    order=order_of,
    totalRefundedSet=lambda r, ask: bag(order_of(r, ask), paid_back(order_of(r, ask), r)),
    refundLineItems=_refund_lines,
    refundShippingLines=_refund_shipping,
    orderAdjustments=_adjustments,
    transactions=_refund_transactions,
)
