"""Orders: what the store has and the ERP lacks, and the reverse."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.utils import timezone

from erp_connectors.contract import ErpConnector, Found
from mapping.documents import ErpOrderStub
from mapping.models import Channel
from shopify_app import reads
from sync import calls, divergences, inbox
from sync.flows import orders
from sync.inbox import News
from sync.models import Divergence, Priority, ShopOrder, SyncJob
from sync.reconcile import differences
from sync.reconcile.rounds import END, Page, Round

State = ShopOrder.State
# Shopify hides what is older than 60 days, and an absent old order proves nothing.
LOOKED_BACK = timedelta(days=30)
LISTED = 500
# The ERP is asked for a little more: near the edge its moment of an order may be another.
_EDGE = timedelta(days=1)
_GID = "gid://shopify/Order/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """How many orders of the store were looked at, and how many were news to us."""

    looked_at: int
    found: int
    newest: datetime | None
    cursor: str = ""


def sweep(
    channel: Channel, since: datetime, *, cursor: str = "", job: SyncJob | None = None
) -> Iterator[Swept]:
    """Find the orders that a lost notice kept from us; 13 points for 250 of them.

    `newest` is the store's own clock: the next sweep starts there, less an overlap,
    because the store's search lags behind.
    """
    newest: datetime | None = None
    for stubs, after in recent_orders(channel, since, cursor):
        missing = unseen(channel, stubs)
        inbox.receive_many(channel, [_news(stub) for stub in missing], job=job)
        newest = max((each.updated_at for each in stubs), default=newest)
        yield Swept(looked_at=len(stubs), found=len(missing), newest=newest, cursor=after or "")
    for row in orders.stranded(channel):
        orders.resume(row, message_id=f"{orders.STRANDED}{row.pk}:{timezone.now().isoformat()}")


def recent_orders(
    channel: Channel, since: datetime, cursor: str = ""
) -> Iterator[tuple[list[reads.OrderStub], str | None]]:
    """Yield pages of orders that changed since then, as the store finds them."""
    with calls.store(channel, priority=Priority.ORDERS) as client:
        place: str | None = cursor
        while place is not None:
            stubs, place = reads.orders_updated_since(client, since, place)
            yield stubs, place


def unseen(channel: Channel, stubs: list[reads.OrderStub]) -> list[reads.OrderStub]:
    """Return the orders that are new, or changed since we last read them."""
    known = {
        row.shopify_id: row
        for row in ShopOrder.objects.filter(
            channel=channel, shopify_id__in=[stub.id for stub in stubs]
        ).defer("document")
    }
    return [stub for stub in stubs if _is_news(stub, known.get(stub.id))]


def _is_news(stub: reads.OrderStub, row: ShopOrder | None) -> bool:
    if row is None or row.shop_updated_at < stub.updated_at:
        return True
    # Two changes may share a second; then only what changed tells them apart.
    settled = {State.CANCELLED, State.NOT_NEEDED}
    cancelled = stub.cancelled_at is not None and row.state not in settled
    return cancelled or row.total != stub.total.amount


def _news(stub: reads.OrderStub) -> News:
    return News(
        message_id=f"sweep:{stub.id}:{stub.updated_at.isoformat()}",
        topic=orders.TOPIC,
        key=stub.id,
        payload={"updated_at": stub.updated_at.isoformat()},
        priority=Priority.ORDERS,
    )


def sweep_start(cursor: str, *, days: int = 30) -> datetime:
    """Return where a sweep begins: the last one's end less the overlap, or days ago."""
    if not cursor:
        return timezone.now() - timedelta(days=days)
    return datetime.fromisoformat(cursor).astimezone(UTC) - settings.SYNC_ORDER_OVERLAP


def in_store(round_: Round, cursor: str) -> Iterator[Page]:
    """Receive every order of the last weeks that we lack, or know as it was before."""
    if cursor == END:
        return
    since = round_.began - LOOKED_BACK
    for page in sweep(round_.channel, since, cursor=cursor, job=round_.job):
        counts = {"orders": page.looked_at, "orders_found": page.found}
        yield Page(cursor=page.cursor or END, counts=counts)


def in_erp(round_: Round, _cursor: str) -> Iterator[Page]:
    """Hold the ERP's own list of web orders against ours, both ways.

    It does not go on where it stopped but begins again: which orders of ours the list
    lacks is known at its end only. Until then their numbers are remembered, some 70 bytes
    an order of the last weeks.
    """
    channel = round_.channel
    if not round_.asks_erp:
        return
    with calls.erp(channel.company.erpconnection, channel=channel) as connector:
        if not connector.capabilities().lists_orders:
            return
        listed: set[int] = set()
        complete, cursor = False, ""
        while True:
            page = connector.list_orders(_since(round_) - _EDGE, cursor, limit=LISTED)
            ours = _of(channel, page.records)
            listed.update(ours)
            yield Page(cursor="", counts=_not_in_store(round_, ours), may_stop=False)
            cursor, complete = page.cursor, page.complete
            if not page.more:
                break
        _close_missing_in_store(round_, connector)
        if complete:
            yield from _not_in_erp(round_, connector, listed)


