"""Stock: the ERP counts, the store shows."""

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from mapping import rules
from mapping.decide import stock as protocol
from mapping.documents import StockLevel, load
from mapping.models import Channel
from shopify_app import commands, reads
from shopify_app.client import ShopifyClient
from shopify_app.errors import ShopifyAccessDenied, ShopifyRejected
from sync import (
    brakes,
    calls,
    explain,
    outbox,
    stock_intake,
    stock_ledger,
)
from sync.brakes import Step
from sync.flows import stock_answers, stock_levels
from sync.models import InboxMessage, OutboxCommand, StockPosition
from sync.stock_figures import Reckoner

BATCH = 250
# Positions that are weighed at once, and how often before something must leave.
_WEIGHED, _MOST_WEIGHINGS = 1000, 50
# Names our kind of lock among PostgreSQL's advisory locks.
_DIVIDING = 20_411


def take_changes(message: InboxMessage) -> None:
    """Read again what the ERP says changed, and queue the writes that calls for."""
    erp_connection = message.channel.company.erpconnection
    skus = message.payload["skus"]
    # Ours is taken before the question: what happens meanwhile may be in the answer
    # or not, and must not be taken for contained.
    asked_at = timezone.now()
    with calls.erp(erp_connection, channel=message.channel, row=message) as erp:
        levels = erp.read_stock(skus)
    stock_intake.accept_levels(
        erp_connection, levels, asked_at=asked_at, cause=message, job=message.job
    )


def take_pushed(message: InboxMessage) -> None:
    """Take over figures that the ERP sent us of its own accord."""
    erp_connection = message.channel.company.erpconnection
    levels = [load(StockLevel, each) for each in message.payload["levels"]]
    # They were counted before they were sent, and we know no better when; a clock that
    # is ahead of ours must not claim what happened since.
    asked_at = min([message.created_at, *(level.as_of for level in levels)])
    stock_intake.accept_levels(erp_connection, levels, asked_at=asked_at, cause=message)


def send(row: OutboxCommand) -> None:
    """Write what is dirty at one location: decreases first, 250 at a time."""
    channel, location = row.channel, row.key
    with calls.store(channel, row) as client:
        if row.request is None:
            _read_levels(channel, location, client)
            if _dirty(channel, location).count() > BATCH:
                _weigh(channel, location)
            on_its_way = _prepare(row)
        elif outbox.key_is_stale(row):
            stock_answers.forget(row)
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
        stock_answers.refused(row, str(refusal))
        raise
    stock_answers.conclude(row, result)


def _dirty(channel: Channel, location: str) -> QuerySet[StockPosition]:
    return StockPosition.objects.filter(
        channel=channel, location=location, dirty=True, sent=None, stocked=""
    ).order_by("pk")


def _read_levels(channel: Channel, location: str, client: ShopifyClient) -> None:
    """Read the levels that the protocol cannot go on without, in one call."""
    unread = _dirty(channel, location).filter(needs_read=True) | _dirty(channel, location).filter(
        mirror=None, never_stocked=False
    )
    items = list(unread.values_list("item", flat=True)[:BATCH])
    if items:
        stock_levels.take(channel, location, reads.levels(client, items, location), asked=items)


def _weigh(channel: Channel, location: str) -> None:
    """Decide what is dirty, so that of very many the largest decreases can go first."""
    for _ in range(_MOST_WEIGHINGS):
        with transaction.atomic():
            undecided = _dirty(channel, location).filter(
                Q(decided_at=None) | Q(decided_at__lt=F("dirty_at"))
            )
            rows = list(undecided.order_by("pk").select_for_update()[:_WEIGHED])
            reckoner = Reckoner(channel, location, rows)
            for each in rows:
                step = decide(each, reckoner)
                may_go = isinstance(step, protocol.SetQuantity) and _may_go(each, step)
                each.dirty = may_go or isinstance(step, protocol.ReadLevel)
            stock_ledger.save(rows)
        if len(rows) < _WEIGHED:
            return


@transaction.atomic
def _prepare(row: OutboxCommand) -> bool:
    """Decide the most urgent positions and commit one request. False: nothing to write."""
    channel, location = row.channel, row.key
    _one_at_a_time(channel)
    limit = int(row.arguments.get("limit", BATCH))
    urgent = list(_most_urgent(channel, location).values_list("pk", flat=True)[:limit])
    # Locked in the order that everybody locks them in.
    rows = list(_dirty(channel, location).filter(pk__in=urgent).select_for_update())
    reckoner = Reckoner(channel, location, rows)
    steps: list[Step] = []
    for each in rows:
        write = decide(each, reckoner)
        each.dirty = isinstance(write, protocol.ReadLevel)
        if isinstance(write, protocol.SetQuantity) and _may_go(each, write):
            steps.append(Step(row=each, write=write))
    steps.sort(key=lambda each: each.write.quantity - (each.write.change_from or 0))
    chosen = brakes.pass_through(channel, location, steps) if steps else []
    if chosen:
        _commit(row, chosen)
    stock_ledger.save(rows)
    brakes.keep_count(channel, location)
    return bool(chosen)


def _most_urgent(channel: Channel, location: str) -> QuerySet[StockPosition]:
    """A number that is too high sells what is not there; one too low only waits."""
    falls = Coalesce("target", 0) - Coalesce("mirror", 0)
    return _dirty(channel, location).order_by(falls, "pk")


def _one_at_a_time(channel: Channel) -> None:
    """Stores that divide a warehouse decide one after the other.

    Two that raised their parts at the same moment would each count on room that the
    other takes.
    """
    if rules.divides(channel):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_DIVIDING, channel.company_id])


def _may_go(row: StockPosition, step: protocol.SetQuantity) -> bool:
    """While a person is asked nothing is raised; what is not there is never offered."""
    return not row.held or step.quantity < (step.change_from or 0)


def decide(
    row: StockPosition, reckoner: Reckoner
) -> protocol.SetQuantity | protocol.ReadLevel | None:
    """Decide one position and note how its number came about."""
    row.decided_at = timezone.now()
    reckoning = None if row.stocked else reckoner.reckon(row)
    if reckoning is None:
        return None
    row.target = reckoning.target.quantity
    row.explanation = explain.note(reckoning)
    if row.refused:
        return None
    step = protocol.decide_stock(
        stock_ledger.position(row), reckoning.target, owner=reckoner.owner
    )
    if step is None and row.sent is None:
        # The store shows it: there is no delay left to measure, and nothing to allow.
        row.changed_at, row.allowed, row.mass_change = None, False, None
    return step


def _commit(row: OutboxCommand, chosen: list[Step]) -> None:
    now = timezone.now()
    since = [each.row.changed_at for each in chosen]
    for each in chosen:
        value = protocol.sent(stock_ledger.position(each.row), each.write.quantity)
        stock_ledger.store(each.row, value)
        each.note(now)
        each.row.command = row
        # From here on a further change has a delay of its own.
        each.row.changed_at, each.row.allowed = None, False
    row.arguments = {
        **row.arguments,
        "positions": [each.row.pk for each in chosen],
        "quantities": [each.write.quantity for each in chosen],
        "since": [moment.isoformat() if moment else None for moment in since],
    }
    outbox.commit_request(
        row,
        commands.SetQuantities(
            location=row.key,
            rows=tuple(
                commands.QuantityRow(
                    item=each.row.item,
                    quantity=each.write.quantity,
                    change_from=each.write.change_from,
                )
                for each in chosen
            ),
        ),
    )
