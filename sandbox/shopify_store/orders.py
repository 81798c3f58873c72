"""Placing an order: who, what, from which location, at what price, paid how."""

from __future__ import annotations

import secrets
from decimal import Decimal

import msgspec

from . import catalogue, customers, fulfilment, ids, pricing, totals
from .money import Pair, cents
from .order_records import (
    Address,
    DiscountApplication,
    Line,
    LocalizedField,
    Order,
    ShippingLine,
    Transaction,
)
from .order_request import LineRequest, OrderRefused, OrderRequest
from .records import Shop, Variant
from .routing import assign
from .store import Action

_PAYMENTS = {
    "paid": ("SALE", "SUCCESS"),
    "pending": ("SALE", "PENDING"),
    "authorized": ("AUTHORIZATION", "SUCCESS"),
}
_NIF_PLACES = ("localized", "attributes", "note", "company", "address2")
_MANUAL = {"pending": "Transferencia bancaria"}


def place(act: Action, request: OrderRequest) -> Order:
    """Place an order: reserve its stock, price it, record how it is paid, tell subscribers."""
    shop = act.shop
    # All that can be refused is refused here, before anything has happened.
    _check(request)
    rate = _presentment_rate(shop, request)
    application = _discount(shop, request, rate)
    address = request.address
    lines = [make_line(act, each, rate, address, request) for each in request.lines]
    plan = assign(shop, lines, request)
    order = _draft(act, request, lines)
    shop.next_order += 1
    for line in lines:
        line.order_id = order.id
    if application is not None:
        order.discounts.append(application)
        pricing.discount(order.lines, application, 0)
    _price(act, order, request, rate)
    _who(act, order, request)
    _pay(act, order, request)
    shop.orders[order.id] = order
    for location, assigned in plan.items():
        fulfilment.open_order(act, order, location, assigned, method=_method(request))
    if request.pos:
        fulfilment.hand_over(act, order)
    _announce(act, order)
    return order


def _check(request: OrderRequest) -> None:
    if not request.lines:
        raise OrderRefused("an order needs at least one line")
    if request.payment not in (*_PAYMENTS, "none"):
        raise OrderRefused("payment is paid, pending, authorized or none")
    if request.nif_in not in _NIF_PLACES:
        raise OrderRefused(f"nif_in is one of {', '.join(_NIF_PLACES)}")
    needs_address = request.nif_in in ("company", "address2")
    if request.nif and needs_address and not (request.billing or request.address):
        raise OrderRefused("a NIF in the address needs an address")


def _announce(act: Action, order: Order) -> None:
    act.log(
        "order",
        event="placed",
        order=order.id,
        name=order.name,
        total=str(totals.grand_total(order).shop),
        status=totals.financial_status(order),
    )
    act.tell("orders/create", order)
    act.tell("orders/updated", order)
    for transaction in order.transactions:
        act.tell("order_transactions/create", (order, transaction), transaction.id)
    if totals.financial_status(order) == "PAID":
        act.tell("orders/paid", order)


def _method(request: OrderRequest) -> str:
    if request.pos:
        return "RETAIL"
    return "SHIPPING"


def _presentment_rate(shop: Shop, request: OrderRequest) -> Decimal:
    wanted = request.presentment_currency
    if wanted is None or wanted == shop.currency:
        return Decimal(1)
    if wanted not in shop.presentment_rates:
        raise OrderRefused(f"the shop has no exchange rate for {wanted}")
    return shop.presentment_rates[wanted]


def variant_for(shop: Shop, row: LineRequest) -> Variant | None:
    if row.variant_id is not None:
        number = row.variant_id
        if isinstance(number, str) and not number.isdigit():
            number = ids.number(number, "ProductVariant")
        found = shop.variants.get(int(number))
        if found is None:
            raise OrderRefused(f"no variant {row.variant_id}")
        return found
    if row.sku is None:
        return None
    matches = catalogue.by_sku(shop, row.sku)
    if len(matches) != 1:
        raise OrderRefused(f"{len(matches)} variants have the SKU {row.sku!r}")
    return matches[0]


def make_line(
    act: Action, row: LineRequest, rate: Decimal, address: Address | None, request: OrderRequest
) -> Line:
    if row.quantity < 1:
        raise OrderRefused("a quantity must be at least 1")
    variant = variant_for(act.shop, row)
    if variant is None and (row.title is None or row.price is None):
        raise OrderRefused("a line needs a sku, a variant_id, or a title and a price")
    shop_price = row.price if row.price is not None else variant.price if variant else Decimal(0)
    price = Pair(cents(shop_price), cents(shop_price * rate))
    line = Line(
        id=act.shop.take_id(), title=row.title or "", quantity=row.quantity, unit_price=price
    )
    line.attributes = dict(row.attributes)
    line.taxable, line.requires_shipping = row.taxable, bool(row.requires_shipping)
    product = act.shop.products[variant.product_id] if variant else None
    if variant is not None and product is not None:
        if variant.requires_components:
            raise OrderRefused("sandbox: orders of bundles are not modelled")
        _copy_variant(act.shop, line, variant)
        line.title = row.title or product.title
    if row.sku and not line.sku:
        line.sku = row.sku
    exempt = request.customer is not None and request.customer.tax_exempt
    line.rate = pricing.tax_for(act.shop, product, variant, address)[1]
    if not line.taxable or exempt:
        line.rate = Decimal(0)
    return line


