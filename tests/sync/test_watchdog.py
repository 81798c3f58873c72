"""A real cluster on a real PostgreSQL, with its processes killed one after the other."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from sync.watchdog import Patience, Progress
from tests.config.checkout import Checkout

ROOT = Path(__file__).resolve().parents[2]
RECOVERY_SECONDS = 25


class Watched:
    """The watchdog's process and what can be seen of it from outside."""

    def __init__(self, url: str, idle: float) -> None:
        self.url = url
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.sync.cluster_under_test", "watch", str(idle)],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": url},
            start_new_session=True,
        )
        self.seen = psutil.Process(self.process.pid)

    def main(self) -> psutil.Process:
        return self.seen.children()[0]

    def sentinel(self) -> psutil.Process:
        return self.main().children()[0]

    def crew(self) -> list[psutil.Process]:
        """Its children in the order of their birth: two workers, monitor, pusher."""
        return sorted(self.sentinel().children(), key=lambda each: each.create_time())

    def everyone(self) -> list[psutil.Process]:
        return self.seen.children(recursive=True)

    def noted(self) -> int:
        with psycopg.connect(self.url) as connection:
            row = connection.execute("SELECT count(*) FROM noted").fetchone()
            assert row is not None
            return int(row[0])

    def works(self) -> bool:
        """Say whether something was done that was asked for after now."""
        before = self.noted()
        return eventually(lambda: self.noted() > before + 4, seconds=RECOVERY_SECONDS)

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(timeout=15)


def eventually(true: Callable[[], bool], *, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(psycopg.OperationalError, IndexError, psutil.NoSuchProcess):
            if true():
                return True
        time.sleep(0.1)
    return False


@pytest.fixture(scope="module")
def server() -> Iterator[Checkout]:
    place = Path("/var/tmp") / f"puente-watchdog-{os.getpid()}"
    checkout = Checkout(place)
    url = checkout.call("url")
    subprocess.run(
        [sys.executable, "-m", "tests.sync.cluster_under_test", "prepare"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url},
        check=True,
    )
    yield checkout
    checkout.call("destroy")
    shutil.rmtree(place)


@pytest.fixture
def watched(server: Checkout, request: pytest.FixtureRequest) -> Iterator[Watched]:
    running = Watched(server.call("url"), idle=getattr(request, "param", 4))
    try:
        assert eventually(lambda: len(running.crew()) == 4, seconds=20)
        assert running.works()
        yield running
    finally:
        children = running.everyone() if running.process.poll() is None else []
        running.process.kill()
        running.process.wait()
        assert psutil.wait_procs(children, timeout=5)[1] == []


def test_work_goes_on_after_idle_workers_were_killed(watched: Watched) -> None:
    first = watched.main().pid
    for worker in watched.crew()[:2]:
        worker.kill()

    assert eventually(lambda: watched.main().pid != first, seconds=RECOVERY_SECONDS)
    assert watched.works()


def test_work_goes_on_after_the_monitor_was_killed(watched: Watched) -> None:
    first = watched.main().pid
    monitor = watched.crew()[2]
    monitor.kill()

    # Unless it held the lock of the results at that moment it is replaced in its place.
    assert eventually(
        lambda: (
            watched.main().pid != first or monitor.pid not in [each.pid for each in watched.crew()]
        ),
        seconds=RECOVERY_SECONDS,
    )
    assert watched.works()


def test_work_goes_on_after_the_sentinel_was_killed_and_nobody_is_left_over(
    watched: Watched,
) -> None:
    crew = watched.crew()
    watched.sentinel().kill()

    assert psutil.wait_procs(crew, timeout=5)[1] == []
    assert watched.works()


def test_nobody_is_left_over_when_the_watchdog_itself_is_killed(watched: Watched) -> None:
    everyone = watched.everyone()
    watched.process.kill()

    assert len(everyone) == 6
    assert psutil.wait_procs(everyone, timeout=5)[1] == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_in_order_when_asked(watched: Watched, number: int) -> None:
    everyone = watched.everyone()
    watched.process.send_signal(number)

    assert watched.process.wait(timeout=15) == 0
    assert psutil.wait_procs(everyone, timeout=1)[1] == []


@pytest.mark.slow
@pytest.mark.parametrize("watched", [16], indirect=True)
def test_a_database_that_is_away_is_no_reason_to_restart(
    watched: Watched, server: Checkout
) -> None:
    first = watched.main().pid
    server.call("stop")
    time.sleep(4)
    server.call("start")

    assert watched.works()
    assert watched.main().pid == first


def test_busy_workers_have_longer_than_idle_ones() -> None:
    patience = Patience(idle=10, busy=100)
    now = time.monotonic()
    progress = Progress(workers=1, moved=now - 50)

    assert progress.stands_still(patience)
    progress.hear(f"+ {os.getpid()}\n")
    assert not progress.stands_still(patience)
    progress.hear(f"- {os.getpid()}\n")
    assert progress.stands_still(patience)
    progress.hear(". 1")
    assert progress.stands_still(patience), "half a line says nothing yet"
    progress.hear("7\n")
    assert not progress.stands_still(patience)
