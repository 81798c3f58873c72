"""People: what staff decide takes the road that everything else takes."""

from mapping.models import Channel
from sync import stock_ledger
from sync.models import InboxMessage, StockPosition


def correct_stock(message: InboxMessage) -> None:
    """Let a position be decided again after a person said so."""
    _release(message.channel, message.payload["positions"], message)


def let_mass_change_go(message: InboxMessage) -> None:
    """Let the positions of a mass change be written: a person saw them and said yes."""
    held = StockPosition.objects.filter(
        channel=message.channel, mass_change=message.payload["mass_change"]
    )
    keys = list(held.values_list("pk", flat=True))
    positions = StockPosition.objects.filter(pk__in=keys)
    positions.update(mass_change=None)
    stock_ledger.mark_dirty(message.channel, positions, cause=message)


def _release(channel: Channel, keys: list[int], message: InboxMessage) -> None:
    # The level is read first: what the person saw may be minutes old.
    positions = StockPosition.objects.filter(channel=channel, pk__in=keys)
    positions.update(held=False, needs_read=True, allowed=True, refused=False)
    stock_ledger.mark_dirty(channel, positions, cause=message)
