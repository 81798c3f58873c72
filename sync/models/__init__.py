from sync.models.alert import Alert, AlertDestination, AlertNotice
from sync.models.api import StoredAnswer
from sync.models.attempt import Attempt
from sync.models.divergence import AuditEntry, Divergence, StockCorrection
from sync.models.inbox import InboxMessage
from sync.models.job import Recurring, SyncJob
from sync.models.latency import LatencyBucket
from sync.models.order import ShopOrder, WebDemand
from sync.models.outbox import OutboxCommand
from sync.models.queued import Priority, QueuedRow, Status
from sync.models.state import ErpRecord, FieldState
from sync.models.stock import ErpStock, KitComponent, MassChange, StockPosition

__all__ = [
    "Alert",
    "AlertDestination",
    "AlertNotice",
    "Attempt",
    "AuditEntry",
    "Divergence",
    "ErpRecord",
    "ErpStock",
    "FieldState",
    "InboxMessage",
    "KitComponent",
    "LatencyBucket",
    "MassChange",
    "OutboxCommand",
    "Priority",
    "QueuedRow",
    "Recurring",
    "ShopOrder",
    "Status",
    "StockCorrection",
    "StockPosition",
    "StoredAnswer",
    "SyncJob",
    "WebDemand",
]
