"""A web order's amounts as Tryton's lines: net prices with four decimals, exact totals."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from mapping.documents import Order, OrderLine, ShippingLine, TaxLine

PRICE = Decimal("0.0001")
CENT = Decimal("0.01")
# More than this is not rounding: somebody must look.
LARGEST_ROUNDING = Decimal("0.05")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line to enter. `sku` is empty for what is not a product: shipping, a fee."""

    sku: str
    text: str
    quantity: int
    net: Decimal
    tax: Decimal
    rates: tuple[Decimal, ...]

    @property
    def unit_price(self) -> Decimal:
        """The net price of one unit with four decimals, discounts inside.

        59.95 with 21 % inside is 49.55 net, and 21 % of that is a cent too much; 21 % of
        49.5455 is right. So the price is taken from the gross amount where that leads to
        the shop's own net and tax, as it does but for odd tax lines and long quantities.
        """
        rate = sum(self.rates, Decimal(0)) / 100
        exact = _price((self.net + self.tax) / (1 + rate) / self.quantity)
        base = exact * self.quantity
        if _cents(base) == self.net and _cents(base * rate) == self.tax:
            return exact
        return _price(self.net / self.quantity)


def _price(amount: Decimal) -> Decimal:
    return amount.quantize(PRICE, rounding=ROUND_HALF_UP)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def lines_of(order: Order) -> list[Line]:
    """Return the order's lines net of tax, in the shop's currency, in their order."""
    goods = [_goods(order, line) for line in order.lines if line.quantity > 0]
    shipping = [_shipping(order, line) for line in order.shipping if line.total.shop.amount]
    return [*goods, *shipping]


def _goods(order: Order, line: OrderLine) -> Line:
    return _line(order, line.sku, line.title, line.quantity, line)


def _shipping(order: Order, line: ShippingLine) -> Line:
    return _line(order, "", line.title or "Envío", 1, line)


def _line(
    order: Order, sku: str, text: str, quantity: int, line: OrderLine | ShippingLine
) -> Line:
    tax = sum((each.amount.shop.amount for each in line.taxes), Decimal(0))
    total = line.total.shop.amount
    return Line(
        sku=sku,
        text=text,
        quantity=quantity,
        net=total - tax if order.prices_include_tax else total,
        tax=tax,
        rates=_rates(line.taxes),
    )


def _rates(taxes: Sequence[TaxLine]) -> tuple[Decimal, ...]:
    # A tax of zero per cent is an exemption, which Tryton shows as no tax at all.
    return tuple(sorted({tax.rate for tax in taxes if tax.rate}))


def rounding_needed(order: Order, entered: Decimal) -> Decimal:
    """Return what a rounding line must add: 0 if nothing, or if the gap is no rounding."""
    gap = order.total.shop.amount - entered
    return gap if 0 < abs(gap) <= LARGEST_ROUNDING else Decimal(0)
