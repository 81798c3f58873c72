"""What we know of each web order, and the units it takes from each position."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, product
from operator import attrgetter

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from mapping import rules
from mapping.decide import stock as protocol
from mapping.documents import Order, OrderLine, dump
from mapping.models import Channel
from sync import stock_ledger
from sync.models import InboxMessage, ShopOrder, StockPosition, WebDemand

State = ShopOrder.State


# An item and the location that takes it off its shelf; "" while nobody knows which.
_Place = tuple[str, str]


@dataclass(slots=True, kw_only=True)
class _Units:
    """How many units of an item an order holds at a location, and how many are to be sent."""

    sku: str
    quantity: int = 0
    unfulfilled: int = 0


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


def _wanted(order: Order) -> dict[_Place, _Units]:
    """Return the units an order holds; a cancelled one holds none."""
    found: dict[_Place, _Units] = {}
    if order.cancelled_at:
        return found
    for line in order.lines:
        if not line.inventory_item or line.quantity <= 0:
            continue
        for location, units, unfulfilled in _spread(line, order.location):
            key = (line.inventory_item, location)
            held = found.setdefault(key, _Units(sku=line.sku))
            # A test order sells nothing, though the store commits its units.
            held.quantity += 0 if order.test else units
            held.unfulfilled += unfulfilled
    return found


def _spread(line: OrderLine, location: str) -> Iterator[tuple[str, int, int]]:
    """Yield (location, units, still to be sent) of a line."""
    if not line.held_at:
        yield location, line.quantity, line.unfulfilled
        return
    sent = max(line.quantity - sum(each.units for each in line.held_at), 0)
    for each in line.held_at:
        # What was sent already is off some shelf; of which, matters to nobody any more.
        yield each.location, each.units + sent, each.units
        sent = 0


def _take_units(row: ShopOrder, order: Order, cause: InboxMessage | None) -> None:
    before = {(each.item, each.location): each for each in row.demand.all()}
    wanted = _wanted(order)
    if order.cancelled_at and not before:
        _look_for_unknown(row.channel, cause)
    changed: dict[_Place, int] = {}
    for key in before.keys() | wanted.keys():
        was = before[key].quantity if key in before else 0
        now = wanted[key].quantity if key in wanted else 0
        if was != now or order.test:
            changed[key] = now - was
    gone = [each.pk for key, each in before.items() if key not in wanted]
    WebDemand.objects.filter(pk__in=gone).update(quantity=0, unfulfilled=0)
    _save_demand(row, wanted)
    if changed:
        credited = _credit(row, {item for item, _location in changed})
        _move_positions(row.channel, order, changed, credited, cause)


def _look_for_unknown(channel: Channel, cause: InboxMessage | None) -> None:
    """An order that came and went before we saw it may be what was committed and unknown."""
    rows = StockPosition.objects.filter(channel=channel, unknown_web__gt=0)
    if rows.update(needs_read=True):
        stock_ledger.mark_dirty(channel, rows, cause=cause)


def _save_demand(row: ShopOrder, wanted: Mapping[_Place, _Units]) -> None:
    # What the ERP calls the items: an order keeps the SKU of the day it was placed.
    followed = StockPosition.objects.filter(
        channel=row.channel, item__in={item for item, _location in wanted}
    )
    skus = dict(followed.values_list("item", "sku"))
    WebDemand.objects.bulk_create(
        [
            WebDemand(
                order=row,
                channel=row.channel,
                item=item,
                location=location,
                sku=skus.get(item, units.sku),
                quantity=units.quantity,
                unfulfilled=units.unfulfilled,
            )
            for (item, location), units in wanted.items()
        ],
        update_conflicts=True,
        unique_fields=["order", "item", "location"],
        update_fields=["sku", "quantity", "unfulfilled"],
    )


def _credit(row: ShopOrder, items: set[str]) -> set[_Place]:
    """Let units that the ERP has booked follow where the store sends them from now.

    Not more of them than it booked: what an order has grown by since, the ERP lacks.
    Return where they went: fewer units are lacking there now, though the order holds as many.
    """
    credited = set()
    rows = list(row.demand.filter(item__in=items).order_by("item", "pk"))
    for _item, same in groupby(rows, key=attrgetter("item")):
        places = list(same)
        for need, give in product(places, places):
            units = min(give.erp_quantity - give.quantity, need.quantity - need.erp_quantity)
            if units > 0:
                give.erp_quantity -= units
                need.erp_quantity += units
                need.in_erp_at = need.in_erp_at or give.in_erp_at
                need.booked = need.booked or give.booked
                credited.add((need.item, need.location))
    WebDemand.objects.bulk_update(rows, ["erp_quantity", "in_erp_at", "booked"])
    return credited


def _move_positions(
    channel: Channel,
    order: Order,
    changed: Mapping[_Place, int],
    credited: set[_Place],
    cause: InboxMessage | None,
) -> None:
    items = {item for item, _location in changed}
    rows = list(
        StockPosition.objects.filter(channel=channel, item__in=items)
        .select_for_update()
        .order_by("pk")
    )
    touched = [each for each in rows if _move(each, order, changed)]
    stock_ledger.save(touched)
    decided = [*touched, *(each for each in rows if (each.item, each.location) in credited)]
    positions = StockPosition.objects.filter(pk__in=[each.pk for each in decided])
    stock_ledger.mark_dirty(channel, positions, cause=cause)
    skus = [each.sku for each in rows]
    stock_ledger.touch(channel.company_id, skus, except_at=channel, cause=cause)


def _move(row: StockPosition, order: Order, changed: Mapping[_Place, int]) -> bool:
    """Take an order's change over to one position. False: it is not concerned."""
    of_item = {place: units for (item, place), units in changed.items() if item == row.item}
    units = of_item.get(row.location)
    if units is None and "" not in of_item:
        # It may have held what another location sends now.
        row.needs_read = row.needs_read or row.unknown_web > 0
        return row.unknown_web > 0
    if units is None or units <= 0 or len(of_item) > 1:
        # Whether the units went back on the shelf, and where, only the shop knows.
        row.needs_read = True
        return True
    seen = row.level_at is not None and order.placed_at <= row.level_at
    value = protocol.order_changed(stock_ledger.position(row), units, in_last_read=seen)
    stock_ledger.store(row, value)
    return True


@transaction.atomic
def handing_over(row: ShopOrder, order: Order) -> None:
    """The order is about to leave as it is now; whatever is added later, the ERP lacks.

    From here until the answer nobody knows whether the ERP has it.
    """
    row.demand.filter(in_erp_at=None).update(
        erp_quantity=F("quantity"),
        booked=rules.location_of(
            row.channel, rules.shipping_warehouse(row.channel, order.location)
        ),
    )
    hold(row, state=State.UNKNOWN)


@transaction.atomic
def entered_erp(row: ShopOrder, *, number: str, at: datetime | None = None) -> None:
    """The ERP holds what was handed over: its figures will soon contain those units."""
    moment = at or timezone.now()
    ShopOrder.objects.filter(pk=row.pk).update(
        state=State.IN_ERP, erp_number=number, in_erp_at=moment, reason="", reason_code=""
    )
    row.state, row.erp_number, row.in_erp_at = State.IN_ERP, number, moment
    row.demand.filter(in_erp_at=None).update(in_erp_at=moment)
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
