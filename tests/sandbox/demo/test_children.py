import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from sandbox.demo.children import ChildDied, Children

ROOT = Path(__file__).resolve().parents[3]
SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, subprocess, time;"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "subprocess.Popen(['sleep', '60']);"
    "print('ready', flush=True);"
    "time.sleep(60)",
]


@pytest.fixture
def children(tmp_path: Path) -> Iterator[Children]:
    made = Children(tmp_path, os.environ, stop_seconds=1)
    yield made
    made.stop()


def test_a_process_that_dies_is_reported_with_its_last_words(children: Children) -> None:
    child = children.start("baker", [sys.executable, "-c", "raise SystemExit('no flour left')"])
    child.process.wait(timeout=10)

    with pytest.raises(ChildDied, match=r"baker ended with code 1(.|\n)*no flour left"):
        children.check()


def test_a_command_hands_on_its_lines_as_they_come(children: Children) -> None:
    seen: list[str] = []
    said = children.run(
        "count", [sys.executable, "-c", "print(1); print(2)"], each_line=seen.append
    )

    assert seen == ["1", "2"]
    assert said == "1\n2\n"
    children.check()


def test_a_command_that_fails_says_why(children: Children) -> None:
    with pytest.raises(ChildDied, match="no such option"):
        children.run("bad", [sys.executable, "-c", "raise SystemExit('no such option')"])


def test_stop_ends_all_of_them_and_nobody_else(children: Children) -> None:
    stranger = subprocess.Popen(SLEEPER)
    child = children.start("stubborn", STUBBORN)
    children.wait_until(lambda: "ready" in child.log.read_text(), what="it", seconds=10)
    family = [
        psutil.Process(child.process.pid),
        *psutil.Process(child.process.pid).children(recursive=True),
    ]
    children.start("sleeper", SLEEPER)

    children.stop()

    assert len(family) == 2
    assert psutil.wait_procs(family, timeout=3)[1] == []
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_they_end_when_the_demo_itself_is_killed(tmp_path: Path) -> None:
    script = (
        "import os, sys, time; from pathlib import Path;"
        "from sandbox.demo.children import Children;"
        "children = Children(Path(sys.argv[1]), os.environ);"
        "print(children.start('sleeper', ['sleep', '60']).process.pid, flush=True);"
        "time.sleep(60)"
    )
    demo = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert demo.stdout is not None
    sleeper = psutil.Process(int(demo.stdout.readline()))
    time.sleep(0.2)
    demo.send_signal(signal.SIGKILL)
    demo.communicate()

    assert psutil.wait_procs([sleeper], timeout=5)[1] == []


def test_a_command_in_the_background_may_end_but_not_fail(children: Children) -> None:
    good = children.start("good", ["true"], stays=False)
    good.process.wait(timeout=10)
    children.check()
    children.finish(good)
    bad = children.start("bad", ["false"], stays=False)
    bad.process.wait(timeout=10)

    with pytest.raises(ChildDied, match="bad ended with code 1"):
        children.check()
