"""Orders: sold in the store, served by the ERP. Each of them is there exactly once."""

from dataclasses import asdict, replace
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from erp_connectors.contract import ErpConnector, Found, Pushed, PushResult
from erp_connectors.errors import ErpOutcomeUnknown
from mapping import links, rules
from mapping.decide.orders import MoneyProof, Verdict, check_order, prove_money
from mapping.documents import ErpOrder, Order, load
from mapping.links import Kind
from mapping.models import Channel
from mapping.reasons import Reason, gettext_noop, pack
from shopify_app import reads
from sync import calls, divergences, inbox, order_ledger, queue
from sync.failures import NotNeeded, SetAside
from sync.models import Divergence, InboxMessage, Priority, ShopOrder, WebDemand

TOPIC = "shopify/order"
# Older ones are found by the nightly comparison.
STRANDED_AT_MOST = timedelta(days=30)
STRANDED = "stranded:"
State = ShopOrder.State
BEFORE_US = gettext_noop("It was placed before this store was connected.")
TEST_ORDER = gettext_noop("It is a test order.")
TOTALS_DIFFER = gettext_noop("The ERP adds up to %(erp)s and the order to %(shop)s.")
CANCEL_BY_HAND = gettext_noop("Cancel %(number)s in the ERP: it cannot be done from here.")
NO_WORD = gettext_noop("The ERP does not say whether it has the order.")
NO_ANSWER = gettext_noop("The ERP did not answer.")
_SETTLED = {State.IN_ERP, State.HANDED_OVER}


def take_order(message: InboxMessage) -> None:
    """Read an order again and bring it to where it belongs."""
    channel = message.channel
    queue.supersede(message)
    with calls.store(channel, message) as client:
        order = reads.order(client, message.key)
    if order is None:
        raise NotNeeded(gettext_noop("The store has no such order."))
    row = order_ledger.remember(channel, order, cause=message)
    if row.shop_updated_at > order.updated_at:
        # The store's answer was older than what it told us before.
        order = load(Order, row.document)
    if row.state in _SETTLED or row.erp_number:
        _follow_up(message, row, order)
    elif order.cancelled_at and row.state != State.UNKNOWN:
        order_ledger.hold(row, state=State.CANCELLED)
    elif _is_before_us(order, channel) and row.state != State.UNKNOWN:
        order_ledger.leave_to_the_erp(row, reason=BEFORE_US)
    elif order.test:
        order_ledger.hold(row, state=State.NOT_NEEDED, reason=TEST_ORDER)
    else:
        _enter(message, row, order)


def _is_before_us(order: Order, channel: Channel) -> bool:
    # The store tells whole seconds, so within the second nobody knows.
    return order.placed_at < channel.orders_from.replace(microsecond=0)


def _enter(message: InboxMessage, row: ShopOrder, order: Order) -> None:
    """Hand the order to the ERP, or hold it with its reasons."""
    erp = row.channel.company.erpconnection
    with calls.erp(erp, channel=row.channel, row=message) as connector:
        # Before anything else: an earlier try may have got through.
        booked = _look(connector, row) if row.state == State.UNKNOWN else None
        if booked is None:
            if order.cancelled_at:
                order_ledger.hold(row, state=State.CANCELLED)
                return
            if problems := check_order(order):
                raise _held(row, problems[0].code, *(each.reason for each in problems))
            warehouse = rules.shipping_warehouse(row.channel, order.location)
            booked = _push(message, connector, row, replace(order, warehouse=warehouse))
    if booked is not None:
        _entered(message, row, order, booked)


def _held(row: ShopOrder, code: str, *reasons: Reason) -> SetAside:
    """Hold the order with its reasons, and return them to be raised."""
    order_ledger.hold(row, state=State.HELD, code=code, reason=pack(reasons))
    return SetAside(code, *reasons)


def _look(connector: ErpConnector, row: ShopOrder) -> ErpOrder | None:
    """Ask the ERP whether an earlier try got through. Not knowing must never create."""
    answer = connector.lookup_order(row.reference)
    if answer.found is Found.UNKNOWN:
        raise ErpOutcomeUnknown(answer.reason or NO_WORD)
    return answer.order if answer.found is Found.FOUND else None


def _push(
    message: InboxMessage, connector: ErpConnector, row: ShopOrder, order: Order
) -> ErpOrder | None:
    """Enter the order. From before the call until its answer its state is UNKNOWN."""
    order_ledger.handing_over(row, order)
    queue.hold_lease(message)
    result = connector.push_order(order, key=order.reference)
    if result.outcome is Pushed.UNKNOWN:
        raise ErpOutcomeUnknown(result.message or NO_ANSWER)
    if result.outcome is Pushed.REJECTED:
        raise _held(row, "erp_refused", Reason(result.message))
    if result.outcome is Pushed.HANDED_OVER:
        order_ledger.hold(row, state=State.HANDED_OVER)
        return None
    return _order_of(result)


def _order_of(result: PushResult) -> ErpOrder:
    if result.order is None:
        raise ErpOutcomeUnknown(NO_WORD)
    return result.order


def _entered(message: InboxMessage, row: ShopOrder, order: Order, booked: ErpOrder) -> None:
    """Book that the ERP has the order, prove its money, and look at its stock again."""
    proof = prove_money(order, booked)
    with transaction.atomic():
        order_ledger.entered_erp(row, number=booked.number)
        links.attach(row.channel, Kind.ORDER, {booked.number: row.shopify_id})
        note_proof(row, proof)
        _read_stock_again(message, row)
    if order.cancelled_at:
        _follow_up(message, row, order)
    elif not proof.holds:
        raise _unequal(row, proof)


