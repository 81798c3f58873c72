"""The demo's databases on the private PostgreSQL."""

import psycopg
from psycopg import sql


def exists(server_url: str, name: str) -> bool:
    with psycopg.connect(server_url) as connection:
        query = "SELECT 1 FROM pg_database WHERE datname = %s"
        return connection.execute(query, [name]).fetchone() is not None


def ensure(server_url: str, name: str) -> None:
    if not exists(server_url, name):
        _run(server_url, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def drop(server_url: str, name: str) -> None:
    statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
    _run(server_url, statement.format(sql.Identifier(name)))


def _run(server_url: str, statement: sql.Composed) -> None:
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(statement)
