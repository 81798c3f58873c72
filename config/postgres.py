"""A private PostgreSQL for a checkout: development, demo and tests without any set-up.

Production sets DATABASE_URL and never comes here. The server listens on a socket that only
its owner can reach, never on a port, so checkouts do not collide with each other or with a
PostgreSQL of the machine. Whoever uses it holds a shared lock: the last one may stop it.
"""

import argparse
import contextlib
import fcntl
import hashlib
import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from config.postgres_binaries import PostgresUnavailable, Server, find_server

logger = logging.getLogger(__name__)

CHECKOUT = Path(__file__).resolve().parent.parent
DATABASE = "puente"
# The kernel allows 107 bytes for a socket's whole path; PostgreSQL's own name in it takes 14.
LONGEST_SOCKET_DIRECTORY = 90
START_SECONDS = 60

# Descriptors, open for the life of the process: closing one gives up its shared lock.
_held_locks: list[int] = []


def ensure_running(database: str = DATABASE, *, fast: bool = False) -> str:
    """Return the URL of a database on the private server; start and create what is missing.

    Safe to call from many processes at once. `fast` gives up safety against power cuts,
    and counts only for the call that starts the server.
    """
    for area in _possible_areas():
        note = area / "url"
        if note.exists() and _answers(url := _with_database(note.read_text(), database)):
            _hold(area)
            return url
    server = find_server(_possible_areas())
    with _exclusive(server.area / "lock"):
        _hold(server.area)
        if not _answers(_url(server, "postgres")):
            _start(server, fast=fast)
        (server.area / "url").write_text(_url(server, "postgres"))
        return _create(server, database)


def stop() -> bool:
    """Stop the private server and say whether it was running."""
    for area in _possible_areas():
        if (area / "url").exists():
            return _stop(find_server([area]))
    return False


def stop_if_unused() -> bool:
    """Stop the private server unless another process uses it; say whether it was stopped."""
    while _held_locks:
        os.close(_held_locks.pop())
    for area in _possible_areas():
        if not (area / "users").exists():
            continue
        with (area / "users").open("a") as users:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return stop()
    return False


def destroy() -> None:
    """Stop the private server and delete its data."""
    stop()
    for area in _possible_areas():
        for path in (area, _socket(area)):
            shutil.rmtree(path, ignore_errors=True)


def _possible_areas() -> list[Path]:
    """Where the server's files may live, best first.

    The second is for a checkout that the server's account cannot enter, as under /root.
    """
    digest = hashlib.sha256(f"{CHECKOUT}:{os.geteuid()}".encode()).hexdigest()[:12]
    return [CHECKOUT / ".local" / "postgres", Path("/var/tmp") / f"puente-{digest}"]  # noqa: S108  (its owner is checked)


def _url(server: Server, database: str) -> str:
    return f"postgresql://postgres@/{quote(database)}?host={quote(str(_socket(server.area)))}"


def _with_database(url: str, database: str) -> str:
    return url.replace("@/postgres?", f"@/{quote(database)}?")