def _copy_variant(shop: Shop, line: Line, variant: Variant) -> None:
    """An order keeps its own copy: deleting the product later must not change it."""
    product, item = shop.products[variant.product_id], shop.items[variant.item_id]
    title = catalogue.variant_title(product, variant)
    line.variant_id, line.product_id, line.item_id = variant.id, product.id, item.id
    line.sku, line.vendor = item.sku, product.vendor
    line.variant_title = None if title == "Default Title" else title
    line.requires_shipping, line.gift_card = item.requires_shipping, product.gift_card
    line.taxable = line.taxable and variant.taxable


def _draft(act: Action, request: OrderRequest, lines: list[Line]) -> Order:
    shop = act.shop
    included = request.taxes_included
    source = request.source_name or ("pos" if request.pos else "web")
    return Order(
        id=shop.take_id(),
        name=f"#{shop.next_order}",
        number=shop.next_order,
        created_at=act.now,
        updated_at=act.now,
        processed_at=act.now,
        visible_at=act.later(shop.search_lag),
        currency=shop.currency,
        presentment=request.presentment_currency or shop.currency,
        lines=lines,
        test=request.test,
        taxes_included=shop.taxes_included if included is None else included,
        note=request.note,
        tags=catalogue.tidy_tags(request.tags),
        attributes=dict(request.attributes),
        po_number=request.po_number,
        source_name=source,
        source_identifier=request.source_identifier,
        shipping=request.address,
        billing=request.billing or _copy(request.address),
        confirmation_number=secrets.token_hex(5)[:9].upper(),
        app_client_id=request.app_client_id,
    )


def _copy(address: Address | None) -> Address | None:
    return None if address is None else msgspec.structs.replace(address)


def _price(act: Action, order: Order, request: OrderRequest, rate: Decimal) -> None:
    title, standard = pricing.tax_for(act.shop, None, None, request.address)
    for line, row in zip(order.lines, request.lines, strict=True):
        pricing.tax(line, title or "IVA", included=order.taxes_included)
        if row.taxes is not None:
            line.taxes = row.taxes
    if request.shipping is not None:
        each = request.shipping
        price = Pair(cents(each.price), cents(each.price * rate))
        freight = ShippingLine(
            id=act.shop.take_id(),
            order_id=order.id,
            title=each.title,
            price=price,
            code=each.code or each.title,
        )
        pricing.tax_shipping(freight, title, standard, included=order.taxes_included)
        if each.taxes is not None:
            freight.taxes = each.taxes
        order.shipping_lines.append(freight)


def _discount(shop: Shop, request: OrderRequest, rate: Decimal) -> DiscountApplication | None:
    code, percentage, amount = request.discount_code, None, None
    if request.discount is not None:
        code = request.discount.code
        percentage, amount = request.discount.percentage, request.discount.amount
    elif code is not None:
        known = shop.discounts.get(code.upper())
        if known is None:
            raise OrderRefused(f"the shop has no discount code {code}")
        percentage, amount = known.percentage, known.amount
    if code is None:
        return None
    if (percentage is None) == (amount is None):
        raise OrderRefused("a discount is a percentage or an amount")
    off = None if amount is None else Pair(cents(amount), cents(amount * rate))
    return DiscountApplication(code=code, percentage=percentage, amount=off)


def _who(act: Action, order: Order, request: OrderRequest) -> None:
    if request.customer is not None:
        customer = customers.find_or_add(act, request.customer, request.address)
        order.customer_id, order.email, order.phone = customer.id, customer.email, customer.phone
        order.tax_exempt = customer.tax_exempt
    elif request.customer_id is not None:
        order.customer_id = request.customer_id
    order.email = request.email or order.email
    order.phone = request.phone or order.phone
    if request.nif:
        _keep_nif(order, request.nif, request.nif_in)


def _keep_nif(order: Order, nif: str, where: str) -> None:
    """Shops keep the tax id in many places; each is a trap for whoever reads only one."""
    if where == "localized":
        order.localized.append(LocalizedField(key="TAX_CREDENTIAL_ES", value=nif))
    elif where == "attributes":
        order.attributes["NIF"] = nif
    elif where == "note":
        order.note = f"{order.note or ''} NIF: {nif}".strip()
    elif where == "company" and order.billing is not None:
        order.billing.company = nif
    elif where == "address2" and order.billing is not None:
        order.billing.address2 = nif


def _pay(act: Action, order: Order, request: OrderRequest) -> None:
    amount = totals.grand_total(order)
    default = "cash" if request.pos else "shopify_payments"
    order.gateway = request.gateway or _MANUAL.get(request.payment, default)
    if amount.shop and request.payment in _PAYMENTS:
        kind, status = _PAYMENTS[request.payment]
        add_transaction(act, order, kind, amount, status=status)


def add_transaction(
    act: Action,
    order: Order,
    kind: str,
    amount: Pair,
    *,
    status: str = "SUCCESS",
    parent: int | None = None,
) -> Transaction:
    made = Transaction(
        id=act.shop.take_id(),
        order_id=order.id,
        kind=kind,
        status=status,
        gateway=order.gateway,
        amount=amount,
        created_at=act.now,
        test=order.test,
        parent_id=parent,
        manual=order.gateway in ("cash", "manual", *_MANUAL.values()),
    )
    order.transactions.append(made)
    return made
