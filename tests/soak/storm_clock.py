"""One time for the stores, the ERP and the bridge. It stands still until the storm moves it.

The moment lies in a file that the store's process reads too, so both sides agree to the
microsecond and a seed makes the same day twice.
"""

import mmap
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import DateTimeField
from django.utils import timezone

# A quiet morning: no nightly work comes due, whatever the day on the wall.
BEGIN = datetime(2030, 1, 15, 10, 0, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SIZE = 8


class StormClock:
    """The shared moment. The storm moves it; everybody else may only look."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(_SIZE))
        self.path = path
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), _SIZE)

    def read(self) -> datetime:
        (microseconds,) = struct.unpack("<q", self._memory[:])
        return _EPOCH + timedelta(microseconds=microseconds)

    def set(self, moment: datetime) -> None:
        self._memory[:] = struct.pack("<q", (moment - _EPOCH) // timedelta(microseconds=1))

    def advance(self, seconds: float) -> datetime:
        self.set(self.read() + timedelta(seconds=seconds))
        return self.read()

    def step(self) -> datetime:
        """Return a moment nobody has seen before: no two things happen at once."""
        return self.advance(0.000_001)


class StandingTime:
    """Takes the place of the module `time` where the bridge waits for a store."""

    def __init__(self, clock: StormClock) -> None:
        self._clock = clock

    def monotonic(self) -> float:
        return self._clock.read().timestamp()

    def sleep(self, seconds: float) -> None:
        self._clock.advance(seconds)


def rule(clock: StormClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have Django, and so the whole bridge, live by this clock."""
    real = timezone.now
    monkeypatch.setattr(timezone, "now", clock.step)
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, DateTimeField) and field.default is real:
                _default(field, clock.step, monkeypatch)


def _default(
    field: "DateTimeField[datetime, datetime]",
    moment: Callable[[], datetime],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(field, "default", moment)
    # Django looks a default up once and remembers it there.
    monkeypatch.setitem(field.__dict__, "_get_default", moment)
