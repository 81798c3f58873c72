"""Mutations of orders: created by apps, changed, cancelled, refunded."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from .. import cancellations, catalogue, customers, ids, metafields, orders, refunds
from ..idempotency import once
from ..money import Pair, cents
from ..order_records import LocalizedField, Order, Refund, TaxLine
from ..order_request import (
    CustomerRequest,
    DiscountRequest,
    LineRequest,
    OrderRefused,
    OrderRequest,
    ShippingRequest,
)
from ..refusals import Refused, refuse, user_error
from .registry import Ask, not_modelled, resolve

_UNSUPPORTED_ORDER_KEYS = (
    "companyLocationId",
    "fulfillment",
    "fulfillmentStatus",
    "metafields",
    "name",
    "presentmentCurrency",
    "processedAt",
    "taxLines",
    "transactions",
    "userId",
    "closedAt",
)
_PAYMENT = {"PAID": "paid", "PENDING": "pending", "AUTHORIZED": "authorized", None: "pending"}


def _create(_: Any, ask: Ask) -> dict[str, Any]:
    data, options = ask.args["order"], ask.args.get("options") or {}
    for key in _UNSUPPORTED_ORDER_KEYS:
        if data.get(key):
            raise not_modelled(f"orderCreate(order.{key})")
    if data.get("financialStatus") not in _PAYMENT:
        raise not_modelled(f"orderCreate with financialStatus {data['financialStatus']}")
    request = _request(ask, data)
    behaviour = options.get("inventoryBehaviour") or "BYPASS"
    request.stock = behaviour != "BYPASS"
    request.ignore_policy = behaviour == "DECREMENT_IGNORING_POLICY"
    try:
        return {"order": orders.place(ask.act, request)}
    except OrderRefused as refused:
        code = "INVENTORY_CLAIM_FAILED" if "stock" in str(refused) else "INVALID"
        raise refuse(["order", "lineItems"], str(refused), code) from refused


def _request(ask: Ask, data: dict[str, Any]) -> OrderRequest:
    shipping = data.get("shippingLines") or []
    if len(shipping) > 1:
        raise not_modelled("orderCreate with several shipping lines")
    return OrderRequest(
        lines=[_line(row) for row in data.get("lineItems") or []],
        shipping=_shipping(shipping[0]) if shipping else None,
        discount=_discount(data.get("discountCode")),
        customer=_customer(data),
        address=_address(data.get("shippingAddress")),
        billing=_address(data.get("billingAddress")),
        note=data.get("note"),
        tags=data.get("tags") or [],
        attributes={row["key"]: row["value"] for row in data.get("customAttributes") or []},
        email=data.get("email"),
        phone=data.get("phone"),
        po_number=data.get("poNumber"),
        payment=_PAYMENT[data.get("financialStatus")],
        gateway="manual",
        taxes_included=bool(data.get("taxesIncluded")),
        test=bool(data.get("test")),
        source_name=data.get("sourceName") or "app",
        source_identifier=data.get("sourceIdentifier"),
        app_client_id=ask.call.token.client_id,
    )


def _address(data: dict[str, Any] | None) -> Any:
    return customers.address_from_input(data) if data else None


def _amount(bag: dict[str, Any] | None) -> Decimal | None:
    return None if bag is None else Decimal(str(bag["shopMoney"]["amount"]))


def _taxes(rows: list[dict[str, Any]] | None) -> list[TaxLine] | None:
    """Taxes of an order that an app writes down are taken as given; none given means none."""
    made = []
    for row in rows or []:
        amount = cents(_amount(row.get("priceSet")) or Decimal(0))
        made.append(
            TaxLine(title=row["title"], rate=Decimal(str(row["rate"])), price=Pair(amount, amount))
        )
    return made


def _line(row: dict[str, Any]) -> LineRequest:
    return LineRequest(
        quantity=row["quantity"],
        sku=row.get("sku") if not row.get("variantId") and row.get("title") is None else None,
        variant_id=row.get("variantId"),
        price=_amount(row.get("priceSet")),
        title=row.get("title"),
        requires_shipping=bool(row.get("requiresShipping")),
        taxable=row.get("taxable", True),
        attributes={each["name"]: each["value"] for each in row.get("properties") or []},
        taxes=_taxes(row.get("taxLines")),
    )


def _shipping(row: dict[str, Any]) -> ShippingRequest:
    price = _amount(row["priceSet"]) or Decimal(0)
    return ShippingRequest(
        title=row["title"], price=price, code=row.get("code"), taxes=_taxes(row.get("taxLines"))
    )


def _discount(data: dict[str, Any] | None) -> DiscountRequest | None:
    if not data:
        return None
    if fixed := data.get("itemFixedDiscountCode"):
        return DiscountRequest(code=fixed["code"], amount=_amount(fixed.get("amountSet")))
    if percent := data.get("itemPercentageDiscountCode"):
        share = Decimal(str(percent.get("percentage") or 0))
        return DiscountRequest(code=percent["code"], percentage=share)
    raise not_modelled("orderCreate with a free shipping code")


def _customer(data: dict[str, Any]) -> CustomerRequest | None:
    given = (data.get("customer") or {}).get("toUpsert")
    if data.get("customerId") or (data.get("customer") or {}).get("toAssociate"):
        raise not_modelled("orderCreate with an existing customer's id")
    if given is None:
        return CustomerRequest(email=data["email"]) if data.get("email") else None
    return CustomerRequest(
        first_name=given.get("firstName"),
        last_name=given.get("lastName"),
        email=given.get("email"),
        phone=given.get("phone"),
    )


def _find(ask: Ask, gid: str, field: str) -> Order:
    order = ask.shop.orders.get(ids.number(gid, "Order"))
    if order is None:
        raise refuse([field], "Order does not exist", "NOT_FOUND")
    return order


def _update(_: Any, ask: Ask) -> dict[str, Any]:
    data = ask.args["input"]
    order = _find(ask, data["id"], "id")
    if data.get("localizationExtensions"):
        raise not_modelled("orderUpdate(input.localizationExtensions)")
    _check_metafields(ask, order, data)
    _write(order, data)
    for row in data.get("metafields") or []:
        metafields.put(ask.act, ids.gid("Order", order.id), row)
    order.updated_at = ask.act.now
    ask.act.tell("orders/updated", order)
    return {"order": order}


def _check_metafields(ask: Ask, order: Order, data: dict[str, Any]) -> None:
    errors = []
    for index, row in enumerate(data.get("metafields") or []):
        if wrong := metafields.problem(ask.shop, ids.gid("Order", order.id), row):
            errors.append(user_error(["metafields", index, wrong[0]], wrong[1]))
    if errors:
        raise Refused(errors)


def _write(order: Order, data: dict[str, Any]) -> None:
    for key, name in (
        ("note", "note"),
        ("email", "email"),
        ("phone", "phone"),
        ("poNumber", "po_number"),
    ):
        if key in data:
            setattr(order, name, data[key])
    if data.get("tags") is not None:
        order.tags = catalogue.tidy_tags(data["tags"])
    if data.get("customAttributes") is not None:
        order.attributes = {row["key"]: row["value"] for row in data["customAttributes"]}
    if data.get("shippingAddress") is not None:
        order.shipping = _address(data["shippingAddress"])
    for row in data.get("localizedFields") or []:
        order.localized = [each for each in order.localized if each.key != row["key"]]
        order.localized.append(LocalizedField(key=row["key"], value=row["value"]))


def _cancel(_: Any, ask: Ask) -> dict[str, Any]:
    order = _find(ask, ask.args["orderId"], "orderId")
    method = ask.args.get("refundMethod") or {}
    if method.get("storeCreditRefund"):
        raise not_modelled("orderCancel to store credit")
    pay_back = bool(method.get("originalPaymentMethodsRefund") or ask.args.get("refund"))
    if len(ask.args.get("staffNote") or "") > 255:
        raise refuse(
            ["staffNote"], "Staff note is too long (maximum is 255 characters)", "INVALID"
        )
    try:
        cancellations.cancel(
            ask.act,
            order,
            reason=ask.args["reason"],
            restock=ask.args["restock"],
            pay_back=pay_back,
            note=ask.args.get("staffNote"),
        )
    except OrderRefused as refused:
        raise refuse(["orderId"], str(refused), "INVALID") from refused
    job = {"__typename": "Job", "id": f"gid://shopify/Job/{ask.act.event_id}", "done": True}
    return {"job": job}


def _refund_request(ask: Ask, data: dict[str, Any]) -> refunds.RefundRequest:
    for key in ("refundDuties", "refundMethods", "currency", "processedAt"):
        if data.get(key):
            raise not_modelled(f"refundCreate(input.{key})")
    lines = [
        refunds.RefundLineRequest(
            line_id=ids.number(row["lineItemId"], "LineItem"),
            quantity=row["quantity"],
            restock_type=row.get("restockType") or "NO_RESTOCK",
            location_id=ids.number(row["locationId"], "Location")
            if row.get("locationId")
            else None,
        )
        for row in data.get("refundLineItems") or []
    ]
    shipping = data.get("shipping") or {}
    paid = [Decimal(str(row["amount"])) for row in data.get("transactions") or []]
    return refunds.RefundRequest(
        lines=lines,
        full_shipping=bool(shipping.get("fullRefund")),
        shipping=Decimal(str(shipping["amount"])) if shipping.get("amount") else None,
        # Without transactions no money moves; Shopify never guesses them.
        amount=sum(paid, Decimal(0)),
        note=data.get("note"),
        over_refund=bool(data.get("allowOverRefunding")),
    )


def _refund(_: Any, ask: Ask) -> Any:
    def payload(order: Order, made: Refund | None) -> dict[str, Any]:
        return {"order": order, "refund": made}

    def work() -> tuple[str, Any]:
        data = ask.args["input"]
        order = _find(ask, data["orderId"], "orderId")
        try:
            made = refunds.refund(ask.act, order, _refund_request(ask, data))
        except OrderRefused as refused:
            raise refuse(None, str(refused)) from refused
        return f"{order.id}/{made.id}", payload(order, made)

    def again(made: str) -> dict[str, Any]:
        number, _, refund_id = made.partition("/")
        order = ask.shop.orders[int(number)]
        return payload(order, next(r for r in order.refunds if r.id == int(refund_id)))

    return once(ask, work, again)


resolve(
    "Mutation",
    orderCreate=_create,
    orderUpdate=_update,
    orderCancel=_cancel,
    refundCreate=_refund,
)
