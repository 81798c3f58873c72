"""The connectors this installation has. To add one, add a line."""

from collections.abc import Callable

from django.core.exceptions import ImproperlyConfigured

from erp_connectors.contract import ErpConnector
from erp_connectors.models import ErpConnection
from erp_connectors.push.connector import PushConnector
from erp_connectors.sql.connector import SqlConnector
from erp_connectors.tryton.connector import TrytonConnector
from mapping.documents import CallRecord, Recorder


def _unrecorded(_call: CallRecord) -> None:
    """Drop the record: for health checks and screens, which move nothing."""


CONNECTORS: dict[str, Callable[[ErpConnection, Recorder], ErpConnector]] = {
    "sql": SqlConnector.open,
    "tryton": TrytonConnector.open,
    "push": PushConnector.open,
}


def open_connector(connection: ErpConnection, *, record: Recorder = _unrecorded) -> ErpConnector:
    """Return the connector for a connection, ready to call; close it after use."""
    try:
        build = CONNECTORS[connection.kind]
    except KeyError:
        known = ", ".join(sorted(CONNECTORS))
        raise ImproperlyConfigured(
            f"{connection} has kind {connection.kind!r}; known kinds: {known}"
        ) from None
    return build(connection, record)
