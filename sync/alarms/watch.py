"""Look at a channel and write down what is wrong with it."""

from collections.abc import Collection
from datetime import datetime

from django.utils import timezone

from mapping.models import Channel
from sync.alarms import ledger, silence, stock, work
from sync.alarms.finding import Finding, Kind

# A paused channel rests on purpose. What was wrong with its stock before still is, for
# all we know; that nothing comes is what was asked for.
_LOOKED_AT_WHILE_PAUSED = frozenset(
    {Kind.WAITING, Kind.STORE_DOWN, Kind.ERP_DOWN, Kind.ERP_SILENT, Kind.ORDERS_SILENT}
)


def watch(channel: Channel, *, now: datetime | None = None) -> None:
    """Open, refresh and close the alarms of a channel, and have people told."""
    moment = now or timezone.now()
    ledger.settle(channel, look(channel, now=moment), kinds=kinds(channel), now=moment)


def look(channel: Channel, *, now: datetime) -> list[Finding]:
    """Return what is wrong with a channel. It reads, and neither writes nor calls out."""
    found = [*work.connections(channel, now), *work.waiting(channel, now)]
    if channel.mode == Channel.Mode.PAUSED:
        return found
    found += [
        *work.set_aside(channel),
        *stock.oversold(channel),
        *stock.mass_changes(channel),
        *stock.differences(channel, now),
        *silence.orders(channel, now),
    ]
    return [*found, *silence.erp(channel, now, {each.kind for each in found})]


def kinds(channel: Channel) -> Collection[Kind]:
    """Return the kinds of alarm that a look at this channel can find, and find over."""
    return _LOOKED_AT_WHILE_PAUSED if channel.mode == Channel.Mode.PAUSED else frozenset(Kind)
