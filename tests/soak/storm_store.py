"""`python -m tests.soak.storm_store CLOCK --port 0 ...`: the sandbox store on the storm's time."""

import sys
from datetime import datetime
from pathlib import Path

from sandbox.shopify_store import __main__ as program
from sandbox.shopify_store import store
from sandbox.shopify_store.clock import Clock
from tests.soak.storm_clock import StormClock


class StormTime(Clock):
    """The shared moment; it cannot be advanced from here."""

    def __init__(self, clock: StormClock) -> None:
        super().__init__()
        self._clock = clock

    def now(self) -> datetime:
        return self._clock.read()


def main() -> None:
    clock = StormClock(Path(sys.argv.pop(1)))
    store.Clock = lambda: StormTime(clock)  # type: ignore[assignment, attr-defined, misc]
    program.main()


if __name__ == "__main__":
    main()
