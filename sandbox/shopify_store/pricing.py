"""What an order costs: discounts spread over lines, tax per line and only then summed."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

from .money import CENT, Pair, total
from .order_records import Address, Allocation, DiscountApplication, Line, ShippingLine, TaxLine
from .records import Product, Shop, Variant

# Parts of Spain where IVA does not apply (IGIC and IPSI are not the web shop's to charge).
_NO_IVA_PROVINCES = {"GC", "TF", "CE", "ML"}
_NO_IVA_ZIPS = ("35", "38", "51", "52")
_TAG = re.compile(r"^iva[-: ]?(\d{1,2})$", re.IGNORECASE)
_ABROAD = {
    "PT": ("IVA", Decimal("0.23")),
    "FR": ("TVA", Decimal("0.20")),
    "DE": ("MwSt.", Decimal("0.19")),
    "IT": ("IVA", Decimal("0.22")),
}


def outside_iva(address: Address) -> bool:
    if address.country_code != "ES":
        return False
    zip_code = address.zip or ""
    return address.province_code in _NO_IVA_PROVINCES or zip_code.startswith(_NO_IVA_ZIPS)


def tax_for(
    shop: Shop, product: Product | None, variant: Variant | None, address: Address | None
) -> tuple[str, Decimal]:
    """Name and rate: the variant's own, else its product's `iva-10` tag, else the shop's."""
    if address is not None and (outside_iva(address) or address.country_code != "ES"):
        return _ABROAD.get(address.country_code, ("", Decimal(0)))
    if variant is not None and not variant.taxable:
        return "", Decimal(0)
    if variant is not None and variant.tax_rate is not None:
        return "IVA", variant.tax_rate
    for tag in product.tags if product else []:
        if found := _TAG.match(tag):
            return "IVA", Decimal(found[1]) / 100
    return "IVA", shop.tax_rate


def tax_lines(net: Pair, title: str, rate: Decimal, *, included: bool) -> list[TaxLine]:
    if not rate:
        return []
    factor = rate / (1 + rate) if included else rate
    return [TaxLine(title=title, rate=rate, price=net.times(factor))]


def discount(lines: list[Line], application: DiscountApplication, index: int) -> None:
    """Spread a discount over the lines; the last line takes what rounding left."""
    gross = [line.gross - line.discount for line in lines]
    whole = total(gross)
    if application.percentage is not None:
        percentage = application.percentage
        wanted = whole.map(lambda amount: amount * percentage / 100)
    else:
        amount = application.amount or Pair()
        wanted = Pair(min(amount.shop, whole.shop), min(amount.presentment, whole.presentment))
    given = Pair()
    for position, line in enumerate(lines):
        last = position == len(lines) - 1
        part = wanted - given if last else _part(wanted, gross[position], whole)
        given = given + part
        if part != Pair():
            line.allocations.append(Allocation(index=index, amount=part))


def _part(wanted: Pair, gross: Pair, whole: Pair) -> Pair:
    return Pair(
        _ratio(wanted.shop, gross.shop, whole.shop),
        _ratio(wanted.presentment, gross.presentment, whole.presentment),
    )


def _ratio(wanted: Decimal, gross: Decimal, whole: Decimal) -> Decimal:
    return (wanted * gross / whole).quantize(CENT, ROUND_HALF_UP) if whole else Decimal("0.00")


def tax(line: Line, title: str, *, included: bool) -> None:
    line.taxes = tax_lines(line.net, title, line.rate, included=included)


def tax_shipping(line: ShippingLine, title: str, rate: Decimal, *, included: bool) -> None:
    line.taxes = tax_lines(line.price, title, rate, included=included)
