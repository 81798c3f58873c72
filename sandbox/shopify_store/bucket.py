"""The leaky bucket that limits how many points an app spends in a shop."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any

from .clock import Clock


class Bucket:
    """Holds `size` points, refills at `rate` per second, and never lets a call run on credit."""

    def __init__(self, clock: Clock, *, size: float, rate: float) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self.size = size
        self.rate = rate
        self._level = size
        self._as_of: datetime = clock.now()

    def resize(self, *, size: float, rate: float) -> None:
        with self._lock:
            self._refill()
            self.size, self.rate = size, rate
            self._level = min(self._level, size)

    def drain(self, left: float = 0) -> None:
        with self._lock:
            self._refill()
            self._level = min(self._level, left)

    def take(self, points: float) -> bool:
        with self._lock:
            self._refill()
            if points > self._level:
                return False
            self._level -= points
            return True

    def give_back(self, points: float) -> None:
        with self._lock:
            self._refill()
            self._level = min(self.size, self._level + max(points, 0))

    def status(self) -> dict[str, Any]:
        with self._lock:
            self._refill()
            return {
                "maximumAvailable": float(self.size),
                "currentlyAvailable": int(self._level),
                "restoreRate": float(self.rate),
            }

    def _refill(self) -> None:
        now = self._clock.now()
        passed = max((now - self._as_of).total_seconds(), 0)
        self._level = min(self.size, self._level + passed * self.rate)
        self._as_of = now
