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


def ensure_running(
    database: str = DATABASE, *, fast: bool = False, temporary: bool = False
) -> str:
    """Return the URL of a database on the private server; start and create what is missing.

    Safe to call from many processes at once. Two wishes count only for the call that starts
    the server: `fast` gives up safety against power cuts, and a `temporary` server ends with
    the last command that uses it.
    """
    for area in _possible_areas():
        if (area / "url").exists():
            # First held, then asked: whoever was just stopping it has finished by then.
            held = _hold(area)
            if url := _running_url(area, database):
                return url
            _let_go(held)
    server = find_server(_possible_areas())
    _hold(server.area)
    with _exclusive(server.area / "lock"):
        if not _answers(_url(server, "postgres")):
            _start(server, fast=fast)
            _mark(server.area, temporary=temporary)
        (server.area / "url").write_text(_url(server, "postgres"))
        return _create(server, database)


def stop() -> bool:
    """Stop the private server and say whether it was running."""
    for area in _possible_areas():
        if (area / "url").exists():
            return _stop(find_server([area]))
    return False


def stop_if_unused() -> bool:
    """Stop a temporary server unless another process uses it; say whether it was stopped."""
    while _held_locks:
        _let_go(_held_locks[-1])
    for area in _possible_areas():
        if not (area / "temporary").exists():
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


def _running_url(area: Path, database: str) -> str:
    """Return the URL of a database if the server noted there answers for it, else ""."""
    try:
        noted = (area / "url").read_text()
    except FileNotFoundError:
        return ""
    url = noted.replace("@/postgres?", f"@/{quote(database)}?")
    return url if _answers(url) else ""


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


def _mark(area: Path, *, temporary: bool) -> None:
    if temporary:
        (area / "temporary").touch()
    else:
        (area / "temporary").unlink(missing_ok=True)


def _hold(area: Path) -> int:
    users = os.open(area / "users", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(users, fcntl.LOCK_SH)
    _held_locks.append(users)
    return users


def _let_go(users: int) -> None:
    _held_locks.remove(users)
    os.close(users)


@contextlib.contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _start(server: Server, *, fast: bool) -> None:
    """Start the server, on new data if there are none."""
    if not server.data.exists():
        server.initialise()
    server.account.own_directory(_socket(server.area))
    server.account.own_file(server.log)
    options = [f"-k {_quoted(_socket(server.area))}", "-c listen_addresses=''"]
    if fast:
        options += ["-F", "-c synchronous_commit=off", "-c full_page_writes=off"]
    command = ["-D", server.data, "-l", server.log, "-w", "-t", START_SECONDS, "-o"]
    for _ in range(3):
        server.forget_recycled_pid()
        code, _said = server.run("pg_ctl", *command, " ".join(options), "start")
        if code == 0:
            return
        # Another process may just be stopping it.
        time.sleep(1)
    raise PostgresUnavailable(f"PostgreSQL does not start: {server.log_tail()}")


def _quoted(path: Path) -> str:
    # pg_ctl hands its options to a shell.
    return "'" + str(path).replace("'", "'\\''") + "'"


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
    """Run a command with the server up, and stop the server after its last such command."""
    if os.environ.get("DATABASE_URL"):
        os.execvp(command[0], command)  # noqa: S606  (it replaces us: no shell wanted)
    url = ensure_running(fast=fast, temporary=True)
    environment = {**os.environ, "DATABASE_URL": url}
    child = subprocess.Popen(command, env=environment)

    def pass_on(number: int, _frame: object) -> None:
        # A terminal sends Ctrl-C to the child as well. We stay, to stop the server after it.
        if number != signal.SIGINT or not _in_foreground():
            child.send_signal(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, pass_on)
    code = child.wait()
    stop_if_unused()
    return code if code >= 0 else 128 - code


def _in_foreground() -> bool:
    try:
        with Path("/dev/tty").open() as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False


def _status() -> str:
    found = [url for area in _possible_areas() if (url := _running_url(area, DATABASE))]
    return f"running: {found[0]}" if found else "stopped"


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
