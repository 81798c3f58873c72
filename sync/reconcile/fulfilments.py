"""Shipments: what the ERP has sent and the store does not show, and the reverse."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from django.db.models import F

from mapping.documents import Shipment, digest, dump
from mapping.links import Kind
from mapping.models import Channel, RecordLink
from mapping.rules import warehouses_by_location
from sync import calls, divergences, inbox
from sync.flows import fulfilments
from sync.inbox import News
from sync.models import (
    Divergence,
    InboxMessage,
    OutboxCommand,
    Priority,
    Recurring,
    ShopOrder,
    Status,
    WebDemand,
)
from sync.reconcile import differences
from sync.reconcile.marks import Marks
from sync.reconcile.rounds import END, Page, Round

LOOKED_BACK = timedelta(days=30)
PULLED, ORDERS = 100, 500
# What moves, and what a person has been asked about.
_IN_HAND = [Status.WAITING, Status.RUNNING, Status.PARKED]


def told_since(round_: Round, cursor: str) -> Iterator[Page]:
    """Receive again, as a poll would, each shipment after a cursor of the ERP's that went
    astray. The last page's cursor is where the next look begins.
    """
    channel = round_.channel
    more = round_.asks_erp
    with calls.erp(channel.company.erpconnection, channel=channel) as connector:
        while more:
            page = connector.pull_shipments(cursor, limit=PULLED)
            astray = _astray(round_, page.records)
            news = [_news(round_, each) for each in astray]
            inbox.receive_many(channel, news, job=round_.job)
            cursor, more = page.cursor, page.more
            counts = {"shipments": len(page.records), "shipments_found": len(astray)}
            yield Page(cursor=cursor, counts=counts)


def _astray(round_: Round, found: Sequence[Shipment]) -> list[Shipment]:
    channel = round_.channel
    recent = [each for each in found if each.shipped_at >= round_.began - LOOKED_BACK]
    ours = of_this_store(channel, recent)
    settled = _in_hand(channel, ours) | shown(channel, ours)
    return [each for each in ours if each.id not in settled]


def of_this_store(channel: Channel, found: Sequence[Shipment]) -> list[Shipment]:
    """Return the shipments of orders that this store has and the ERP got from us."""
    # By the id and not by the reference, which nothing looks up fast.
    ids = [f"gid://shopify/Order/{each.order_reference.rpartition('/')[2]}" for each in found]
    orders = ShopOrder.objects.filter(channel=channel, shopify_id__in=ids).exclude(
        state__in=[ShopOrder.State.NOT_NEEDED, ShopOrder.State.CANCELLED]
    )
    ours = set(orders.values_list("reference", flat=True))
    return [each for each in found if each.order_reference in ours]


def _in_hand(channel: Channel, found: Sequence[Shipment]) -> set[str]:
    ids = [each.id for each in found]
    told = InboxMessage.objects.filter(
        channel=channel, topic="erp/shipment", key__in=ids, status__in=_IN_HAND
    )
    asked = OutboxCommand.objects.filter(
        channel=channel, kind=fulfilments.COMMAND, key__in=ids, status__in=_IN_HAND
    )
    return {*told.values_list("key", flat=True), *asked.values_list("key", flat=True)}


def shown(channel: Channel, found: Sequence[Shipment]) -> set[str]:
    """Return the shipments that the store shows, at one of our locations or another."""
    links = RecordLink.objects.filter(channel=channel, kind=Kind.SHIPMENT)
    places = list(warehouses_by_location(channel))
    keys = {f"{each.id}@{place}": each.id for each in found for place in places}
    known = {keys[key] for key in links.filter(erp_key__in=keys).values_list("erp_key", flat=True)}
    return known | {
        each.id
        for each in found
        if each.id not in known and links.filter(erp_key__startswith=f"{each.id}@").exists()
    }


def _news(round_: Round, shipment: Shipment) -> News:
    return News(
        message_id=f"compared:{shipment.id}:{digest(shipment)}:{round_.began.isoformat()}"[:200],
        topic="erp/shipment",
        key=shipment.id,
        payload=dump(shipment),
        priority=Priority.ORDERS,
    )


def shipments(round_: Round, cursor: str) -> Iterator[Page]:
    """Look at the shipments of the last weeks.

    An ERP's list begins years ago and cannot be asked for its end. So it is read from
    where it stood some weeks ago, as the hourly look has noted it.
    """
    if cursor == END:
        return
    rows = Recurring.objects.filter(
        channel=round_.channel, kind=Recurring.Kind.RECONCILE_FULFILMENTS
    )
    marks = Marks.read(rows.values_list("cursor", flat=True).first() or "")
    yield from told_since(round_, cursor or marks.before(round_.began - LOOKED_BACK))
    yield Page(cursor=END)


def by_hand(round_: Round, cursor: str) -> Iterator[Page]:
    """Report orders that were sent in the store though no shipment of the ERP says so."""
    channel = round_.channel
    sent = WebDemand.objects.filter(
        channel=channel,
        quantity__gt=F("unfulfilled"),
        order__state=ShopOrder.State.IN_ERP,
        order__placed_at__gte=round_.began - LOOKED_BACK,
    ).order_by("order_id")
    last = int(cursor or 0)
    while page := list(
        sent.filter(order_id__gt=last)
        .distinct("order_id")
        .values_list("order_id", "order__shopify_id", "order__name")[:ORDERS]
    ):
        last = page[-1][0]
        ours = _sent_by_us(channel, [gid for _pk, gid, _name in page])
        names = [name for _pk, gid, name in page if gid not in ours]
        for name in names:
            divergences.open_difference(
                channel,
                field=differences.SHIPPED_BY_HAND,
                key=name,
                expected=differences.NOTHING,
                found="✓",
                cause=Divergence.Cause.HAND_EDIT,
            )
        yield Page(cursor=str(last), counts={"shipped_by_hand": len(names)})
    differences.close_older(channel, differences.SHIPPED_BY_HAND, round_.began)


def _sent_by_us(channel: Channel, orders: Sequence[str]) -> set[str]:
    lanes = {f"{channel.pk}/fulfilment/{order}": order for order in orders}
    rows = OutboxCommand.objects.filter(
        channel=channel, kind=fulfilments.COMMAND, lane__in=lanes
    ).order_by()
    return {lanes[lane] for lane in rows.values_list("lane", flat=True).distinct()}
