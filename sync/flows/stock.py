"""Stock: the ERP counts, the store shows."""

from collections.abc import Mapping, Sequence

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from mapping.decide import stock as protocol
from mapping.documents import StockLevel, load
from mapping.models import Channel
from mapping.reasons import gettext_noop
from shopify_app import commands, reads
from shopify_app.client import ShopifyClient
from shopify_app.errors import ShopifyAccessDenied, ShopifyRejected
from shopify_app.reads import LevelRead
from sync import calls, divergences, outbox, queue, stock_ledger
from sync.models import InboxMessage, OutboxCommand, StockPosition

BATCH = 250
ITEM_UNKNOWN = gettext_noop("The store does not know this item any more.")


def take_changes(message: InboxMessage) -> None:
    """Read again what the ERP says changed, and queue the writes that calls for."""
    connection = message.channel.company.erpconnection
    skus = message.payload["skus"]
    # Ours is taken before the question: what happens meanwhile may be in the answer
    # or not, and must not be taken for contained.
    asked_at = timezone.now()
    with calls.erp(connection, channel=message.channel, row=message) as erp:
        levels = erp.read_stock(skus)
    stock_ledger.accept_levels(
        connection, levels, asked_at=asked_at, cause=message, job=message.job
    )


def take_pushed(message: InboxMessage) -> None:
    """Take over figures that the ERP sent us of its own accord."""
    connection = message.channel.company.erpconnection
    levels = [load(StockLevel, each) for each in message.payload["levels"]]
    # They were counted before they were sent, and we know no better when; a clock that
    # is ahead of ours must not claim what happened since.
    asked_at = min([message.created_at, *(level.as_of for level in levels)])
    stock_ledger.accept_levels(connection, levels, asked_at=asked_at, cause=message)


def send(row: OutboxCommand) -> None:
    """Write what is dirty at one location: decreases first, 250 at a time."""
    channel, location = row.channel, row.key
    with calls.store(channel, row) as client:
        if row.request is None:
            _read_levels(channel, location, client)
            on_its_way = _prepare(row)
        elif outbox.key_is_stale(row):
            _forget(row)
            return
        else:
            on_its_way = True
        if on_its_way:
            _send(row, client)
    # Also after a call that wrote nothing: it may have looked at a part only.
    if _dirty(channel, location).exists():
        stock_ledger.request_write(channel, location, cause=row.cause, job=row.job)


def _send(row: OutboxCommand, client: ShopifyClient) -> None:
    try:
        result = outbox.call(row, client)
    except (ShopifyRejected, ShopifyAccessDenied) as refusal:
        # It will not be repeated, so nothing must stay on its way.
        _refused(row, str(refusal))
        raise
    _conclude(row, result)


def _dirty(channel: Channel, location: str) -> QuerySet[StockPosition]:
    return StockPosition.objects.filter(
        channel=channel, location=location, dirty=True, sent=None
    ).order_by("pk")


def _read_levels(channel: Channel, location: str, client: ShopifyClient) -> None:
    """Read the levels that the protocol cannot go on without, in one call."""
    unread = _dirty(channel, location).filter(needs_read=True) | _dirty(channel, location).filter(
        mirror=None, never_stocked=False
    )
    items = list(unread.values_list("item", flat=True)[:BATCH])
    if items:
        take_levels(channel, location, reads.levels(client, items, location), asked=items)


@transaction.atomic
def take_levels(
    channel: Channel,
    location: str,
    levels: Mapping[str, LevelRead | None],
    *,
    asked: Sequence[str],
) -> list[StockPosition]:
    """Take over levels as the store just reported them. An item it does not know is set aside."""
    rows = list(
        StockPosition.objects.select_for_update()
        .filter(channel=channel, location=location, item__in=asked)
        .order_by("pk")
    )
    known = stock_ledger.known_open(channel, asked, location)
    for each in rows:
        if each.item not in levels:
            # Deleted, or left out of the answer: that says nothing about its stock.
            each.dirty, each.set_aside = False, ITEM_UNKNOWN
            continue
        level = levels[each.item]
        value = stock_ledger.position(each)
        if level is None:
            # Not stocked at this location: nobody can have sold it there.
            value = protocol.Position(never_stocked=True, sent=value.sent, since=value.since)
        else:
            read = protocol.LevelRead(available=level.available, committed=level.committed)
            value = protocol.level_read(value, read, known_open=known.get(each.item, 0))
            each.level_at = level.updated_at
        stock_ledger.store(each, value)
    stock_ledger.save(rows)
    return rows


