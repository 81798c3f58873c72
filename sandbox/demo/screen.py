"""What the demo tells the person who started it, line by line, also into a pipe."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime


def say(text: str = "") -> None:
    print(text, flush=True)


def detail(text: str) -> None:
    say(f"        {text}")


class Progress:
    """Hands on a command's lines, but not the same one twice and not two in a second.

    `aside` adds what the command itself cannot know.
    """

    def __init__(self, aside: Callable[[], str] = str) -> None:
        self._aside = aside
        self._waiting = self._last = ""
        self._at = 0.0

    def __call__(self, text: str) -> None:
        self._waiting = text
        if time.monotonic() - self._at > 1:
            self.flush()

    def flush(self) -> None:
        if self._waiting != self._last:
            detail(f"{self._waiting}{self._aside()}")
        self._last = self._waiting
        self._at = time.monotonic()


def complain(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@contextmanager
def step(what: str) -> Iterator[None]:
    """Tell what begins now, and how long it took once it is done."""
    say(f"  ... {what}")
    started = time.monotonic()
    yield
    say(f"  ok  {what} ({time.monotonic() - started:.1f} s)")


def event(text: str) -> None:
    say(f"{datetime.now().astimezone():%H:%M:%S}  {text}")
