"""Throw-away back offices for tests: real databases, copied from one that is made once."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from typing import Any

import psycopg
from django.conf import settings
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from erp_connectors.models import ErpConnection
from sandbox.erp import database

_numbers = count(1)


def address(name: str) -> str:
    """Return the address of a database on the server the tests run on, as its owner."""
    ours = settings.DATABASES["default"]
    return make_conninfo(
        host=ours["HOST"] or "127.0.0.1",
        port=ours["PORT"] or None,
        user=ours["USER"] or None,
        password=ours["PASSWORD"] or None,
        dbname=name,
    )


def as_settings(dsn: str, **more: Any) -> dict[str, Any]:
    """Return a connection's settings for the account that the back office gives to the web."""
    parts = conninfo_to_dict(dsn)
    where = {name: parts[name] for name in ("host", "port", "dbname") if parts.get(name)}
    return {"host": "127.0.0.1", **where, "user": database.ROLE, **more}


def connection_to(dsn: str, *, password: str = "", **more: Any) -> ErpConnection:
    """Return a connection as an operator would set it up. It is not saved."""
    secrets: Any = {"password": password}
    return ErpConnection(kind="sql", settings=as_settings(dsn, **more), secrets=secrets)


@contextmanager
def template(*, unique_reference: bool = True) -> Iterator[str]:
    """Lend the name of a back office from which others are copied."""
    name = f"erp_test_{os.getpid()}_{next(_numbers)}"
    database.create(address(name), unique_reference=unique_reference)
    try:
        yield name
    finally:
        drop(name)


@contextmanager
def copy_of(original: str) -> Iterator[str]:
    """Lend the address of a new copy."""
    name = f"erp_test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(address("postgres"), autocommit=True) as server:
        server.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(original)
            )
        )
        # A copy does not inherit who may do what with it.
        server.execute(
            sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name))
        )
        server.execute(
            sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(
                sql.Identifier(name), sql.Identifier(database.ROLE)
            )
        )
    try:
        yield address(name)
    finally:
        drop(name)


def drop(name: str) -> None:
    with (
        suppress(psycopg.OperationalError),
        psycopg.connect(address("postgres"), autocommit=True) as server,
    ):
        server.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )
