"""Shopify's words into our documents. Pure: a node goes in, a document comes out."""

import re
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from stdnum.es import nif

from mapping.documents import (
    Address,
    Customer,
    Money,
    MoneyBag,
    Order,
    OrderLine,
    ShippingLine,
    TaxLine,
)

Node = dict[str, Any]

# Buyers and apps spell it in many ways; only letters are compared.
_TAX_ID_NAMES = {
    *("nif", "cif", "dni", "nie", "nifcif", "cifnif", "dninif", "nifdni", "dnicif", "nifnie"),
    *("nifdnicif", "nifcifdni", "dninie", "dnicifnie", "nifvat", "vat", "vatid", "vatnumber"),
    *("taxid", "taxnumber", "vatnif"),
}
_GONE = {"CANCELLED", "CLOSED"}


def order_from_node(node: Node, shop_domain: str) -> Order:
    """Return an order as it stands now: what was removed or refunded is already out."""
    return Order(
        reference=f"{shop_domain}/{number_of(node['id'])}",
        shopify_id=node["id"],
        name=node["name"],
        placed_at=moment(node["processedAt"] or node["createdAt"]),
        updated_at=moment(node["updatedAt"]),
        currency=node["currencyCode"],
        presentment_currency=node["presentmentCurrencyCode"],
        prices_include_tax=node["taxesIncluded"],
        lines=tuple(_line(each) for each in node["lineItems"]["nodes"] if _still_sold(each)),
        total=bag(node["currentTotalPriceSet"]),
        tax_total=_bag_or_zero(node["currentTotalTaxSet"], node),
        discount_total=bag(node["currentTotalDiscountsSet"]),
        shipping=tuple(_shipping(each) for each in node["shippingLines"]["nodes"]),
        customer=_customer(node),
        bill_to=_address(node["billingAddress"]),
        ship_to=_address(node["shippingAddress"]),
        tax_id=tax_id(node),
        financial_status=node["displayFinancialStatus"] or "",
        fulfilment_status=node["displayFulfillmentStatus"] or "",
        gateways=tuple(node["paymentGatewayNames"]),
        note=node["note"] or "",
        tags=tuple(node["tags"]),
        location=_location(node),
        cancelled_at=moment(node["cancelledAt"]) if node["cancelledAt"] else None,
        test=node["test"],
    )


def tax_id(node: Node) -> str:
    """Return the buyer's tax number from the most trusted place that has one, or ""."""
    company = (node["purchasingEntity"] or {}).get("location") or {}
    if number := (company.get("taxSettings") or {}).get("taxRegistrationId"):
        return str(number).strip()
    for place in (_localized, _attribute, _company_name):
        if number := place(node):
            return number
    return ""


def number_of(gid: str) -> str:
    return gid.rsplit("/", 1)[-1].split("?", 1)[0]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def money(node: Node) -> Money:
    # Shopify sends money as text; a float would lose the last cent.
    return Money(amount=Decimal(node["amount"]), currency=node["currencyCode"])


def bag(node: Node) -> MoneyBag:
    return MoneyBag(shop=money(node["shopMoney"]), presentment=money(node["presentmentMoney"]))


def _line(node: Node) -> OrderLine:
    quantity, sold = node["currentQuantity"], node["quantity"]
    unit = bag(node["originalUnitPriceSet"])
    # Discounts and taxes stay those of the quantity first sold, whatever was removed.
    full = _sum((bag(each["allocatedAmountSet"]) for each in node["discountAllocations"]), unit)
    discount = _part(full, quantity, sold)
    item = (node["variant"] or {}).get("inventoryItem") or {}
    return OrderLine(
        id=node["id"],
        sku=node["sku"] or "",
        title=node["name"],
        quantity=quantity,
        unit_price=unit,
        discount=discount,
        total=MoneyBag(
            shop=unit.shop.times(quantity) - discount.shop,
            presentment=unit.presentment.times(quantity) - discount.presentment,
        ),
        taxes=_taxes(node, quantity, sold),
        requires_shipping=node["requiresShipping"],
        is_gift_card=node["isGiftCard"],
        inventory_item=item.get("id", ""),
        unfulfilled=node["unfulfilledQuantity"],
    )


def _still_sold(node: Node) -> bool:
    return bool(node["currentQuantity"] > 0)


def _shipping(node: Node) -> ShippingLine:
    sold, now = bag(node["discountedPriceSet"]), bag(node["currentDiscountedPriceSet"])
    return ShippingLine(
        title=node["title"],
        code=node["code"] or "",
        total=now,
        taxes=_taxes(node, now.shop.amount, sold.shop.amount),
    )


def _taxes(node: Node, now: Decimal | int, sold: Decimal | int) -> tuple[TaxLine, ...]:
    return tuple(
        TaxLine(
            title=each["title"], rate=_rate(each), amount=_part(bag(each["priceSet"]), now, sold)
        )
        for each in node["taxLines"]
    )


def _rate(node: Node) -> Decimal:
    percent, fraction = node["ratePercentage"], node["rate"]
    if percent is None:
        percent = Decimal(str(fraction or 0)) * 100
    rate = Decimal(str(percent)).normalize()
    # normalize() writes 10 as 1E+1.
    return rate.quantize(Decimal(1)) if rate == rate.to_integral_value() else rate


def _part(whole: MoneyBag, now: Decimal | int, sold: Decimal | int) -> MoneyBag:
    if now == sold or not sold:
        return whole
    return MoneyBag(
        shop=_share(whole.shop, now, sold), presentment=_share(whole.presentment, now, sold)
    )


def _share(whole: Money, now: Decimal | int, sold: Decimal | int) -> Money:
    return Money(amount=whole.amount * now / sold, currency=whole.currency).rounded()


def _sum(bags: Iterable[MoneyBag], like: MoneyBag) -> MoneyBag:
    shop, presentment = Money.zero(like.shop.currency), Money.zero(like.presentment.currency)
    for each in bags:
        shop, presentment = shop + each.shop, presentment + each.presentment
    return MoneyBag(shop=shop, presentment=presentment)


def _bag_or_zero(node: Node | None, order: Node) -> MoneyBag:
    if node is not None:
        return bag(node)
    return MoneyBag(
        shop=Money.zero(order["currencyCode"]),
        presentment=Money.zero(order["presentmentCurrencyCode"]),
    )


def _customer(node: Node) -> Customer | None:
    found = node["customer"] or {}
    email = (found.get("defaultEmailAddress") or {}).get("emailAddress") or node["email"] or ""
    phone = (found.get("defaultPhoneNumber") or {}).get("phoneNumber") or node["phone"] or ""
    if not found and not email and not phone:
        return None
    return Customer(
        id=found.get("id", ""), name=found.get("displayName", ""), email=email, phone=phone
    )


def _address(node: Node | None) -> Address | None:
    if node is None:
        return None
    return Address(
        name=node["name"] or "",
        company=node["company"] or "",
        line1=node["address1"] or "",
        line2=node["address2"] or "",
        zip=node["zip"] or "",
        city=node["city"] or "",
        province_code=node["provinceCode"] or "",
        country_code=node["countryCodeV2"] or "",
        phone=node["phone"] or "",
    )


def is_split(node: Node) -> bool:
    """Return whether several locations still have to send parts of an order."""
    return len(_open_at(node)) > 1


def _open_at(node: Node) -> set[str]:
    placed = [
        (each["status"], each["assignedLocation"]["location"])
        for each in node["fulfillmentOrders"]["nodes"]
    ]
    return {place["id"] for status, place in placed if place and status not in _GONE}


def _location(node: Node) -> str:
    """The one place that ships it; where it was shipped from once nothing is open."""
    placed = [
        each["assignedLocation"]["location"]
        for each in node["fulfillmentOrders"]["nodes"]
        if each["status"] == "CLOSED"
    ]
    chosen = _open_at(node) or {place["id"] for place in placed if place}
    return chosen.pop() if len(chosen) == 1 else ""


def _localized(node: Node) -> str:
    values = {each["key"]: each["value"].strip() for each in node["localizedFields"]["nodes"]}
    others = sorted(key for key in values if key.startswith("TAX_CREDENTIAL_"))
    return next((values[key] for key in ("TAX_CREDENTIAL_ES", *others) if values.get(key)), "")


def _attribute(node: Node) -> str:
    for each in node["customAttributes"]:
        name = re.sub(r"[^a-z]", "", each["key"].lower())
        if name in _TAX_ID_NAMES and (each["value"] or "").strip():
            return str(each["value"]).strip()
    return ""


def _company_name(node: Node) -> str:
    # People type their number where the form asks for a company.
    for address in (node["billingAddress"], node["shippingAddress"]):
        name = ((address or {}).get("company") or "").strip()
        if name and nif.is_valid(name):
            return str(nif.compact(name))
    return ""
