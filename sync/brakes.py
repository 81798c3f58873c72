"""The brake: stock that would change on a large scale waits for a person.

What is held keeps the figure the store shows. Every figure that comes in meanwhile is
weighed again, so a mass change that the ERP takes back releases itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
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
    """Return the writes that may leave; the others are held. Call it in a transaction.

    The caller saves the positions.
    """
    held = MassChange.objects.filter(channel=channel, location=location, status=Status.HELD)
    open_change = held.select_for_update().first()
    stopped = _stopped(channel, location, steps, open_change)
    free = []
    for step in steps:
        if step.move in stopped and not step.row.allowed:
            open_change = open_change or _open(channel, location)
            step.row.mass_change = open_change
            step.row.dirty = False
        else:
            step.row.mass_change = None
            free.append(step)
    if open_change is not None:
        _refresh(open_change, steps)
    return free


def _stopped(
    channel: Channel, location: str, steps: Sequence[Step], held: MassChange | None
) -> frozenset[Move]:
    asked = [step for step in steps if step.move and not step.row.allowed]
    if not asked:
        return frozenset()
    since = timezone.now() - WINDOW
    rows = StockPosition.objects.filter(channel=channel, location=location)
    waiting = rows.filter(mass_change=held).exclude(pk__in=[each.row.pk for each in steps])
    also = [_held_move(row) for row in waiting] if held else []
    moves = [step.move for step in asked if step.move]
    return brake.stops(
        rules.brake_limits(channel),
        [*moves, *(each for each in also if each in moves)],
        zeroed=rows.filter(zeroed_at__gt=since).count(),
        moved=rows.filter(moved_at__gt=since).count(),
        with_stock=rows.filter(mirror__gt=0).count(),
    )


def _held_move(row: StockPosition) -> Move | None:
    return brake.move_of(shown=row.mirror, quantity=row.target or 0)


def _open(channel: Channel, location: str) -> MassChange:
    return MassChange.objects.create(channel=channel, location=location)


def _refresh(change: MassChange, steps: Sequence[Step]) -> None:
    """Count what is held now; nothing left means that the ERP took it back."""
    now_held = [step.row for step in steps if step.row.mass_change_id == change.pk]
    seen = [step.row.pk for step in steps]
    rows = [*StockPosition.objects.filter(mass_change=change).exclude(pk__in=seen), *now_held]
    moves = [_held_move(row) for row in rows]
    change.to_zero, change.large = moves.count(Move.TO_ZERO), moves.count(Move.LARGE)
    change.followed = StockPosition.objects.filter(
        channel=change.channel_id, location=change.location, mirror__gt=0
    ).count()
    change.preview = [
        {"sku": row.sku, "shown": row.mirror, "would": row.target} for row in rows[:_MOST_SHOWN]
    ]
    if not rows:
        change.status = Status.PASSED
        change.decided_at = timezone.now()
    change.save()


def tidy(channel: Channel, location: str) -> None:
    """Close a held change of which nothing is held any more."""
    for change in MassChange.objects.filter(
        channel=channel, location=location, status=Status.HELD
    ).select_for_update():
        if not StockPosition.objects.filter(mass_change=change).exists():
            MassChange.objects.filter(pk=change.pk).update(
                status=Status.PASSED, decided_at=timezone.now()
            )


@transaction.atomic
def approve(change: MassChange, *, by: User) -> bool:
    """Let a held change go. Return False if somebody decided first, or it is over."""
    if not _decide(change, Status.APPROVED, by):
        return False
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
    StockPosition.objects.filter(mass_change=change).update(mass_change=None)
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