def _unequal(row: ShopOrder, proof: MoneyProof) -> SetAside:
    totals = {"erp": str(proof.erp_total), "shop": str(proof.shop_total)}
    return _held(row, "money", Reason(TOTALS_DIFFER, totals))


def note_proof(row: ShopOrder, proof: MoneyProof) -> None:
    """Keep both totals beside the order, and open a difference if they disagree."""
    row.erp_total = proof.erp_total.amount if proof.erp_total else None
    row.proof = {
        name: str(value) if value is not None else "" for name, value in asdict(proof).items()
    } | {
        "shop_total": str(proof.shop_total),
        "erp_total": str(proof.erp_total or ""),
        "shop_tax": str(proof.shop_tax),
        "erp_tax": str(proof.erp_tax or ""),
    }
    row.save(update_fields=["erp_total", "proof"])
    if proof.verdict is Verdict.DIFFERENT:
        divergences.open_difference(
            row.channel,
            field="order.total",
            key=row.name,
            expected=str(proof.shop_total),
            found=str(proof.erp_total),
            cause=Divergence.Cause.MONEY,
        )
    else:
        divergences.close(row.channel, field="order.total", key=row.name)


def _read_stock_again(message: InboxMessage, row: ShopOrder) -> None:
    """The ERP reserved the units a moment ago: its figure is worth asking for."""
    skus = sorted(set(row.demand.values_list("sku", flat=True)))
    if skus:
        inbox.receive(
            row.channel,
            message_id=f"reserved:{row.shopify_id}:{message.pk}:{message.claims}",
            topic="erp/stock",
            key=f"order:{row.reference}",
            payload={"skus": skus},
            priority=Priority.STOCK,
        )


def _follow_up(message: InboxMessage, row: ShopOrder, order: Order) -> None:
    """The ERP has the order and the store changed it: carry over what the ERP can take."""
    if order.cancelled_at:
        if row.state != State.CANCELLED:
            _cancel(message, row)
    elif row.reason_code == "money":
        _prove_again(message, row, order)
    elif row.erp_total is not None and row.erp_total != order.total.shop.amount:
        divergences.open_difference(
            row.channel,
            field="order.total",
            key=row.name,
            expected=str(order.total.shop),
            found=f"{row.erp_total} {row.currency}",
            cause=Divergence.Cause.MONEY,
        )
    elif row.erp_total is not None:
        divergences.close(row.channel, field="order.total", key=row.name)


def _prove_again(message: InboxMessage, row: ShopOrder, order: Order) -> None:
    """Somebody may have put the order right in the ERP: ask for its total again."""
    erp = row.channel.company.erpconnection
    with calls.erp(erp, channel=row.channel, row=message) as connector:
        booked = _look(connector, row)
    if booked is None:
        raise ErpOutcomeUnknown(NO_WORD)
    proof = prove_money(order, booked)
    note_proof(row, proof)
    if not proof.holds:
        raise _unequal(row, proof)
    order_ledger.hold(row, state=State.IN_ERP)


def _cancel(message: InboxMessage, row: ShopOrder) -> None:
    erp = row.channel.company.erpconnection
    with calls.erp(erp, channel=row.channel, row=message) as connector:
        if not connector.capabilities().cancels_orders:
            raise SetAside("cancel_by_hand", Reason(CANCEL_BY_HAND, {"number": row.erp_number}))
        queue.hold_lease(message)
        result = connector.cancel_order(row.reference, reason="Cancelado en la tienda")
    if result.outcome is Pushed.UNKNOWN:
        raise ErpOutcomeUnknown(result.message or NO_ANSWER)
    if result.outcome is Pushed.REJECTED:
        raise SetAside("cancel_by_hand", Reason(result.message))
    order_ledger.hold(row, state=State.CANCELLED)
    _read_stock_again(message, row)


def resume(row: ShopOrder, *, message_id: str) -> InboxMessage:
    """Start an order afresh: by a person, or because its road was interrupted."""
    return inbox.receive(
        row.channel,
        message_id=message_id,
        topic=TOPIC,
        key=row.shopify_id,
        priority=Priority.ORDERS,
    )


def stranded(channel: Channel, *, minutes: int = 10) -> list[ShopOrder]:
    """Return orders that stand still without a message that would move them.

    Among them are open ones of which the store had not said which location sends them.
    """
    old = timezone.now() - timedelta(minutes=minutes)
    nowhere = WebDemand.objects.filter(channel=channel, location="", unfulfilled__gt=0)
    waiting = ShopOrder.objects.filter(
        Q(state__in=[State.RECEIVED, State.UNKNOWN]) | Q(pk__in=nowhere.values("order")),
        channel=channel,
        received_at__lt=old,
        placed_at__gt=old - STRANDED_AT_MOST,
    ).select_related("channel")
    rows = list(waiting)
    told = InboxMessage.objects.filter(
        channel=channel, topic=TOPIC, key__in=[row.shopify_id for row in rows]
    ).filter(
        Q(status__in=["waiting", "running", "parked"])
        # Asked a while ago: it is asked again, but not each time somebody looks.
        | Q(created_at__gt=timezone.now() - timedelta(hours=1), message_id__startswith=STRANDED)
    )
    moving = set(told.values_list("key", flat=True))
    return [row for row in rows if row.shopify_id not in moving]
