"""Run the Tryton server on one database, and stop it again."""

import contextlib
import ctypes
import secrets
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox.tryton import build, databases
from sandbox.tryton.cache import Say, silent
from sandbox.tryton.install import tryton
from sandbox.tryton.rpc import Rpc, RpcError

START_SECONDS = 60
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, kw_only=True)
class RunningTryton:
    """A Tryton that answers. `user` is the integration's; `admin_password` plays the company."""

    url: str
    database: str
    user: str
    password: str
    admin_password: str
    pid: int


@contextlib.contextmanager
def running_tryton(
    pg_url: str,
    *,
    database: str = "",
    port: int = 0,
    say: Say = silent,
) -> Iterator[RunningTryton]:
    """Run Tryton on a database, by default a fresh copy that is dropped at the end.

    A database that is named is created if need be, and kept.
    """
    name = database or f"tryton_{secrets.token_hex(6)}"
    if not database or not databases.exists(pg_url, name):
        build.clone(pg_url, name, say)
    try:
        with _serving(pg_url, name, port or _free_port()) as running:
            say(f"Tryton answers at {running.url}, database {name}")
            yield running
    finally:
        if not database:
            databases.drop(pg_url, name)


@contextlib.contextmanager
def _serving(pg_url: str, database: str, port: int) -> Iterator[RunningTryton]:
    with tempfile.TemporaryDirectory(prefix="puente-tryton-") as folder:
        config, log = Path(folder) / "trytond.conf", Path(folder) / "log"
        config.write_text(
            f"[database]\nuri=postgresql:///\n[web]\nlisten=127.0.0.1:{port}\n"
            # The demo logs in again and again; a real installation keeps the default.
            "[session]\nmax_attempt=50\n"
        )
        command = [*tryton("trytond"), "-c", str(config), "-d", database, "-v"]
        with log.open("w") as output:
            process = subprocess.Popen(
                command,
                env=databases.environment(pg_url),
                stdout=output,
                stderr=output,
                cwd="/",
                preexec_fn=_end_with_parent,
            )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_it_answers(process, url, database, log)
            yield RunningTryton(
                url=url,
                database=database,
                user="puente",
                password=build.PUENTE_PASSWORD,
                admin_password=build.ADMIN_PASSWORD,
                pid=process.pid,
            )
        finally:
            _stop(process)


def _end_with_parent() -> None:
    """Ask the kernel to end this process with the one that started it, even if that is killed.

    An orphan would keep the port, and the next start would find it taken.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _wait_until_it_answers(
    process: subprocess.Popen[bytes], url: str, database: str, log: Path
) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with contextlib.suppress(RpcError), Rpc(url, database) as rpc:
            rpc.login("puente", build.PUENTE_PASSWORD)
            return
        time.sleep(0.2)
    raise RuntimeError(f"Tryton does not start: {log.read_text(errors='replace')[-3000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
