"""What is slow to build is built once, and a build that dies leaves nothing half done."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sandbox.tryton.cache import cache_directory, exclusive, unfinished


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PUENTE_CACHE", str(tmp_path))


def test_a_build_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "thing"

    def fail() -> None:
        with unfinished(target) as place:
            place.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not target.exists()

    with unfinished(target) as place:
        assert not place.exists()
        place.write_text("whole")
    assert target.read_text() == "whole"


def test_a_build_that_is_killed_leaves_nothing_that_looks_whole(tmp_path: Path) -> None:
    target = tmp_path / "thing"
    program = (
        "import os, pathlib, sys\nfrom sandbox.tryton.cache import unfinished\n"
        "with unfinished(pathlib.Path(sys.argv[1])) as place:\n"
        "    place.mkdir()\n    os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(target)], check=False, env=os.environ)

    assert not target.exists()
    with unfinished(target) as place:
        place.mkdir()
    assert target.is_dir()


def test_a_second_builder_waits_and_says_so() -> None:
    said: list[str] = []
    entered = threading.Event()

    def second() -> None:
        with exclusive("venv", said.append):
            entered.set()

    with exclusive("venv"):
        waiting = threading.Thread(target=second)
        waiting.start()
        assert not entered.wait(0.3)
    waiting.join(5)

    assert entered.is_set()
    assert "waiting" in said[0]


def test_other_pins_get_another_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = cache_directory()
    pins = tmp_path / "requirements.txt"
    pins.write_text("trytond==9\n")
    monkeypatch.setattr("sandbox.tryton.cache.REQUIREMENTS", pins)

    assert cache_directory() != before
