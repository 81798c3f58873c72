"""Money and goods that come back: refunds, cancellations, and what an edit removes."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from . import fulfilment, inventory, totals
from .money import Pair, cents, total
from .order_records import (
    Adjustment,
    Line,
    Order,
    Refund,
    RefundLine,
    RefundShipping,
)
from .order_request import OrderRefused
from .orders import add_transaction
from .store import Action

RESTOCK_TYPES = ("RETURN", "CANCEL", "NO_RESTOCK", "LEGACY_RESTOCK")


class RefundLineRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    line_id: int
    quantity: int
    restock_type: str = "NO_RESTOCK"
    location_id: int | None = None


class RefundRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`amount` is what is paid back in shop currency; None pays back what the parts add up to."""

    lines: list[RefundLineRequest] = []
    shipping: Decimal | None = None
    full_shipping: bool = False
    amount: Decimal | None = None
    note: str | None = None
    over_refund: bool = False


def refund(act: Action, order: Order, request: RefundRequest) -> Refund:
    """Refund lines, shipping and money; each is optional and each may stand alone."""
    _check(order, request)
    made = Refund(id=act.shop.take_id(), order_id=order.id, created_at=act.now, note=request.note)
    # The part that can still refuse comes before the part that moves stock.
    made.shipping = refund_shipping(act, order, request)
    for each in request.lines:
        line = order.line(each.line_id)
        assert line is not None, "checked before"
        made.lines += take_back(act, order, line, each)
    suggested = _worth(order, made)
    order.refunds.append(made)
    _pay_back(act, order, made, suggested, request)
    _settle_orders(act, order)
    _announce(act, order, made)
    return made


def _announce(act: Action, order: Order, made: Refund) -> None:
    order.updated_at = act.now
    paid = total(_paid(order, made))
    act.log(
        "order",
        event="refunded",
        order=order.id,
        name=order.name,
        refund=made.id,
        amount=str(paid.shop),
        quantities={str(e.line_id): e.quantity for e in made.lines},
    )
    act.tell("refunds/create", (order, made), made.id)
    act.tell("orders/updated", order)


def _paid(order: Order, made: Refund) -> list[Pair]:
    found = (order.transaction(number) for number in made.transaction_ids)
    return [each.amount for each in found if each is not None]


def paid_back(order: Order, made: Refund) -> Pair:
    return total(_paid(order, made))


def _check(order: Order, request: RefundRequest) -> None:
    asked: dict[int, int] = {}
    for each in request.lines:
        line = order.line(each.line_id)
        if line is None:
            raise OrderRefused("Line item does not exist")
        if each.restock_type not in RESTOCK_TYPES:
            raise OrderRefused(f"restock_type is one of {', '.join(RESTOCK_TYPES)}")
        asked[line.id] = asked.get(line.id, 0) + each.quantity
        if each.quantity < 1 or asked[line.id] > totals.current_quantity(order, line):
            raise OrderRefused("Quantity cannot refund more items than were purchased")
    net = totals.net_payment(order).shop
    if request.amount is not None and request.amount > net and not request.over_refund:
        message = (
            f"Refund amount ${request.amount:.2f} is greater than net payment received ${net:.2f}"
        )
        raise OrderRefused(message)


def take_back(act: Action, order: Order, line: Line, asked: RefundLineRequest) -> list[RefundLine]:
    """Units already sent come back as RETURN, units not sent yet are cancelled."""
    gone = totals.removed(order, line)
    parts: list[tuple[int, str, int | None, bool]] = []
    quantity = asked.quantity
    if asked.restock_type == "CANCEL":
        quantity -= _cancel_units(act, order, line, quantity, True, parts)
    elif asked.restock_type == "RETURN":
        sent = _returnable(act, order, line)
        back = min(quantity, sent)
        if back:
            target = asked.location_id or _sent_from(act, order)
            _put_back(act, line, target, back)
            parts.append((back, "RETURN", target, True))
        quantity -= back
        quantity -= _cancel_units(act, order, line, quantity, True, parts)
    else:
        sent = min(quantity, _returnable(act, order, line))
        if sent:
            parts.append((sent, asked.restock_type, None, False))
        quantity -= sent
        quantity -= _cancel_units(act, order, line, quantity, False, parts)
    if quantity:
        # Sent units that are cancelled rather than returned: the money, not the goods.
        parts.append((quantity, "NO_RESTOCK", None, False))
    made = []
    for count, kind, place, restocked in parts:
        made.append(_refund_line(act, line, gone, count, kind, place, restocked))
        gone += count
    return made


