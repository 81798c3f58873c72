"""Levels: what the store shows, compared with what it should show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from mapping.decide import stock as protocol
from mapping.decide.causes import Clues, likely_cause, units_at_risk
from mapping.models import Channel
from mapping.ownership import STOCK
from mapping.reasons import gettext_noop
from shopify_app import reads
from shopify_app.reads import LevelRead
from sync import calls, catalogue_ledger, divergences, queue, stock_ledger
from sync.failures import NotNeeded
from sync.flows import stock, stock_levels
from sync.models import Divergence, InboxMessage, Recurring, StockCorrection, StockPosition
from sync.stock_figures import Reckoner


def take_level(message: InboxMessage) -> None:
    """The store says that a level moved: our own echo, an order, or somebody's hand."""
    channel = message.channel
    item, _, location = message.key.partition("@")
    queue.supersede(message)
    row = StockPosition.objects.filter(channel=channel, item=item, location=location).first()
    if row is None:
        raise NotNeeded(gettext_noop("This item is not followed at this location."))
    if row.sent is not None or message.payload.get("available") == row.mirror:
        raise NotNeeded(gettext_noop("The store shows what we expected."))
    asked_at = timezone.now()
    with calls.store(channel, message) as client:
        levels = reads.levels(client, [item], location)
    compare(channel, location, levels, asked=[item], asked_at=asked_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """How many positions were looked at, and what came of it."""

    looked_at: int = 0
    differ: int = 0
    corrected: int = 0
    ask: int = 0

    def __add__(self, other: "Compared") -> "Compared":
        return Compared(
            looked_at=self.looked_at + other.looked_at,
            differ=self.differ + other.differ,
            corrected=self.corrected + other.corrected,
            ask=self.ask + other.ask,
        )


# Of a million rows, and none is saved: the fewer fields the better.
_LOOKED_AT = (
    *("sku", "item", "location", "mirror", "target", "sent", "unknown_web"),
    *("dirty", "needs_read", "held", "set_aside"),
)


def suspects(
    channel: Channel,
    location: str,
    levels: Mapping[str, LevelRead | None],
    *,
    thorough: bool = False,
) -> list[str]:
    """Return the items whose level is not plainly as it should be; note the others as seen.

    Reads without locks and decides nothing: a suspect is read again and compared.
    `thorough`: the target is computed afresh as well, for all that are equal.
    """
    rows = list(
        StockPosition.objects.filter(
            channel=channel, location=location, item__in=levels, stocked=""
        ).only(*_LOOKED_AT)
    )
    known = stock_ledger.known_open(channel, levels, location)
    plain = [row for row in rows if _is_plain(row, levels[row.item], known.get(row.item, 0))]
    if thorough:
        reckoner = Reckoner(channel, location, plain)
        found = ((row, reckoner.reckon(row)) for row in plain)
        plain = [row for row, each in found if each and each.target.quantity == row.mirror]
    StockPosition.objects.filter(pk__in=[row.pk for row in plain]).update(seen_at=timezone.now())
    as_it_should_be = {row.item for row in plain} - divergences.open_items(channel, plain)
    return [row.item for row in rows if row.item not in as_it_should_be]


def _is_plain(row: StockPosition, level: LevelRead | None, known_open: int) -> bool:
    if level is None or not level.tracked or row.mirror is None or row.set_aside:
        return False
    settled = not (row.dirty or row.needs_read or row.held) and row.sent is None
    equal = level.available == row.mirror == row.target
    return settled and equal and max(level.committed - known_open, 0) == row.unknown_web


@transaction.atomic
def compare(
    channel: Channel,
    location: str,
    levels: Mapping[str, LevelRead | None],
    *,
    asked: Sequence[str],
    asked_at: datetime,
) -> Compared:
    """Compare levels as just read with what they should be; correct, or ask.

    The same decision as the ordinary flow makes: a second comparison would one day
    call "different" what the flow calls "done".
    """
    # Locked until the end: whoever decides these meanwhile would be overwritten.
    followed = StockPosition.objects.filter(
        channel=channel, location=location, item__in=asked, stocked=""
    )
    before = {
        each.item: each
        for each in followed.order_by("pk").select_for_update()
        # A write of ours came after the question: the answer may be from before it.
        if each.published_at is None or each.published_at < asked_at
    }
    rows = stock_levels.take(channel, location, levels, asked=list(before))
    reckoner = Reckoner(channel, location, rows)
    corrected, right, ask = [], [], 0
    for row in rows:
        step = stock.decide(row, reckoner)
        if row.sent is not None:
            continue
        if not isinstance(step, protocol.SetQuantity):
            right.append(row)
            continue
        # What we already believed is a decision under way and no surprise.
        believed = before[row.item].mirror
        surprise = believed is not None and believed != row.mirror
        if surprise and not _correct(row, step, before[row.item]):
            ask += 1
        else:
            corrected.append(row.pk)
    stock_ledger.save(rows)
    divergences.settle_stock(channel, right)
    stock_ledger.mark_dirty(channel, StockPosition.objects.filter(pk__in=corrected))
    return Compared(
        looked_at=len(rows), differ=len(corrected) + ask, corrected=len(corrected), ask=ask
    )


@transaction.atomic
def _correct(row: StockPosition, step: protocol.SetQuantity, before: StockPosition) -> bool:
    """Write down a hand-made difference. True: the rule corrects it; False: a person decides.

    A level that is too high is lowered at once, whatever its size: it sells what is
    not there. One that is too low may be somebody's intention, so beyond a few units
    raising it again asks first.
    """
    shown = step.change_from or 0
    difference = divergences.open_difference(
        row.channel,
        field=STOCK,
        key=divergences.stock_key(row),
        expected=str(step.quantity),
        found=str(shown),
        cause=_cause(row, step, before),
        units=units_at_risk(expected=step.quantity, found=shown),
        price=catalogue_ledger.price_of(row.channel, row.sku),
    )
    by_rule = step.quantity - shown <= row.channel.auto_correct_units
    correction, _created = StockCorrection.objects.get_or_create(
        divergence=difference, defaults={"before": shown, "after": step.quantity}
    )
    if correction.status != StockCorrection.Status.PROPOSED:
        return correction.status != StockCorrection.Status.REJECTED
    changes: dict[str, object] = {"before": shown, "after": step.quantity}
    if by_rule:
        changes |= {
            "status": StockCorrection.Status.APPROVED,
            "by_rule": True,
            "decided_at": timezone.now(),
        }
    StockCorrection.objects.filter(
        pk=correction.pk, status=StockCorrection.Status.PROPOSED
    ).update(**changes)
    StockPosition.objects.filter(pk=row.pk).update(held=not by_rule)
    return by_rule


def _cause(
    row: StockPosition, step: protocol.SetQuantity, before: StockPosition
) -> Divergence.Cause:
    clues = Clues(
        believed=before.mirror or 0,
        found=row.mirror or 0,
        expected=step.quantity,
        unknown_web=row.unknown_web,
        in_doubt=before.needs_read,
        last_sent=before.target,
        erp_silent=_is_silent(row.channel),
    )
    return Divergence.Cause(likely_cause(clues))


def _is_silent(channel: Channel) -> bool:
    """Return whether an ERP that we ask for stock has not answered for too long."""
    since = timezone.now() - timedelta(minutes=channel.alarm_minutes)
    polls = Recurring.objects.filter(
        connection__company=channel.company_id, kind=Recurring.Kind.POLL_STOCK
    )
    return polls.filter(last_ok_at__lt=since).exclude(connection__kind="push").exists()
