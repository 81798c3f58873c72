"""The demo's processes: start them, notice when one dies, stop them all and nobody else."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sandbox.demo.kernel import end_with


class ChildDied(RuntimeError):
    """A process of the demo ended by itself; the text holds the end of what it said."""


@dataclass(frozen=True, kw_only=True)
class Child:
    name: str
    process: "subprocess.Popen[bytes]"
    log: Path
    # It is meant to run as long as the demo, and not to end by itself.
    stays: bool = True


class Children:
    """Starts processes whose output goes to files, and stops them in reverse order.

    Each gets a group of its own, so that a terminal's Ctrl-C reaches the demo alone, which
    can then stop them in the right order.
    """

    def __init__(
        self, logs: Path, environment: Mapping[str, str], *, stop_seconds: float = 12
    ) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self._logs = logs
        self._environment = environment
        self._stop_seconds = stop_seconds
        self._running: list[Child] = []

    def start(self, name: str, command: list[str], *, stays: bool = True) -> Child:
        """Start a process that is to run as long as the demo, or until `finish`."""
        log = self._logs / f"{name}.log"
        with log.open("wb") as sink:
            process = self._spawn(command, sink.fileno(), {})
        child = Child(name=name, process=process, log=log, stays=stays)
        self._running.append(child)
        return child

    def run(
        self,
        name: str,
        command: list[str],
        *,
        each_line: Callable[[str], None] = lambda _: None,
        **more: str,
    ) -> str:
        """Run a command to its end and return what it said; raise ChildDied if it failed."""
        log = self._logs / f"{name}.log"
        read, write = os.pipe()
        process = self._spawn(command, write, more)
        child = Child(name=name, process=process, log=log)
        self._running.append(child)
        os.close(write)
        said = []
        with os.fdopen(read, encoding="utf-8", errors="replace") as lines, log.open("w") as sink:
            for line in lines:
                sink.write(line)
                said.append(line)
                each_line(line.rstrip())
        if process.wait() != 0:
            raise ChildDied(_obituary(child))
        self._running.remove(child)
        return "".join(said)

    def finish(self, child: Child) -> None:
        """Wait for a process that was started as one that ends by itself."""
        if child.process.wait() != 0:
            raise ChildDied(_obituary(child))
        self._running.remove(child)

    def check(self) -> None:
        """Raise ChildDied if one of the processes is no longer there."""
        for child in self._running:
            code = child.process.poll()
            if code is not None and (child.stays or code != 0):
                raise ChildDied(_obituary(child))

    def wait_until(self, ready: Callable[[], bool], *, what: str, seconds: float) -> None:
        """Wait for something that a child is starting up to do."""
        deadline = time.monotonic() + seconds
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise ChildDied(f"{what} did not answer within {seconds:.0f} s.")
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop everything that was started, the newest first; kill what will not stop."""
        deadline = time.monotonic() + self._stop_seconds
        for child in reversed(self._running):
            with contextlib.suppress(ProcessLookupError):
                # The first process alone: web server and worker stop their own in order.
                child.process.terminate()
        for child in reversed(self._running):
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(timeout=max(0, deadline - time.monotonic()))
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.process.pid, signal.SIGKILL)
            child.process.wait()
        self._running.clear()

    def _spawn(
        self, command: list[str], output: int, more: Mapping[str, str]
    ) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**self._environment, **more},
            start_new_session=True,
            # Safe: the demo has one thread.
            preexec_fn=partial(end_with, os.getpid()),
        )


def _obituary(child: Child) -> str:
    last = child.log.read_text(errors="replace").splitlines()[-15:]
    said = "\n".join(f"    {line}" for line in last) or "    (nothing)"
    return (
        f"{child.name} ended with code {child.process.returncode}. The end of {child.log}:\n{said}"
    )
