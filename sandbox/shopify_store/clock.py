"""The store's time: the machine's, moved forward when a test asks for it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from functools import lru_cache


class Clock:
    """Time that can be advanced but never goes back."""

    def __init__(self, offset: timedelta = timedelta()) -> None:
        self._lock = threading.Lock()
        self._offset = offset

    @property
    def offset(self) -> timedelta:
        return self._offset

    def now(self) -> datetime:
        return datetime.now(UTC) + self._offset

    def advance(self, seconds: float) -> datetime:
        with self._lock:
            self._offset += timedelta(seconds=max(seconds, 0))
        return self.now()


@lru_cache(maxsize=4096)
def wire(moment: datetime) -> str:
    """Shopify's GraphQL writes UTC to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
