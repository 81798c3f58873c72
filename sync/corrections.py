"""Act on what a person decided about a difference.

A correction takes the road that an ordinary change takes: it enters the inbox as a
message, so ownership, retries and history need no second version.
"""

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from sync import audit, inbox
from sync.models import Divergence, Priority, StockCorrection, StockPosition

Status = StockCorrection.Status


@transaction.atomic
def approve(correction: StockCorrection, *, by: User) -> bool:
    """Approve a correction and queue it. Return False if someone else decided first."""
    if not _decide(correction, Status.APPROVED, by):
        return False
    divergence = correction.divergence
    inbox.receive(
        divergence.channel,
        message_id=f"correction:{correction.pk}",
        topic="person/stock",
        key=divergence.key,
        payload={"positions": _positions(divergence)},
        priority=Priority.STOCK,
    )
    return True


@transaction.atomic
def reject(correction: StockCorrection, *, by: User) -> bool:
    """Leave the store's number as it is until somebody releases the position."""
    if not _decide(correction, Status.REJECTED, by):
        return False
    _close(correction.divergence)
    return True


@transaction.atomic
def dismiss(divergence: Divergence, *, by: User) -> bool:
    """Leave a difference as it is. False: it was closed or decided meanwhile."""
    correction = StockCorrection.objects.filter(divergence=divergence).first()
    if correction is not None:
        return reject(correction, by=by)
    if not _close(divergence):
        return False
    audit.note(
        by, "dismiss", str(divergence), channel=divergence.channel, difference=divergence.pk
    )
    return True


@transaction.atomic
def release(position: StockPosition, *, by: User) -> None:
    """Let a position be read and decided afresh, whatever was decided before."""
    moment = timezone.now().isoformat()
    audit.note(by, "release", str(position), channel=position.channel)
    inbox.receive(
        position.channel,
        message_id=f"release:{position.pk}:{moment}",
        topic="person/stock",
        key=f"{position.sku}@{position.location}",
        payload={"positions": [position.pk]},
        priority=Priority.STOCK,
    )


def _decide(correction: StockCorrection, status: str, by: User) -> bool:
    decided = StockCorrection.objects.filter(pk=correction.pk, status=Status.PROPOSED).update(
        status=status, decided_by=by, decided_at=timezone.now()
    )
    if not decided:
        return False
    audit.note(
        by,
        "approve" if status == Status.APPROVED else "reject",
        str(correction),
        channel=correction.divergence.channel,
        difference=correction.divergence_id,
        before=correction.before,
        after=correction.after,
    )
    return True


def _positions(divergence: Divergence) -> list[int]:
    sku, _, location = divergence.key.partition("@")
    rows = StockPosition.objects.filter(channel=divergence.channel, sku=sku, location=location)
    return list(rows.values_list("pk", flat=True))


def _close(divergence: Divergence) -> int:
    return Divergence.objects.filter(pk=divergence.pk, status=Divergence.Status.OPEN).update(
        status=Divergence.Status.DISMISSED, closed_at=timezone.now()
    )
