"""What one call to the other side did: the value that becomes an Attempt."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """One request that left for Shopify or an ERP, and how it ended.

    `outcome` is "ok", "refused" (they answered no), "unavailable" (nothing was
    written) or "unknown" (something may have been written). `answer` is a short
    extract for people; it never holds secrets or personal data.
    """

    system: str
    operation: str
    started_at: datetime
    milliseconds: int
    outcome: str
    is_write: bool = False
    idempotency_key: str = ""
    request_id: str = ""
    cost: Decimal | None = None
    error: str = ""
    answer: dict[str, Any] = field(default_factory=dict)


Recorder = Callable[[CallRecord], None]
