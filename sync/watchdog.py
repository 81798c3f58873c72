"""Keep django-q2's cluster working: start it, watch that work moves, replace it when it does not.

A cluster can look alive and do nothing for ever: a worker that dies while it waits for its
next task takes the lock of the shared queue with it. So the watchdog believes only in
finished tasks. While nothing else is to be done it queues a task of its own, the canary.

It is also the heartbeat: four times a second it asks for whatever is due to be drained.
"""

import contextlib
import logging
import multiprocessing
import os
import select
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.context import ForkProcess

from django.db import Error as DatabaseError
from django.db import close_old_connections, connections
from django_q.tasks import async_task
from redis.exceptions import RedisError

from sync import cluster

logger = logging.getLogger(__name__)
# A fork starts at once and shares our memory; a new Python would take seconds.
forking = multiprocessing.get_context("fork")

CANARY = "sync.cluster.canary"
TICK_SECONDS = 0.125


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long, in seconds, the watchdog waits for what."""

    # Nothing finishes although a worker is free. More than the 10 s that django-q2 pauses
    # after it lost the database.
    idle: float = 20
    # Nothing finishes while every worker is busy: more than the longest task may take.
    busy: float = 150
    # A cluster that was asked to stop finishes what it has begun.
    grace: float = 25
    # What waits for its moment (a poll, writes that wait for company) starts this late.
    beat: float = 0.25
    longest_pause: float = 30


@dataclass(kw_only=True)
class Progress:
    """What a running cluster has told us so far, by pipe."""

    workers: int
    moved: float = field(default_factory=time.monotonic)
    canary_sent: float = field(default_factory=time.monotonic)
    _busy: set[int] = field(default_factory=set)
    _unread: str = ""

    def hear(self, said: str) -> None:
        """Take in lines such as `+ 123` (worker 123 begins), `- 123` (it ends), `. 9` (saved)."""
        *lines, self._unread = (self._unread + said).split("\n")
        for line in lines:
            sign, _, number = line.partition(" ")
            if sign == ".":
                self.moved = time.monotonic()
            elif sign == "+":
                self._busy.add(int(number))
            else:
                self._busy.discard(int(number))

    def busy(self) -> int:
        """Count the workers in the middle of a task; a dead one is not."""
        self._busy = {pid for pid in self._busy if _is_alive(pid)}
        return len(self._busy)

    def stands_still(self, patience: Patience) -> bool:
        limit = patience.idle if self.busy() < self.workers else patience.busy
        return time.monotonic() - self.moved > limit

    def wants_canary(self, patience: Patience) -> bool:
        quiet_since = max(self.moved, self.canary_sent)
        return time.monotonic() - quiet_since > patience.idle / 4


class Watchdog:
    """Runs one cluster after the other until it is told to stop.

    `beat` is called at every beat; it may fail while the database is away.
    """

    def __init__(self, *, workers: int, beat: Callable[[], None], patience: Patience) -> None:
        self._workers = workers
        self._beat = beat
        self._patience = patience
        self._stops_wanted = 0
        self._last_beat = 0.0

    def run(self) -> None:
        """Keep a cluster running until SIGTERM or SIGINT; a second signal stops it harshly."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        pause = 0.5
        while not self._stops_wanted:
            started = time.monotonic()
            reason = self._run_cluster()
            if self._stops_wanted:
                return
            # A cluster that cannot even start must not keep the machine busy.
            long_lived = time.monotonic() - started > 2 * self._patience.idle
            pause = 0.5 if long_lived else min(2 * pause, self._patience.longest_pause)
            logger.error("The worker cluster %s; a new one starts in %.1f s.", reason, pause)
            self._sleep(pause)

    def _on_signal(self, *_: object) -> None:
        self._stops_wanted += 1

    def _run_cluster(self) -> str:
        """Run one cluster to its end and say why it ended."""
        listen, tell = os.pipe()
        os.set_blocking(listen, False)
        # A connection that two processes hold is no use to either.
        connections.close_all()
        running = forking.Process(
            target=cluster.run, kwargs={"tell": tell, "watchdog": os.getpid()}
        )
        running.start()
        os.close(tell)
        progress = Progress(workers=self._workers)
        try:
            return self._watch(running, progress, listen)
        finally:
            self._end(running, progress)
            os.close(listen)

    def _watch(self, running: ForkProcess, progress: Progress, listen: int) -> str:
        while not self._stops_wanted:
            if select.select([listen], [], [], TICK_SECONDS)[0]:
                said = os.read(listen, 65536)
                if not said:
                    return "closed its pipe"
                progress.hear(said.decode())
            if not running.is_alive():
                return f"ended by itself (code {running.exitcode})"
            self._ask_for_work(progress)
            if progress.stands_still(self._patience):
                return f"finished nothing for {time.monotonic() - progress.moved:.0f} s"
        return "was told to stop"

    def _ask_for_work(self, progress: Progress) -> None:
        now = time.monotonic()
        try:
            if now - self._last_beat >= self._patience.beat:
                self._last_beat = now
                close_old_connections()
                self._beat()
            if progress.wants_canary(self._patience):
                progress.canary_sent = now
                async_task(CANARY, q_options={"save": False, "task_name": "canary"})
        except (DatabaseError, RedisError, OSError) as error:
            # Without it no cluster can work: that is no reason to restart this one.
            progress.moved = time.monotonic()
            logger.warning("The queue cannot be reached: %s", error)

    def _end(self, running: ForkProcess, progress: Progress) -> None:
        """Stop a cluster, gently if it has work in hand, and leave none of its processes."""
        in_order = running.is_alive() and not progress.stands_still(self._patience)
        grace = self._patience.grace if in_order or progress.busy() else 1
        # Its first process alone: it stops the others in the right order.
        running.terminate()
        deadline = time.monotonic() + grace
        while running.is_alive() and time.monotonic() < deadline and self._stops_wanted < 2:
            time.sleep(0.05)
        running.kill()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.pid or 0, signal.SIGKILL)
        running.join()
        running.close()

    def _sleep(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self._stops_wanted and time.monotonic() < until:
            time.sleep(0.05)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
