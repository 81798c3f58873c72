"""Orders as they are read: head, totals, people, searches."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from .. import ids, totals
from ..money import Pair
from ..order_records import Address, Order
from ..records import Shop
from .common import attributes_of, bag, identity, money, when
from .order_parts import tax_line
from .registry import Ask, not_modelled, resolve

# Older orders are hidden from an app without `read_all_orders`.
WINDOW = timedelta(days=60)


def amount(compute: Callable[[Order], Pair]) -> Callable[[Order, Ask], dict[str, Any]]:
    return lambda order, ask: bag(order, compute(order))


def nothing(order: Order, ask: Ask) -> dict[str, Any]:
    return bag(order, Pair())


def address(value: Address | None) -> dict[str, Any] | None:
    if value is None:
        return None
    name = " ".join(part for part in (value.first_name, value.last_name) if part)
    return {
        "__typename": "MailingAddress",
        "firstName": value.first_name,
        "lastName": value.last_name,
        "name": name or None,
        "company": value.company,
        "address1": value.address1,
        "address2": value.address2,
        "city": value.city,
        "provinceCode": value.province_code,
        "zip": value.zip,
        "countryCodeV2": value.country_code,
        "phone": value.phone,
    }


def _customer(order: Order, ask: Ask) -> Any:
    return ask.shop.customers.get(order.customer_id or 0)


def _application(order: Order, index: int) -> dict[str, Any]:
    each = order.discounts[index]
    if each.percentage is not None:
        value: dict[str, Any] = {
            "__typename": "PricingPercentageValue",
            "percentage": float(each.percentage),
        }
    else:
        value = money((each.amount or Pair()).shop, order.currency) | {"__typename": "MoneyV2"}
    return {
        "__typename": "DiscountCodeApplication",
        "index": index,
        "allocationMethod": "ACROSS",
        "targetSelection": "ALL",
        "targetType": "LINE_ITEM",
        "code": each.code,
        "value": value,
    }


def _localized(order: Order, ask: Ask) -> Any:
    rows = [
        {
            "_n": index,
            "key": each.key,
            "value": each.value,
            "countryCode": each.key.rsplit("_", 1)[-1],
            "purpose": "SHIPPING" if each.key.startswith("SHIPPING") else "TAX",
            "title": "NIF/NIE/CIF" if each.key.endswith("_ES") else each.key,
        }
        for index, each in enumerate(order.localized)
    ]
    return ask.page(rows, lambda row: (row["_n"],))


def _app(order: Order, ask: Ask) -> dict[str, Any] | None:
    app = ask.shop.app
    if order.app_client_id is None or app is None or order.app_client_id != app.client_id:
        return {"id": ids.gid("App", 580111), "name": "Online Store"}
    return {"id": ids.gid("App", app.id), "name": app.name}


def _discounts(order: Order, ask: Ask) -> Any:
    rows = [_application(order, index) for index in range(len(order.discounts))]
    return ask.page(rows, lambda row: (row["index"],))


identity("Order")
resolve(
    "Order",
    name=lambda o, ask: o.name,
    number=lambda o, ask: o.number,
    processedAt=when("processed_at"),
    cancelledAt=when("cancelled_at"),
    closedAt=when("closed_at"),
    cancelReason=lambda o, ask: o.cancel_reason,
    closed=lambda o, ask: o.closed_at is not None,
    confirmed=lambda o, ask: True,
    test=lambda o, ask: o.test,
    edited=lambda o, ask: o.edited,
    taxesIncluded=lambda o, ask: o.taxes_included,
    dutiesIncluded=lambda o, ask: False,
    estimatedTaxes=lambda o, ask: False,
    taxExempt=lambda o, ask: o.tax_exempt,
    currencyCode=lambda o, ask: o.currency,
    presentmentCurrencyCode=lambda o, ask: o.presentment,
    displayFinancialStatus=lambda o, ask: totals.financial_status(o),
    displayFulfillmentStatus=lambda o, ask: totals.fulfillment_status(ask.shop, o),
    returnStatus=lambda o, ask: "NO_RETURN",
    note=lambda o, ask: o.note,
    tags=lambda o, ask: o.tags,
    email=lambda o, ask: o.email,
    phone=lambda o, ask: o.phone,
    poNumber=lambda o, ask: o.po_number,
    sourceName=lambda o, ask: o.source_name,
    sourceIdentifier=lambda o, ask: o.source_identifier,
    customerLocale=lambda o, ask: o.locale,
    paymentGatewayNames=lambda o, ask: [o.gateway],
    discountCode=lambda o, ask: o.discounts[0].code if o.discounts else None,
    discountCodes=lambda o, ask: [each.code for each in o.discounts],
    confirmationNumber=lambda o, ask: o.confirmation_number,
    requiresShipping=lambda o, ask: any(line.requires_shipping for line in o.lines),
    customAttributes=lambda o, ask: attributes_of(o.attributes),
    app=_app,
    retailLocation=lambda o, ask: ask.shop.locations.get(o.retail_location_id or 0),
    merchantOfRecordApp=lambda o, ask: None,
    customer=_customer,
    purchasingEntity=_customer,
    billingAddress=lambda o, ask: address(o.billing),
    shippingAddress=lambda o, ask: address(o.shipping),
    localizedFields=_localized,
    fullyPaid=lambda o, ask: totals.outstanding(o).shop <= 0,
    unpaid=lambda o, ask: totals.received(o).shop == 0,
    fulfillable=lambda o, ask: any(totals.unfulfilled_quantity(ask.shop, o, x) for x in o.lines),
    subtotalLineItemsQuantity=lambda o, ask: sum(line.quantity for line in o.lines),
    currentSubtotalLineItemsQuantity=lambda o, ask: sum(
        totals.current_quantity(o, line) for line in o.lines
    ),
)
resolve(
    "Order",
    totalPriceSet=amount(totals.grand_total),
    originalTotalPriceSet=amount(totals.grand_total),
    subtotalPriceSet=amount(totals.subtotal),
    totalTaxSet=amount(totals.tax),
    totalDiscountsSet=amount(totals.discounts),
    totalShippingPriceSet=amount(totals.shipping),
    totalTipReceivedSet=nothing,
    currentTotalPriceSet=amount(totals.current_total),
    currentSubtotalPriceSet=amount(totals.current_subtotal),
    currentTotalTaxSet=amount(totals.current_tax),
    currentTotalDiscountsSet=amount(totals.current_discounts),
    currentCartDiscountAmountSet=amount(totals.current_discounts),
    cartDiscountAmountSet=amount(totals.discounts),
    currentShippingPriceSet=amount(totals.current_shipping),
    totalOutstandingSet=amount(totals.outstanding),
    totalReceivedSet=amount(totals.received),
    totalRefundedSet=amount(totals.refunded),
    totalRefundedShippingSet=amount(totals.refunded_shipping),
    netPaymentSet=amount(totals.net_payment),
    refundDiscrepancySet=amount(totals.discrepancy),
    originalTotalDutiesSet=lambda o, ask: None,
    currentTotalDutiesSet=lambda o, ask: None,
    originalTotalAdditionalFeesSet=lambda o, ask: None,
    currentTotalAdditionalFeesSet=lambda o, ask: None,
    additionalFees=lambda o, ask: [],
    totalCashRoundingAdjustment=lambda o, ask: {
        "paymentSet": bag(o, Pair()),
        "refundSet": bag(o, Pair()),
    },
    taxLines=lambda o, ask: [tax_line(o, x) for x in totals.tax_summary(o, current=False)],
    currentTaxLines=lambda o, ask: [tax_line(o, x) for x in totals.tax_summary(o, current=True)],
    discountApplications=_discounts,
    lineItems=lambda o, ask: ask.page(o.lines),
    shippingLines=lambda o, ask: ask.page(o.shipping_lines),
    shippingLine=lambda o, ask: o.shipping_lines[0] if o.shipping_lines else None,
    transactions=lambda o, ask: ask.first(o.transactions),
    refunds=lambda o, ask: ask.first(o.refunds),
    returns=lambda o, ask: ask.page([]),
    fulfillments=lambda o, ask: ask.first([ask.shop.fulfillments[n] for n in o.fulfillment_ids]),
    fulfillmentsCount=lambda o, ask: {"count": len(o.fulfillment_ids), "precision": "EXACT"},
    fulfillmentOrders=lambda o, ask: ask.page(
        [ask.shop.fulfillment_orders[n] for n in o.fulfillment_order_ids]
    ),
)


def _states(order: Order) -> list[str]:
    if order.cancelled_at:
        return ["cancelled", "closed", "any"]
    return ["closed", "any"] if order.closed_at else ["open", "not_closed", "any"]


def _search_fields(shop: Shop) -> dict[str, Any]:
    return {
        "id": lambda o: [o.id],
        "name": lambda o: [o.name, o.name.lstrip("#")],
        "created_at": lambda o: [o.created_at],
        "updated_at": lambda o: [o.updated_at],
        "processed_at": lambda o: [o.processed_at],
        "status": _states,
        "test": lambda o: [o.test],
        "email": lambda o: [o.email],
        "tag": lambda o: o.tags,
        "source_name": lambda o: [o.source_name],
        "source_identifier": lambda o: [o.source_identifier],
        "customer_id": lambda o: [o.customer_id],
        "sku": lambda o: [line.sku for line in o.lines],
        "location_id": lambda o: [o.retail_location_id],
        "return_status": lambda o: ["no_return"],
        "confirmation_number": lambda o: [o.confirmation_number],
        "financial_status": lambda o: [totals.financial_status(o)],
        "fulfillment_status": lambda o: [
            totals.fulfillment_status(shop, o),
            {
                "UNFULFILLED": "unshipped",
                "FULFILLED": "shipped",
                "PARTIALLY_FULFILLED": "partial",
            }.get(totals.fulfillment_status(shop, o)),
        ],
    }


def orders(_: Any, ask: Ask) -> Any:
    fields = _search_fields(ask.shop)
    rows = ask.search(visible(ask), fields, lambda o: [o.name, o.email, *o.tags])
    return ask.page(rows, _SORT.get(ask.args.get("sortKey") or "PROCESSED_AT", _SORT["ID"]))


_SORT: dict[str, Any] = {
    "ID": lambda o: (o.id,),
    "CREATED_AT": lambda o: (o.created_at.isoformat(), o.id),
    "UPDATED_AT": lambda o: (o.updated_at.isoformat(), o.id),
    "PROCESSED_AT": lambda o: (o.processed_at.isoformat(), o.id),
    "ORDER_NUMBER": lambda o: (f"{o.number:012d}", o.id),
}


def visible(ask: Ask) -> list[Order]:
    """What a list or a search may show: not older than 60 days, nor newer than the index."""
    now = ask.act.now
    oldest = None if "read_all_orders" in ask.call.token.scopes else now - WINDOW
    return [
        order
        for order in ask.shop.orders.values()
        if order.visible_at <= now and (oldest is None or order.created_at >= oldest)
    ]


def _order(_: Any, ask: Ask) -> Order | None:
    order = ask.shop.orders.get(ask.id("id", "Order"))
    if order is None or "read_all_orders" in ask.call.token.scopes:
        return order
    return order if order.created_at >= ask.act.now - WINDOW else None


def _by_identifier(_: Any, ask: Ask) -> Order | None:
    key, value = next(iter(ask.args["identifier"].items()))
    if key != "id":
        raise not_modelled("orderByIdentifier(customId:)")
    return ask.shop.orders.get(ids.number(value, "Order"))


resolve(
    "QueryRoot",
    order=_order,
    orders=orders,
    orderByIdentifier=_by_identifier,
    ordersCount=lambda _, ask: {"count": len(visible(ask)), "precision": "EXACT"},
)
