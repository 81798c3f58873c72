"""The demo as a newcomer starts it, in a checkout of its own, with nothing to type into."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[3]
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".local", ".*_cache", "__pycache__", "tests")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def checkout() -> Iterator[Path]:
    place = Path("/var/tmp") / f"puente-demo-{os.getpid()}"
    shutil.copytree(ROOT, place, ignore=LEFT_OUT)
    (place / ".venv").symlink_to(ROOT / ".venv")
    yield place
    subprocess.run(
        [place / ".venv/bin/python", "-m", "config.postgres", "destroy"], cwd=place, check=True
    )
    shutil.rmtree(place)


class Demo:
    def __init__(self, checkout: Path, *words: str) -> None:
        self.output = checkout / "output.txt"
        environment = {k: v for k, v in os.environ.items() if not k.startswith("DATABASE_URL")}
        with self.output.open("wb") as sink:
            self.process = subprocess.Popen(
                [".venv/bin/python", "-m", "sandbox.demo", *words],
                cwd=checkout,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.output.read_text(errors="replace")

    def wait_for(self, words: str, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while words not in self.said():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.1)

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


def test_it_comes_into_step_and_a_second_start_is_quick_and_silent(checkout: Path) -> None:
    first = Demo(checkout, "--once")
    assert first.process.wait(timeout=240) == 0, first.said()
    assert "in step" in first.said()

    started = time.monotonic()
    second = Demo(checkout, "--once")
    assert second.process.wait(timeout=120) == 0, second.said()
    assert "0 of them writes" in second.said(), second.said()
    # Ten seconds on a quiet machine; a test run is not one.
    assert time.monotonic() - started < 30, second.said()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_stops_all_that_it_started(checkout: Path, number: signal.Signals) -> None:
    demo = Demo(checkout)
    demo.wait_for("Ctrl-C stops everything", 120)
    family = demo.family()
    demo.process.send_signal(number)

    assert demo.process.wait(timeout=30) == 0, demo.said()
    assert len(family) > 8
    assert psutil.wait_procs(family, timeout=3)[1] == []
    assert not list((checkout / ".local/postgres").glob("data-*/postmaster.pid"))


def test_a_part_that_dies_ends_the_demo_with_its_last_words(checkout: Path) -> None:
    demo = Demo(checkout)
    demo.wait_for("Ctrl-C stops everything", 120)
    store = next(each for each in demo.family() if "sandbox.shopify_store" in each.cmdline())
    store.kill()

    assert demo.process.wait(timeout=30) == 1
    assert "store ended with code -9" in demo.said()
