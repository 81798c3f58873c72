"""The brake: stock that would change on a large scale waits for a person.

What is held keeps the figure the store shows. Every figure that comes in meanwhile is
weighed again, so a mass change that the ERP takes back releases itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, F, Q
from django.utils import timezone

from mapping import rules
from mapping.decide import brake
from mapping.decide.brake import Move
from mapping.decide.stock import SetQuantity
from mapping.models import Channel
from sync import audit, inbox
from sync.models import MassChange, Priority, StockPosition

Status = MassChange.Status
WINDOW = timedelta(hours=1)
TOPIC = "person/mass_change"
_MOST_SHOWN = 200
NOTHING: frozenset[Move] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One write that was decided, and what kind of move it is."""

    row: StockPosition
    write: SetQuantity

    @property
    def move(self) -> Move | None:
        return brake.move_of(shown=self.write.change_from, quantity=self.write.quantity)

    def note(self, now: datetime) -> None:
        """Remember on the position what the hour's next moves are counted with."""
        if self.move is Move.TO_ZERO:
            self.row.zeroed_at = now
        elif self.move is Move.LARGE:
            self.row.moved_at = now


def pass_through(channel: Channel, location: str, steps: Sequence[Step]) -> list[Step]:
    """Return the writes that may leave; the others are held.

    Call it in a transaction, save the positions, then call `keep_count`.
    """
    held = MassChange.objects.filter(channel=channel, location=location, status=Status.HELD)
    open_change = held.select_for_update().first()
    stopped = _stopped(channel, location, steps, open_change)
    free = []
    for step in steps:
        if step.move in stopped and not step.row.allowed:
            open_change = open_change or MassChange.objects.create(
                channel=channel, location=location
            )
            step.row.mass_change = open_change
            step.row.dirty = False
        else:
            step.row.mass_change = None
            free.append(step)
    return free


def _stopped(
    channel: Channel, location: str, steps: Sequence[Step], held: MassChange | None
) -> frozenset[Move]:
    moves = [step.move for step in steps if step.move and not step.row.allowed]
    if not moves:
        return NOTHING
    since = timezone.now() - WINDOW
    rows = StockPosition.objects.filter(channel=channel, location=location)
    waiting = _counts(held, besides=steps) if held else {}
    stops = partial(
        brake.stops,
        rules.brake_limits(channel),
        moves,
        zeroed=rows.filter(zeroed_at__gt=since).count() + waiting.get(Move.TO_ZERO, 0),
        moved=rows.filter(moved_at__gt=since).count() + waiting.get(Move.LARGE, 0),
    )
    # Items with stock only widen the limits, and counting them is the dear part.
    return stops(with_stock=rows.filter(mirror__gt=0).count()) if stops(with_stock=0) else NOTHING


def _counts(change: MassChange, *, besides: Sequence[Step] = ()) -> dict[Move, int]:
    """Return how many positions a change holds back, by what they would do."""
    rows = change.positions.exclude(pk__in=[step.row.pk for step in besides])
    found = rows.aggregate(every=Count("pk"), zero=Count("pk", filter=Q(target=0)))
    return {Move.TO_ZERO: found["zero"], Move.LARGE: found["every"] - found["zero"]}


def keep_count(channel: Channel, location: str) -> None:
    """Bring a held change's figures up to date; nothing left means it is over."""
    change = MassChange.objects.filter(
        channel=channel, location=location, status=Status.HELD
    ).first()
    if change is None:
        return
    counts = _counts(change)
    change.to_zero, change.large = counts[Move.TO_ZERO], counts[Move.LARGE]
    rows = StockPosition.objects.filter(channel=channel, location=location, mirror__gt=0)
    change.followed = rows.count()
    # The greatest fall first.
    worst = change.positions.order_by(F("target") - F("mirror"), "sku")[:_MOST_SHOWN]
    change.preview = [{"sku": r.sku, "shown": r.mirror, "would": r.target} for r in worst]
    if not any(counts.values()):
        change.status, change.decided_at = Status.PASSED, timezone.now()
    change.save()


@transaction.atomic
def approve(change: MassChange, *, by: User) -> bool:
    """Let a held change go. Return False if somebody decided first, or it is over."""
    if not _decide(change, Status.APPROVED, by):
        return False
    # At once: a figure that comes in before the message must not hold them again.
    change.positions.update(allowed=True)
    inbox.receive(
        change.channel,
        message_id=f"mass_change:{change.pk}",
        topic=TOPIC,
        key=str(change.pk),
        payload={"mass_change": change.pk},
        priority=Priority.STOCK,
    )
    return True


@transaction.atomic
def reject(change: MassChange, *, by: User) -> bool:
    """Leave the store as it is until the ERP gives other figures for these items."""
    if not _decide(change, Status.REJECTED, by):
        return False
    change.positions.update(mass_change=None, refused=True)
    return True


def _decide(change: MassChange, status: str, by: User) -> bool:
    decided = MassChange.objects.filter(pk=change.pk, status=Status.HELD).update(
        status=status, decided_by=by, decided_at=timezone.now()
    )
    if decided:
        audit.note(
            by,
            "approve_mass_change" if status == Status.APPROVED else "reject_mass_change",
            str(change),
            channel=change.channel,
            to_zero=change.to_zero,
            large=change.large,
        )
    return bool(decided)