def _socket(area: Path) -> Path:
    directory = area / "socket"
    if len(os.fsencode(directory)) <= LONGEST_SOCKET_DIRECTORY:
        return directory
    digest = hashlib.sha256(f"{area}:{os.geteuid()}".encode()).hexdigest()[:12]
    return Path("/tmp") / f"puente-{digest}"  # noqa: S108  (its owner is checked)


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _hold(area: Path) -> None:
    users = os.open(area / "users", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(users, fcntl.LOCK_SH)
    _held_locks.append(users)


@contextlib.contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _start(server: Server, *, fast: bool) -> None:
    """Start the server, on new data if there are none."""
    if not server.data.exists():
        _initialise(server)
    server.account.own_directory(_socket(server.area))
    server.account.own_file(server.log)
    options = [f"-k {_quoted(_socket(server.area))}", "-c listen_addresses=''"]
    if fast:
        options += ["-F", "-c synchronous_commit=off", "-c full_page_writes=off"]
    command = ["-D", server.data, "-l", server.log, "-w", "-t", START_SECONDS, "-o"]
    for _ in range(3):
        _forget_recycled_pid(server)
        code, _said = server.run("pg_ctl", *command, " ".join(options), "start")
        if code == 0:
            return
        # Another process may just be stopping it.
        time.sleep(1)
    raise PostgresUnavailable(f"PostgreSQL does not start: {server.log_tail()}")


def _quoted(path: Path) -> str:
    # pg_ctl hands its options to a shell.
    return "'" + str(path).replace("'", "'\\''") + "'"


def _initialise(server: Server) -> None:
    # Under another name first: a machine that dies half-way leaves nothing that looks whole.
    unfinished = server.data.with_suffix(".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    server.account.own_directory(unfinished)
    options = ["-D", unfinished, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
    for locale in ("C.UTF-8", "C"):
        code, said = server.run("initdb", *options, f"--locale={locale}")
        if code == 0:
            unfinished.rename(server.data)
            return
    raise PostgresUnavailable(f"PostgreSQL cannot make its data directory: {said}")


def _forget_recycled_pid(server: Server) -> None:
    """Remove a pid file whose number now belongs to another program.

    PostgreSQL clears the file of a dead server itself, and checks more than we could.
    But it refuses to start when that number is alive, whatever program it has become.
    """
    pid_file = server.data / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().split("\n", 1)[0])
        program = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return
    if b"postgres" not in program:
        pid_file.unlink()


def _stop(server: Server) -> bool:
    with _exclusive(server.area / "lock"):
        code, _said = server.run("pg_ctl", "-D", server.data, "-m", "fast", "-w", "stop")
        (server.area / "url").unlink(missing_ok=True)
        return code == 0


def _create(server: Server, database: str) -> str:
    with psycopg.connect(_url(server, "postgres"), autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database])
        if known.fetchone() is None:
            name = sql.Identifier(database)
            connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
    return _url(server, database)


def _run(command: list[str], *, fast: bool) -> int:
    """Run a command with the server up, and stop the server again if we started it."""
    if os.environ.get("DATABASE_URL"):
        os.execvp(command[0], command)  # noqa: S606  (it replaces us: no shell wanted)
    was_running = _status() != "stopped"
    environment = {**os.environ, "DATABASE_URL": ensure_running(fast=fast)}
    child = subprocess.Popen(command, env=environment)

    def pass_on(number: int, _frame: object) -> None:
        # A terminal sends Ctrl-C to the child as well. We stay, to stop the server after it.
        if number != signal.SIGINT or not _in_foreground():
            child.send_signal(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, pass_on)
    code = child.wait()
    if not was_running:
        stop_if_unused()
    return code if code >= 0 else 128 - code


def _in_foreground() -> bool:
    try:
        with Path("/dev/tty").open() as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False


def _status() -> str:
    for area in _possible_areas():
        note = area / "url"
        if note.exists() and _answers(note.read_text()):
            return f"running: {_with_database(note.read_text(), DATABASE)}"
    return "stopped"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m config.postgres", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    for action, text in {
        "url": "start it if need be and print the database's URL",
        "start": "the same, in words",
        "stop": "stop it, whoever uses it",
        "status": "say whether it runs",
        "destroy": "stop it and delete its data",
        "psql": "open a prompt on it",
    }.items():
        actions.add_parser(action, help=text)
    create = actions.add_parser("createdb", help="create a database and print its URL")
    create.add_argument("name")
    run = actions.add_parser("run", help="run a command with it, and clear away after it")
    run.add_argument("--fast", action="store_true", help="give up safety against power cuts")
    run.add_argument("command", nargs=argparse.REMAINDER)
    return parser.parse_args()


def main() -> int:
    options = _arguments()
    match options.action:
        case "url":
            answer = ensure_running()
        case "start":
            answer = f"running: {ensure_running()}"
        case "stop":
            answer = "stopped" if stop() else "was not running"
        case "status":
            answer = _status()
        case "destroy":
            destroy()
            answer = "deleted"
        case "createdb":
            answer = ensure_running(options.name)
        case "psql":
            url = ensure_running()
            psql = find_server(_possible_areas()).binaries / "psql"
            os.execv(psql, [str(psql), url])  # noqa: S606  (it replaces us: no shell wanted)
        case _:
            return _run(options.command[options.command[0] == "--" :], fast=options.fast)
    sys.stdout.write(f"{answer}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
