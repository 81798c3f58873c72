"""An ERP that fetches its orders tells us that it has one."""

from decimal import Decimal
from enum import StrEnum

from django.db import transaction

from mapping import links
from mapping.decide.orders import prove_money
from mapping.documents import ErpOrder, Money, Order, load
from mapping.links import Kind
from sync import order_ledger
from sync.flows import orders
from sync.models import ShopOrder

State = ShopOrder.State


class Acknowledged(StrEnum):
    ACCEPTED = "accepted"
    ALREADY = "already"
    # Another number was acknowledged before: one web order is one ERP order.
    CONFLICT = "conflict"


@transaction.atomic
def acknowledge_order(
    order: ShopOrder, *, erp_number: str, erp_total: Decimal | None
) -> Acknowledged:
    """Book the ERP's number once, with the money proof if the ERP tells its total."""
    row = ShopOrder.objects.select_for_update().select_related("channel").get(pk=order.pk)
    if row.erp_number:
        same = row.erp_number == erp_number
        return Acknowledged.ALREADY if same else Acknowledged.CONFLICT
    taken = ShopOrder.objects.filter(channel=row.channel, erp_number=erp_number)
    if taken.exists():
        return Acknowledged.CONFLICT
    document = load(Order, row.document)
    # The ERP fetched it as it stood, which may be later than when it was handed over.
    order_ledger.handing_over(row, document)
    order_ledger.entered_erp(row, number=erp_number)
    links.attach(row.channel, Kind.ORDER, {erp_number: row.shopify_id})
    total = None if erp_total is None else Money(amount=erp_total, currency=row.currency)
    booked = ErpOrder(number=erp_number, id=erp_number, total=total)
    orders.note_proof(row, prove_money(document, booked))
    if document.cancelled_at:
        # Cancelled while the ERP had fetched it and not told us yet.
        orders.resume(row, message_id=f"acknowledged:{row.pk}")
    return Acknowledged.ACCEPTED
