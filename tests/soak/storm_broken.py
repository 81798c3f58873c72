"""Bridges that are broken on purpose. A storm that cannot tell them apart proves nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection

from mapping.decide import stock as protocol
from shopify_app import commands
from sync import outbox, queue
from sync.flows import stock
from sync.models import OutboxCommand, StockPosition
from sync.stock_claims import Claim

_LANE = """      AND NOT EXISTS (
        SELECT 1 FROM {table} p WHERE p.lane = o.lane AND p.id <> o.id
        AND (p.status = 'running' OR (p.status = 'waiting' AND p.id < o.id)))
"""
_ONE_PER_LANE = "outboxcommand_one_running_per_lane"


@contextmanager
def whole(_patch: pytest.MonkeyPatch) -> Iterator[None]:
    """The bridge as it is."""
    yield


@contextmanager
def without_compare_and_set(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """It sets what it computed, whatever the store shows by then."""
    real = outbox.commit_request

    def commit(row: OutboxCommand, command: commands.Command) -> None:
        if isinstance(command, commands.SetQuantities):
            blind = tuple(replace(each, change_from=None) for each in command.rows)
            command = replace(command, rows=blind)
        real(row, command)

    patch.setattr(outbox, "commit_request", commit)
    yield


@contextmanager
def without_orders_in_flight(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """It forgets the orders that came while a write was on its way."""
    real = protocol.order_changed

    def order_changed(
        position: protocol.Position, units: int, *, in_last_read: bool
    ) -> protocol.Position:
        return replace(real(position, units, in_last_read=in_last_read), since=position.since)

    patch.setattr(protocol, "order_changed", order_changed)
    yield


@contextmanager
def mirror_is_what_was_sent(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """It takes an accepted write for what the store shows now."""
    real = protocol.acknowledged

    def acknowledged(position: protocol.Position) -> protocol.Position:
        return replace(real(position), mirror=position.sent)

    patch.setattr(protocol, "acknowledged", acknowledged)
    yield


@contextmanager
def blind_to_orders_on_their_way(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """It shows what the ERP has, and forgets the orders that the ERP does not know."""
    patch.setattr(Claim, "pending", lambda *_: 0)
    yield


@contextmanager
def two_writers_per_lane(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """A second worker takes up what the first has not finished."""
    real_decide, real_dirty = protocol.decide_stock, stock._dirty
    assert _LANE in queue._CLAIM
    patch.setattr(queue, "_CLAIM", queue._CLAIM.replace(_LANE, ""))
    patch.setattr(stock, "_dirty", _with_those_in_flight(real_dirty))

    def decide(position: protocol.Position, *words: Any, **more: Any) -> Any:
        return real_decide(replace(position, sent=None), *words, **more)

    patch.setattr(protocol, "decide_stock", decide)
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [_ONE_PER_LANE])
        (index,) = cursor.fetchone()
        cursor.execute(f"DROP INDEX {_ONE_PER_LANE}")
    try:
        yield
    finally:
        OutboxCommand.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(index)


def _with_those_in_flight(_real: Callable[..., Any]) -> Callable[..., Any]:
    def dirty(channel: Any, location: str) -> Any:
        return StockPosition.objects.filter(
            channel=channel, location=location, dirty=True, stocked=""
        ).order_by("pk")

    return dirty


BROKEN = (
    without_compare_and_set,
    without_orders_in_flight,
    two_writers_per_lane,
    mirror_is_what_was_sent,
    blind_to_orders_on_their_way,
)
