"""Open the two sides so that every call leaves an Attempt."""

from collections.abc import Iterator
from contextlib import contextmanager

from erp_connectors.contract import ErpConnector
from erp_connectors.models import ErpConnection
from erp_connectors.registry import open_connector
from mapping.documents import CallRecord, Recorder
from mapping.models import Channel
from shopify_app.client import ShopifyClient
from shopify_app.limiter import Priority as CallPriority
from sync.models import Attempt, InboxMessage, OutboxCommand, Priority, QueuedRow

_PRIORITIES = {
    Priority.STOCK: CallPriority.STOCK,
    Priority.ORDERS: CallPriority.ORDERS,
    Priority.NORMAL: CallPriority.NORMAL,
    Priority.BULK: CallPriority.BULK,
}


@contextmanager
def store(
    channel: Channel, row: QueuedRow | None = None, *, priority: Priority = Priority.NORMAL
) -> Iterator[ShopifyClient]:
    """Open the channel's store; `row` is what the calls are made for."""
    asked = Priority(row.priority) if row else priority
    with ShopifyClient.for_shop(
        channel.shop, record=recorder(channel, row), priority=_PRIORITIES[asked]
    ) as client:
        yield client


@contextmanager
def erp(
    connection: ErpConnection, *, channel: Channel | None = None, row: QueuedRow | None = None
) -> Iterator[ErpConnector]:
    connector = open_connector(connection, record=recorder(channel, row))
    try:
        yield connector
    finally:
        connector.close()


def recorder(channel: Channel | None, row: QueuedRow | None = None) -> Recorder:
    """Return a function that stores each call as an Attempt, tied to its reason."""
    message = row if isinstance(row, InboxMessage) else None
    command = row if isinstance(row, OutboxCommand) else None

    def record(call: CallRecord) -> None:
        Attempt.objects.create(
            channel=channel,
            message=message,
            command=command,
            system=call.system,
            operation=call.operation,
            is_write=call.is_write,
            outcome=call.outcome,
            idempotency_key=call.idempotency_key[:200],
            request_id=call.request_id[:100],
            cost=call.cost,
            milliseconds=call.milliseconds,
            error=call.error[:2000],
            answer=call.answer,
            started_at=call.started_at,
        )

    return record