def _cancel_units(
    act: Action,
    order: Order,
    line: Line,
    quantity: int,
    restock: bool,
    parts: list[tuple[int, str, int | None, bool]],
) -> int:
    done = 0
    for number in order.fulfillment_order_ids:
        wanted = act.shop.fulfillment_orders[number]
        for row in wanted.lines:
            take = min(row.remaining, quantity - done) if row.line_id == line.id else 0
            if take > 0:
                fulfilment.release(act, wanted, row, take, restock=restock)
                kind = "CANCEL" if restock else "NO_RESTOCK"
                parts.append((take, kind, wanted.location_id if restock else None, restock))
                done += take
    return done


def _returnable(act: Action, order: Order, line: Line) -> int:
    """Units that were sent and have not come back yet."""
    sent = totals.fulfilled_quantity(act.shop, order, line)
    waiting = totals.unfulfilled_quantity(act.shop, order, line)
    return min(sent, totals.current_quantity(order, line) - waiting)


def _sent_from(act: Action, order: Order) -> int:
    if order.fulfillment_ids:
        return act.shop.fulfillments[order.fulfillment_ids[0]].location_id
    return next(iter(act.shop.locations))


def _put_back(act: Action, line: Line, place: int, quantity: int) -> None:
    item = act.shop.items.get(line.item_id or 0)
    if item is not None and item.tracked:
        inventory.move(act, inventory.stock_at(act, item.id, place), available=quantity)


def _refund_line(
    act: Action, line: Line, gone: int, count: int, kind: str, place: int | None, restocked: bool
) -> RefundLine:
    """Rounding is cumulative, so that refunds of single units add up to the line exactly."""
    return RefundLine(
        id=act.shop.take_id(),
        line_id=line.id,
        quantity=count,
        restock_type=kind,
        subtotal=_slice(line.net, gone, count, line.quantity),
        tax=_slice(line.tax, gone, count, line.quantity),
        location_id=place,
        restocked=restocked,
    )


def _slice(amount: Pair, gone: int, count: int, whole: int) -> Pair:
    return amount.share(gone + count, whole) - amount.share(gone, whole)


def refund_shipping(act: Action, order: Order, request: RefundRequest) -> list[RefundShipping]:
    made = []
    left = request.shipping
    for line in order.shipping_lines:
        open_amount = totals.current_shipping_price(order, line)
        if not request.full_shipping and not left:
            continue
        part = open_amount
        if not request.full_shipping and left is not None:
            ratio = open_amount.presentment / open_amount.shop if open_amount.shop else Decimal(1)
            amount = min(left, open_amount.shop)
            part = Pair(cents(amount), cents(amount * ratio))
            left -= amount
        if part.shop:
            share = part.shop / line.price.shop
            made.append(
                RefundShipping(
                    id=act.shop.take_id(),
                    shipping_line_id=line.id,
                    subtotal=part,
                    tax=line.tax.times(share),
                )
            )
    if left:
        raise OrderRefused("Refund amount exceeds the shipping that can be refunded")
    return made


def _worth(order: Order, made: Refund) -> Pair:
    amount = total(each.subtotal for each in made.lines)
    amount = amount + total(each.subtotal for each in made.shipping)
    if not order.taxes_included:
        amount = amount + total(each.tax for each in made.lines)
        amount = amount + total(each.tax for each in made.shipping)
    return amount


def _pay_back(
    act: Action, order: Order, made: Refund, suggested: Pair, request: RefundRequest
) -> None:
    """Book the transaction; a sum other than the parts' leaves a discrepancy on the refund."""
    net = totals.net_payment(order)
    amount = suggested if request.amount is None else _as_pair(order, request.amount)
    if request.amount is None and amount.shop > net.shop:
        amount = net
    if amount.shop > 0:
        parent = next((t for t in order.transactions if t.kind in ("SALE", "CAPTURE")), None)
        paid = add_transaction(act, order, "REFUND", amount, parent=parent.id if parent else None)
        made.transaction_ids.append(paid.id)
        act.tell("order_transactions/create", (order, paid), paid.id)
    if request.amount is not None and amount != suggested:
        made.adjustments.append(
            Adjustment(
                id=act.shop.take_id(),
                reason="REFUND_DISCREPANCY",
                amount=suggested - amount,
                tax=Pair(),
            )
        )


def _as_pair(order: Order, amount: Decimal) -> Pair:
    whole = totals.grand_total(order)
    ratio = whole.presentment / whole.shop if whole.shop else Decimal(1)
    return Pair(cents(amount), cents(amount * ratio))


def _settle_orders(act: Action, order: Order) -> None:
    for number in order.fulfillment_order_ids:
        wanted = act.shop.fulfillment_orders[number]
        if wanted.status not in ("CLOSED", "CANCELLED"):
            fulfilment.settle(act, wanted)
