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
    rates: tuple[Decimal, ...]

    @property
    def unit_price(self) -> Decimal:
        """The net price of one unit, discounts inside.

        Four decimals lead back to the line's cents for up to a hundred units.
        """
        return (self.net / self.quantity).quantize(PRICE, rounding=ROUND_HALF_UP)


def lines_of(order: Order) -> list[Line]:
    """Return the order's lines net of tax, in the shop's currency, in their order."""
    goods = [_goods(order, line) for line in order.lines if line.quantity > 0]
    shipping = [_shipping(order, line) for line in order.shipping if line.total.shop.amount]
    return [*goods, *shipping]


def _goods(order: Order, line: OrderLine) -> Line:
    return Line(
        sku=line.sku,
        text=line.title,
        quantity=line.quantity,
        net=_net(order, line.total.shop.amount, line.taxes),
        rates=_rates(line.taxes),
    )


def _shipping(order: Order, line: ShippingLine) -> Line:
    return Line(
        sku="",
        text=line.title or "Envío",
        quantity=1,
        net=_net(order, line.total.shop.amount, line.taxes),
        rates=_rates(line.taxes),
    )


def _net(order: Order, total: Decimal, taxes: Sequence[TaxLine]) -> Decimal:
    if not order.prices_include_tax:
        return total
    return total - sum((tax.amount.shop.amount for tax in taxes), Decimal(0))


def _rates(taxes: Sequence[TaxLine]) -> tuple[Decimal, ...]:
    # A tax of zero per cent is an exemption, which Tryton shows as no tax at all.
    return tuple(sorted({tax.rate for tax in taxes if tax.rate}))


def rounding_needed(order: Order, entered: Decimal) -> Decimal:
    """Return what a rounding line must add: 0 if nothing, or if the gap is no rounding."""
    gap = order.total.shop.amount - entered
    return gap if 0 < abs(gap) <= LARGEST_ROUNDING else Decimal(0)
