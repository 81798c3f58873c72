from sync.models.api import StoredAnswer
from sync.models.attempt import Attempt
from sync.models.divergence import AuditEntry, Divergence, StockCorrection
from sync.models.inbox import InboxMessage
from sync.models.job import Recurring, SyncJob
from sync.models.order import ShopOrder, WebDemand
from sync.models.outbox import OutboxCommand
from sync.models.queued import Priority, QueuedRow, Status
from sync.models.state import ErpRecord, ErpStock, FieldState, StockPosition

__all__ = [
    "Attempt",
    "AuditEntry",
    "Divergence",
    "ErpRecord",
    "ErpStock",
    "FieldState",
    "InboxMessage",
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