@transaction.atomic
def _prepare(row: OutboxCommand) -> bool:
    """Decide every dirty position and commit one request. False: there is nothing to write."""
    channel, location = row.channel, row.key
    rows = list(_dirty(channel, location).select_for_update()[: 4 * BATCH])
    reckoner = stock_ledger.Reckoner(channel, location, rows)
    chosen: list[tuple[StockPosition, protocol.SetQuantity]] = []
    for each in rows:
        step = decide(each, reckoner)
        each.dirty = isinstance(step, protocol.ReadLevel)
        if isinstance(step, protocol.SetQuantity) and _may_go(each, step):
            chosen.append((each, step))
    # A number that is too high sells what is not there; one too low only waits.
    chosen.sort(key=lambda pair: pair[1].quantity - (pair[1].change_from or 0))
    limit = int(row.arguments.get("limit", BATCH))
    for each, _ in chosen[limit:]:
        each.dirty = True
    if chosen := chosen[:limit]:
        _commit(row, chosen)
    stock_ledger.save(rows)
    return bool(chosen)


def _may_go(row: StockPosition, step: protocol.SetQuantity) -> bool:
    """While a person is asked nothing is raised; what is not there is never offered."""
    return not row.held or step.quantity < (step.change_from or 0)


def decide(
    row: StockPosition, reckoner: stock_ledger.Reckoner
) -> protocol.SetQuantity | protocol.ReadLevel | None:
    """Decide one position and note how its number came about."""
    reckoning = reckoner.reckon(row)
    if reckoning is None:
        return None
    row.target = reckoning.target.quantity
    row.explanation = stock_ledger.explanation(reckoning)
    return protocol.decide_stock(
        stock_ledger.position(row), reckoning.target, owner=reckoner.owner
    )


def _commit(row: OutboxCommand, chosen: list[tuple[StockPosition, protocol.SetQuantity]]) -> None:
    for each, step in chosen:
        stock_ledger.store(each, protocol.sent(stock_ledger.position(each), step.quantity))
        each.command = row
    row.arguments = {**row.arguments, "positions": [each.pk for each, _ in chosen]}
    outbox.commit_request(
        row,
        commands.SetQuantities(
            location=row.key,
            rows=tuple(
                commands.QuantityRow(
                    item=each.item, quantity=step.quantity, change_from=step.change_from
                )
                for each, step in chosen
            ),
        ),
    )


@transaction.atomic
def _conclude(row: OutboxCommand, result: commands.CommandResult) -> None:
    """Book the answer: what was accepted, what was stale, what has to be set aside."""
    order = row.arguments["positions"]
    rows = {
        each.pk: each
        for each in StockPosition.objects.select_for_update()
        .filter(pk__in=order, command=row)
        .order_by("pk")
    }
    offenders = {each.index: each for each in result.rejected if each.index is not None}
    for index, pk in enumerate(order):
        if pk in rows and rows[pk].sent is not None:
            _book(rows[pk], offenders.get(index), applied=result.carried_out)
    if result.rejected and not offenders:
        _narrow(row, list(rows.values()), result.rejected[0].message)
    stock_ledger.save(list(rows.values()))
    if result.carried_out:
        divergences.settle_stock(row.channel, list(rows.values()))
    queue.settle(row)


def _book(row: StockPosition, refusal: commands.Rejected | None, *, applied: bool) -> None:
    value = stock_ledger.position(row)
    row.command = None
    if refusal is None and applied:
        stock_ledger.store(row, protocol.acknowledged(value))
        row.published_at = timezone.now()
    elif refusal is None:
        # Its batch was refused because of another row; this one just goes again.
        stock_ledger.store(row, protocol.not_applied(value))
        row.dirty = True
    elif refusal.code == commands.STALE:
        stock_ledger.store(row, protocol.refused(value))
        row.dirty = True
    else:
        stock_ledger.store(row, protocol.not_applied(value))
        row.set_aside = refusal.message
        row.dirty = False


def _narrow(row: OutboxCommand, rows: list[StockPosition], message: str) -> None:
    """The store refused a batch without saying which row: try half, down to the offender."""
    if len(rows) == 1:
        rows[0].set_aside = message
        rows[0].dirty = False
        return
    stock_ledger.request_write(row.channel, row.key, cause=row.cause, job=row.job)
    OutboxCommand.objects.filter(
        channel=row.channel, kind=row.kind, key=row.key, status="waiting"
    ).filter(request__isnull=True).update(arguments={"limit": max(len(rows) // 2, 1)})


@transaction.atomic
def _refused(row: OutboxCommand, message: str) -> None:
    """The store refused the whole call: what it carried waits with the reason."""
    rows = list(StockPosition.objects.select_for_update().filter(command=row).order_by("pk"))
    for each in rows:
        stock_ledger.store(each, protocol.not_applied(stock_ledger.position(each)))
        each.command, each.dirty, each.set_aside = None, False, message
    stock_ledger.save(rows)
    queue.settle(row)


@transaction.atomic
def _forget(row: OutboxCommand) -> None:
    """The key has aged beyond trust: read what became of the write, then decide afresh."""
    rows = list(StockPosition.objects.select_for_update().filter(command=row).order_by("pk"))
    for each in rows:
        stock_ledger.store(each, protocol.refused(stock_ledger.position(each)))
        each.command = None
        each.dirty = True
    stock_ledger.save(rows)
    queue.settle(row)
    stock_ledger.request_write(row.channel, row.key, cause=row.cause, job=row.job)
