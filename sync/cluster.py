"""A django-q2 cluster that tells its watchdog what it does, and never outlives it."""

import contextlib
import ctypes
import os
import signal
import sys

from django_q import signals
from django_q.cluster import Cluster

PR_SET_PDEATHSIG = 1


def run(*, tell: int, watchdog: int) -> None:
    """Be a cluster that reports to the pipe `tell`, as a fork of the process `watchdog`."""
    # A group of its own: a terminal's Ctrl-C comes to the watchdog alone, and what is left
    # of a broken cluster can be killed together.
    os.setsid()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    os.set_blocking(tell, False)
    _die_with(watchdog)
    _make_every_fork_die_with_its_parent()

    def began(**_: object) -> None:
        _say(tell, "+")

    def ended(**_: object) -> None:
        _say(tell, "-")

    def saved(**_: object) -> None:
        _say(tell, ".")

    # By strong reference: these functions are nobody's but the signals'.
    signals.pre_execute.connect(began, weak=False)
    signals.post_execute_in_worker.connect(ended, weak=False)
    # Sent by the process that stores results: a cluster whose results get lost stands still.
    signals.post_execute.connect(saved, weak=False)
    Cluster().start()


def canary() -> None:
    """Do nothing. That it was done is the message."""


def _say(pipe: int, sign: str) -> None:
    # A full pipe means that the watchdog has enough signs of life to read.
    with contextlib.suppress(BlockingIOError):
        os.write(pipe, f"{sign} {os.getpid()}\n".encode())


def _die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent dies, however that happens."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        # It died before we could ask.
        os.kill(os.getpid(), signal.SIGKILL)


def _make_every_fork_die_with_its_parent() -> None:
    parent = os.getpid()

    def remember() -> None:
        nonlocal parent
        parent = os.getpid()

    os.register_at_fork(before=remember, after_in_child=lambda: _die_with(parent))
