"""Whether an order may go to the ERP, and whether the ERP booked what was paid. Pure."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from mapping.documents.money import Money
from mapping.documents.orders import ErpOrder, Order
from mapping.reasons import Reason, gettext_noop

# What an explicit rounding line may hide: Spanish practice, and never more (law 13).
TOLERANCE = Decimal("0.05")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderProblem:
    """Why an order waits. Equal codes are one question for staff."""

    code: str
    reason: Reason


def check_order(order: Order) -> tuple[OrderProblem, ...]:
    """Return the reasons an order cannot go to the ERP as it is; none means it can."""
    found: list[OrderProblem] = []
    if not order.lines:
        reason = Reason(gettext_noop("The order has no lines."))
        found.append(OrderProblem(code="no_lines", reason=reason))
    for line in order.lines:
        if not line.sku.strip():
            sentence = gettext_noop("The line “%(line)s” has no SKU.")
            reason = Reason(sentence, {"line": line.title})
            found.append(OrderProblem(code="no_sku", reason=reason))
    if difference := _sum_of_parts(order) - order.total.shop.amount:
        sentence = gettext_noop("The lines of the order differ from its total by %(amount)s.")
        reason = Reason(sentence, {"amount": str(difference)})
        found.append(OrderProblem(code="sum_differs", reason=reason))
    return tuple(found)


def _sum_of_parts(order: Order) -> Decimal:
    """Lines and shipping, plus tax where the prices do not contain it."""
    parts = [line.total.shop.amount for line in order.lines]
    parts += [line.total.shop.amount for line in order.shipping]
    if not order.prices_include_tax:
        parts.append(order.tax_total.shop.amount)
    return sum(parts, Decimal(0))


class Verdict(StrEnum):
    EQUAL = "equal"
    ROUNDED = "rounded"
    DIFFERENT = "different"
    UNPROVEN = "unproven"


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyProof:
    """The two totals side by side. UNPROVEN: the ERP would not tell its own."""

    verdict: Verdict
    shop_total: Money
    erp_total: Money | None
    shop_tax: Money
    erp_tax: Money | None

    @property
    def holds(self) -> bool:
        return self.verdict is not Verdict.DIFFERENT


def prove_money(order: Order, booked: ErpOrder) -> MoneyProof:
    """Compare what the shop charged with what the ERP booked, to the cent.

    A difference that the ERP shows as a rounding line of at most 0.05 counts as
    proven; the same difference without that line does not.
    """
    return MoneyProof(
        verdict=_verdict(order, booked),
        shop_total=order.total.shop,
        erp_total=booked.total,
        shop_tax=order.tax_total.shop,
        erp_tax=booked.tax_total,
    )


def _verdict(order: Order, booked: ErpOrder) -> Verdict:
    if booked.total is None:
        return Verdict.UNPROVEN
    if booked.total != order.total.shop.rounded() and booked.total != order.total.shop:
        return Verdict.DIFFERENT
    if booked.rounding is None or booked.rounding.amount == 0:
        return Verdict.EQUAL
    return Verdict.ROUNDED if abs(booked.rounding.amount) <= TOLERANCE else Verdict.DIFFERENT