def _since(round_: Round) -> datetime:
    return max(round_.began - LOOKED_BACK, round_.channel.orders_from)


def _of(channel: Channel, stubs: Sequence[ErpOrderStub]) -> dict[int, ErpOrderStub]:
    """Return this store's orders among them by Shopify's number. Other stores' are not ours."""
    prefix = f"{channel.shop.domain}/"
    found = {}
    for stub in stubs:
        number = stub.reference.removeprefix(prefix)
        if stub.reference.startswith(prefix) and number.isascii() and number.isdecimal():
            found[int(number)] = stub
    return found


def _not_in_store(round_: Round, listed: dict[int, ErpOrderStub]) -> dict[str, int]:
    """Look up in the store what the ERP holds: receive what we lack, report what it lacks."""
    channel = round_.channel
    wanted = {f"{_GID}{number}": stub for number, stub in listed.items()}
    with calls.store(channel, priority=Priority.ORDERS) as client:
        there = reads.order_exists(client, list(wanted))
    known = set(
        ShopOrder.objects.filter(channel=channel, shopify_id__in=wanted).values_list(
            "shopify_id", flat=True
        )
    )
    unknown = there - known
    inbox.receive_many(channel, [_told_by_erp(gid, round_) for gid in unknown], job=round_.job)
    lacking = [stub for gid, stub in wanted.items() if gid not in there and not stub.cancelled]
    for stub in lacking:
        divergences.open_difference(
            channel,
            field=differences.ORDER_MISSING_IN_STORE,
            key=stub.reference,
            expected=stub.number or stub.reference,
            found=differences.NOTHING,
            cause=Divergence.Cause.MISSING_IN_STORE,
        )
    return {
        "erp_orders": len(listed),
        "orders_found": len(unknown),
        "orders_not_in_store": len(lacking),
    }


def _told_by_erp(gid: str, round_: Round) -> News:
    return News(
        message_id=f"erp-list:{gid}:{round_.began.isoformat()}",
        topic=orders.TOPIC,
        key=gid,
        priority=Priority.ORDERS,
    )


def _close_missing_in_store(round_: Round, connector: ErpConnector) -> None:
    """Close what the store has now, or the ERP holds no more. Old ones may just be unlisted."""
    channel = round_.channel
    field = differences.ORDER_MISSING_IN_STORE
    for row in differences.not_found_again(channel, field, round_.began):
        gid = f"{_GID}{row.key.rpartition('/')[2]}"
        with calls.store(channel, priority=Priority.ORDERS) as client:
            there = bool(reads.order_exists(client, [gid]))
        if there or _is_gone(connector, row.key):
            divergences.close(channel, field=field, key=row.key)


def _is_gone(connector: ErpConnector, reference: str) -> bool:
    answer = connector.lookup_order(reference)
    cancelled = answer.order is not None and answer.order.cancelled
    return answer.found is Found.NOT_FOUND or cancelled


def _not_in_erp(round_: Round, connector: ErpConnector, listed: set[int]) -> Iterator[Page]:
    """Report the orders that were in the ERP and are not in its complete list."""
    channel = round_.channel
    rows = ShopOrder.objects.filter(
        channel=channel,
        state=State.IN_ERP,
        placed_at__gte=_since(round_),
        in_erp_at__lt=round_.began,
    ).order_by("pk")
    last = 0
    while page := list(rows.filter(pk__gt=last).defer("document", "proof")[:LISTED]):
        last = page[-1].pk
        absent = [row for row in page if _number(row) not in listed]
        # Asked for by name: a list may leave out what the ERP has all the same.
        missing = [
            row for row in absent if connector.lookup_order(row.reference).found is Found.NOT_FOUND
        ]
        for row in missing:
            _report(row)
        counts = {"orders_not_in_erp": len(missing)}
        yield Page(cursor="", counts=counts, may_stop=False)
    _close_missing_in_erp(round_, connector)


def _number(row: ShopOrder) -> int:
    return int(row.shopify_id.rpartition("/")[2])


def _report(row: ShopOrder) -> None:
    divergences.open_difference(
        row.channel,
        field=differences.ORDER_MISSING_IN_ERP,
        key=row.name,
        expected=row.erp_number,
        found=differences.NOTHING,
        cause=Divergence.Cause.MISSING_IN_ERP,
    )


def _close_missing_in_erp(round_: Round, connector: ErpConnector) -> None:
    channel = round_.channel
    field = differences.ORDER_MISSING_IN_ERP
    for row in differences.not_found_again(channel, field, round_.began):
        order = ShopOrder.objects.filter(channel=channel, name=row.key).first()
        if order is None or order.state != State.IN_ERP or _is_there(connector, order):
            divergences.close(channel, field=field, key=row.key)


def _is_there(connector: ErpConnector, order: ShopOrder) -> bool:
    return connector.lookup_order(order.reference).found is Found.FOUND
