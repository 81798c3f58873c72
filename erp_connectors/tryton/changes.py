"""Asks Tryton which records changed, by the stamp that every record carries."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from erp_connectors.tryton.client import Row, TrytonClient
from erp_connectors.tryton.cursors import EPOCH, Event, Position

STAMP = "last_modified_at"
ANY_STATE = ["active", "in", [True, False]]

# A place to look: the model, which of its records, and the field with the record that is
# meant ("id" for itself).
Source = tuple[str, list[Any], str]


def changed(client: TrytonClient, sources: Iterable[Source], since: datetime) -> list[Event]:
    """Return every change since a moment, that moment included."""
    events: list[Event] = []
    for model, domain, target in sources:
        query = [[STAMP, ">=", since], *domain]
        rows = client.search(model, query, [STAMP, target])
        events += [event for row in rows if (event := _event(row, target))]
    return events


def _event(row: Row, target: str) -> Event | None:
    value = row.get(target)
    if isinstance(value, str):
        # A reference to a record of any model: "stock.shipment.out,12".
        value = int(value.rpartition(",")[2] or 0)
    return Event(row[STAMP], int(value)) if value else None


def present(client: TrytonClient, sources: Iterable[Source], overlap: timedelta) -> Position:
    """Return the position at which a full read that starts now leaves off.

    Changes that are visible now will be in the full read; later ones, and slow
    transactions still under way, come after this position.
    """
    sources = list(sources)
    newest = [
        row[STAMP]
        for model, domain, _ in sources
        for row in client.search(model, domain, [STAMP], order=[(STAMP, "DESC")], limit=1)
    ]
    high = max(newest, default=EPOCH)
    events = changed(client, sources, high - overlap)
    return Position(high=high, done=frozenset(event.stamp for event in events))
