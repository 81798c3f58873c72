"""Which writes carried a position's number, and what made us send them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sync.models import Attempt, InboxMessage, OutboxCommand, StockPosition

# Writes of a location that are looked through: each may carry 250 positions, and nothing
# finds one position among them by index.
_LOOKED_THROUGH = 2000
_LASTS_AT_MOST = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One write that carried a position, as far as it came."""

    command: OutboxCommand
    call: Attempt | None
    quantity: int | None

    @property
    def at(self) -> datetime:
        return self.call.started_at if self.call else self.command.created_at

    @property
    def cause(self) -> InboxMessage | None:
        return self.command.cause


def last_writes(
    position: StockPosition, *, most: int = 10, since: datetime | None = None
) -> list[Write]:
    """Return the last writes that carried a position, the newest first.

    Only the newest writes of its location are looked through.
    """
    ours = OutboxCommand.objects.filter(
        channel=position.channel_id, kind="stock", key=position.location
    )
    if since is not None:
        ours = ours.filter(created_at__gte=since)
    newest = ours.order_by("-pk").values("pk")[:_LOOKED_THROUGH]
    found = (
        OutboxCommand.objects.filter(pk__in=newest, arguments__positions__contains=[position.pk])
        .select_related("cause")
        .order_by("-pk")[:most]
    )
    commands = {row.pk: row for row in found}
    calls = Attempt.objects.filter(command__in=commands, is_write=True).order_by("pk")
    last = {call.command_id: call for call in calls}
    return [
        Write(command=row, call=last.get(row.pk), quantity=_quantity(row, position.pk))
        for row in commands.values()
    ]


def last_write(position: StockPosition) -> Write | None:
    """Return the write that the store accepted last, however many came after it."""
    if position.published_at is None:
        return None
    call = (
        Attempt.objects.filter(
            channel=position.channel_id,
            started_at__range=(position.published_at - _LASTS_AT_MOST, position.published_at),
            is_write=True,
            command__kind="stock",
            command__key=position.location,
            command__arguments__positions__contains=[position.pk],
        )
        .select_related("command__cause")
        .order_by("-started_at")
        .first()
    )
    if call is None or call.command is None:
        return None
    quantity = _quantity(call.command, position.pk)
    return Write(command=call.command, call=call, quantity=quantity)


def _quantity(row: OutboxCommand, position: int) -> int | None:
    carried = dict(
        zip(row.arguments.get("positions", ()), row.arguments.get("quantities", ()), strict=False)
    )
    return carried.get(position)
