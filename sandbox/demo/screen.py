"""What the demo tells the person who started it, line by line, also into a pipe."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime


def say(text: str = "") -> None:
    print(text, flush=True)


def detail(text: str) -> None:
    say(f"        {text}")


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
