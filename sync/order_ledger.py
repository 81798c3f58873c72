"""What we know of each web order, and the units it takes from each position."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from mapping.decide import stock as protocol
from mapping.documents import Order, dump
from mapping.models import Channel
from sync import stock_ledger
from sync.models import InboxMessage, ShopOrder, StockPosition, WebDemand

State = ShopOrder.State


@dataclass(frozen=True, slots=True, kw_only=True)
class _Units:
    """How many units of an item an order holds, and how many are still to be sent."""

    sku: str
    quantity: int
    unfulfilled: int


@transaction.atomic
def remember(channel: Channel, order: Order, *, cause: InboxMessage | None = None) -> ShopOrder:
    """Store an order as just read, and take its units off the positions they come from.

    An answer older than what we have changes nothing.
    """
    row = _row(channel, order)
    if row.shop_updated_at > order.updated_at:
        return row
    row.document = dump(order)
    row.shop_updated_at = order.updated_at
    row.total = order.total.shop.amount
    row.currency = order.total.shop.currency
    row.save(update_fields=["document", "shop_updated_at", "total", "currency"])
    _take_units(row, order, cause)
    return row


def _row(channel: Channel, order: Order) -> ShopOrder:
    ShopOrder.objects.bulk_create(
        [
            ShopOrder(
                channel=channel,
                shopify_id=order.shopify_id,
                reference=order.reference,
                name=order.name,
                document={},
                shop_updated_at=order.updated_at,
                placed_at=order.placed_at,
                total=order.total.shop.amount,
                currency=order.total.shop.currency,
            )
        ],
        ignore_conflicts=True,
    )
    return ShopOrder.objects.select_for_update().get(channel=channel, shopify_id=order.shopify_id)


def _wanted(order: Order) -> dict[str, _Units]:
    """Return the units per inventory item; a cancelled order holds none."""
    found: dict[str, _Units] = {}
    if order.cancelled_at:
        return found
    for line in order.lines:
        if not line.inventory_item or line.quantity <= 0:
            continue
        was = found.get(line.inventory_item, _Units(sku=line.sku, quantity=0, unfulfilled=0))
        found[line.inventory_item] = _Units(
            sku=line.sku,
            # A test order sells nothing, though the store commits its units.
            quantity=was.quantity + (0 if order.test else line.quantity),
            unfulfilled=was.unfulfilled + line.unfulfilled,
        )
    return found


def _take_units(row: ShopOrder, order: Order, cause: InboxMessage | None) -> None:
    before = {each.item: each for each in row.demand.all()}
    wanted = _wanted(order)
    changed: dict[str, int] = {}
    for item in before.keys() | wanted.keys():
        was = before[item].quantity if item in before else 0
        now = wanted[item].quantity if item in wanted else 0
        if was != now or order.test:
            changed[item] = now - was
        _save_demand(row, order, item, wanted.get(item))
    if changed:
        _move_positions(row.channel, order, changed, cause)


def _sku(channel: Channel, item: str, told: str) -> str:
    """Return what the ERP calls the item; an order keeps the SKU of the day it was placed."""
    rows = StockPosition.objects.filter(channel=channel, item=item)
    return rows.values_list("sku", flat=True).first() or told


def _save_demand(row: ShopOrder, order: Order, item: str, units: _Units | None) -> None:
    if units is None:
        WebDemand.objects.filter(order=row, item=item).update(quantity=0, unfulfilled=0)
        return
    WebDemand.objects.update_or_create(
        order=row,
        item=item,
        defaults={
            "channel": row.channel,
            "sku": _sku(row.channel, item, units.sku),
            "location": order.location,
            "quantity": units.quantity,
            "unfulfilled": units.unfulfilled,
        },
    )


def _move_positions(
    channel: Channel, order: Order, changed: Mapping[str, int], cause: InboxMessage | None
) -> None:
    positions = StockPosition.objects.filter(channel=channel, item__in=changed)
    if order.location:
        positions = positions.filter(location=order.location)
    rows = list(positions.select_for_update().order_by("pk"))
    for each in rows:
        units = changed[each.item]
        value = stock_ledger.position(each)
        if units <= 0 or not order.location:
            # Whether the units went back on the shelf, and where, only the shop knows.
            each.needs_read = True
        else:
            seen = each.level_at is not None and order.placed_at <= each.level_at
            stock_ledger.store(each, protocol.order_changed(value, units, in_last_read=seen))
    stock_ledger.save(rows)
    touched = StockPosition.objects.filter(pk__in=[each.pk for each in rows])
    stock_ledger.mark_dirty(channel, touched, cause=cause)
    skus = [each.sku for each in rows]
    stock_ledger.touch(channel.company_id, skus, except_at=channel, cause=cause)


@transaction.atomic
def entered_erp(row: ShopOrder, *, number: str, at: datetime | None = None) -> None:
    """The ERP holds the order: its figures will soon contain the units."""
    moment = at or timezone.now()
    ShopOrder.objects.filter(pk=row.pk).update(
        state=State.IN_ERP, erp_number=number, in_erp_at=moment, reason="", reason_code=""
    )
    row.state, row.erp_number, row.in_erp_at = State.IN_ERP, number, moment
    row.demand.filter(in_erp_at=None).update(in_erp_at=moment, erp_quantity=F("quantity"))
    items = list(row.demand.values_list("item", flat=True))
    stock_ledger.mark_dirty(
        row.channel, StockPosition.objects.filter(channel=row.channel, item__in=items)
    )


@transaction.atomic
def leave_to_the_erp(row: ShopOrder, *, reason: str) -> None:
    """The ERP has this order by another road: its figures contain the units."""
    row.demand.update(in_erp_at=row.channel.orders_from, erp_quantity=F("quantity"))
    items = list(row.demand.values_list("item", flat=True))
    stock_ledger.mark_dirty(
        row.channel, StockPosition.objects.filter(channel=row.channel, item__in=items)
    )
    hold(row, state=State.NOT_NEEDED, reason=reason)


def hold(row: ShopOrder, *, state: str, code: str = "", reason: str = "") -> None:
    """Set where an order stands and why."""
    ShopOrder.objects.filter(pk=row.pk).update(state=state, reason_code=code, reason=reason)
    row.state, row.reason_code, row.reason = state, code, reason
