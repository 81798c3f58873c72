"""Sums over an order: as it was ordered, as it is now, and what was paid."""

from __future__ import annotations

from decimal import Decimal

from .money import Pair, total
from .order_records import Line, Order, ShippingLine, TaxLine
from .records import Shop

_RECEIVING = ("SALE", "CAPTURE")


def subtotal(order: Order) -> Pair:
    return total(line.net for line in order.lines)


def shipping(order: Order) -> Pair:
    return total(line.price for line in order.shipping_lines)


def tax(order: Order) -> Pair:
    lines = total(line.tax for line in order.lines)
    return lines + total(line.tax for line in order.shipping_lines)


def discounts(order: Order) -> Pair:
    return total(line.discount for line in order.lines)


def grand_total(order: Order) -> Pair:
    return _sum(order, subtotal(order), shipping(order), tax(order))


def _sum(order: Order, goods: Pair, freight: Pair, taxes: Pair) -> Pair:
    return goods + freight + (Pair() if order.taxes_included else taxes)


def removed(order: Order, line: Line) -> int:
    """Units that left the line by a refund, a cancellation or an edit."""
    return sum(
        each.quantity
        for refund in order.refunds
        for each in refund.lines
        if each.line_id == line.id
    )


def current_quantity(order: Order, line: Line) -> int:
    return line.quantity - removed(order, line)


def current_subtotal(order: Order) -> Pair:
    gone = total(each.subtotal for refund in order.refunds for each in refund.lines)
    return subtotal(order) - gone


def refunded_shipping(order: Order) -> Pair:
    return total(each.subtotal for refund in order.refunds for each in refund.shipping)


def current_shipping(order: Order) -> Pair:
    return shipping(order) - refunded_shipping(order)


def current_tax(order: Order) -> Pair:
    gone = total(each.tax for refund in order.refunds for each in refund.lines)
    gone = gone + total(each.tax for refund in order.refunds for each in refund.shipping)
    return tax(order) - gone


def current_discounts(order: Order) -> Pair:
    return total(
        line.discount.share(current_quantity(order, line), line.quantity) for line in order.lines
    )


def current_total(order: Order) -> Pair:
    return _sum(order, current_subtotal(order), current_shipping(order), current_tax(order))


def current_line_net(order: Order, line: Line) -> Pair:
    gone = total(
        each.subtotal
        for refund in order.refunds
        for each in refund.lines
        if each.line_id == line.id
    )
    return line.net - gone


def current_shipping_price(order: Order, line: ShippingLine) -> Pair:
    gone = total(
        each.subtotal
        for refund in order.refunds
        for each in refund.shipping
        if each.shipping_line_id == line.id
    )
    return line.price - gone


def _success(order: Order, *kinds: str) -> Pair:
    return total(
        each.amount
        for each in order.transactions
        if each.kind in kinds and each.status == "SUCCESS"
    )


def received(order: Order) -> Pair:
    return _success(order, *_RECEIVING)


def refunded(order: Order) -> Pair:
    return _success(order, "REFUND")


def net_payment(order: Order) -> Pair:
    return received(order) - refunded(order)


def outstanding(order: Order) -> Pair:
    return current_total(order) - net_payment(order)


def discrepancy(order: Order) -> Pair:
    return total(each.amount for refund in order.refunds for each in refund.adjustments)


def tax_summary(order: Order, *, current: bool) -> list[TaxLine]:
    """Tax lines of the whole order, one per name and rate."""
    sums: dict[tuple[str, Decimal], Pair] = {}
    for line in order.lines:
        left = current_quantity(order, line) if current else line.quantity
        for each in line.taxes:
            key = (each.title, each.rate)
            sums[key] = sums.get(key, Pair()) + each.price.share(left, line.quantity)
    for freight in order.shipping_lines:
        for each in freight.taxes:
            key = (each.title, each.rate)
            kept = each.price
            if current:
                kept = kept - _refunded_shipping_tax(order, freight)
            sums[key] = sums.get(key, Pair()) + kept
    return [TaxLine(title=t, rate=r, price=p) for (t, r), p in sums.items() if p != Pair()]


def _refunded_shipping_tax(order: Order, line: ShippingLine) -> Pair:
    return total(
        each.tax
        for refund in order.refunds
        for each in refund.shipping
        if each.shipping_line_id == line.id
    )


def financial_status(order: Order) -> str:
    paid, back = received(order).shop, refunded(order).shop
    if back:
        return "REFUNDED" if back >= paid else "PARTIALLY_REFUNDED"
    if paid:
        return "PAID" if paid >= current_total(order).shop else "PARTIALLY_PAID"
    if order.cancelled_at or any(each.kind == "VOID" for each in order.transactions):
        return "VOIDED"
    if not grand_total(order).shop:
        return "PAID"
    authorised = any(
        each.kind == "AUTHORIZATION" and each.status == "SUCCESS" for each in order.transactions
    )
    return "AUTHORIZED" if authorised else "PENDING"


def fulfilled_quantity(shop: Shop, order: Order, line: Line) -> int:
    return sum(
        each.quantity
        for number in order.fulfillment_ids
        if shop.fulfillments[number].status == "SUCCESS"
        for each in shop.fulfillments[number].lines
        if each.line_id == line.id
    )


def unfulfilled_quantity(shop: Shop, order: Order, line: Line) -> int:
    return sum(
        each.remaining
        for number in order.fulfillment_order_ids
        for each in shop.fulfillment_orders[number].lines
        if each.line_id == line.id
    )


def fulfillment_status(shop: Shop, order: Order) -> str:
    waiting = sum(unfulfilled_quantity(shop, order, line) for line in order.lines)
    sent = sum(fulfilled_quantity(shop, order, line) for line in order.lines)
    if sent:
        return "PARTIALLY_FULFILLED" if waiting else "FULFILLED"
    held = [shop.fulfillment_orders[number] for number in order.fulfillment_order_ids]
    if (
        waiting
        and held
        and all(each.status == "ON_HOLD" for each in held if each.status != "CLOSED")
    ):
        return "ON_HOLD"
    return "UNFULFILLED"
