"""What the store answered to a stock write, row by row."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from mapping.decide import stock as protocol
from shopify_app import commands
from sync import divergences, latency, queue, stock_ledger
from sync.models import LatencyBucket, OutboxCommand, StockPosition


@transaction.atomic
def conclude(row: OutboxCommand, result: commands.CommandResult) -> None:
    """Book the answer: what was accepted, what was stale, what has to be set aside."""
    order = row.arguments["positions"]
    rows = {
        each.pk: each
        for each in StockPosition.objects.select_for_update()
        .filter(pk__in=order, command=row)
        .order_by("pk")
    }
    offenders = {each.index: each for each in result.rejected if each.index is not None}
    since = [moment and datetime.fromisoformat(moment) for moment in row.arguments["since"]]
    arrived = []
    for index, pk in enumerate(order):
        if pk not in rows or rows[pk].sent is None:
            continue
        if _book(rows[pk], offenders.get(index), applied=result.carried_out):
            arrived.append(since[index])
        elif since[index]:
            # Still not shown: its delay goes on.
            rows[pk].changed_at = min(since[index], rows[pk].changed_at or since[index])
    if result.rejected and not offenders:
        _narrow(row, list(rows.values()), result.rejected[0].message)
    stock_ledger.save(list(rows.values()))
    latency.note(row.channel, LatencyBucket.Stream.STOCK, filter(None, arrived), at=timezone.now())
    if result.carried_out:
        divergences.settle_stock(row.channel, list(rows.values()))
        stock_ledger.make_room(row.channel, [each.sku for each in rows.values()])
    queue.settle(row)


def _book(row: StockPosition, refusal: commands.Rejected | None, *, applied: bool) -> bool:
    """Book what became of one row, and return whether the store shows it now."""
    value = stock_ledger.position(row)
    row.command = None
    if refusal is None and applied:
        stock_ledger.store(row, protocol.acknowledged(value))
        row.published_at = row.seen_at = timezone.now()
        return True
    if refusal is None:
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
    return False


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
def refused(row: OutboxCommand, message: str) -> None:
    """The store refused the whole call: what it carried waits with the reason."""
    rows = list(StockPosition.objects.select_for_update().filter(command=row).order_by("pk"))
    for each in rows:
        stock_ledger.store(each, protocol.not_applied(stock_ledger.position(each)))
        each.command, each.dirty, each.set_aside = None, False, message
    stock_ledger.save(rows)
    queue.settle(row)


@transaction.atomic
def forget(row: OutboxCommand) -> None:
    """The key has aged beyond trust: read what became of the write, then decide afresh."""
    rows = list(StockPosition.objects.select_for_update().filter(command=row).order_by("pk"))
    for each in rows:
        stock_ledger.store(each, protocol.refused(stock_ledger.position(each)))
        each.command = None
        each.dirty = True
    stock_ledger.save(rows)
    queue.settle(row)
    stock_ledger.request_write(row.channel, row.key, cause=row.cause, job=row.job)
