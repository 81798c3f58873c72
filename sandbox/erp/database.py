"""Create the back office's database, once."""

import os
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from sandbox.erp import seed

SCHEMA = Path(__file__).parent / "schema"
ROLE = "puente_web"


def connect(dsn: str) -> psycopg.Connection[Any]:
    return psycopg.connect(dsn, autocommit=True, connect_timeout=10)


def create(
    dsn: str, *, role: str = ROLE, password: str | None = None, unique_reference: bool = True
) -> bool:
    """Make the database, its tables, their contents and the account for the web.

    Returns False when it was all there already. Without `unique_reference` the back
    office enters a repeated order twice, as many real ones would.
    """
    _create_database(dsn)
    with connect(dsn) as connection:
        _create_role(connection, role, password)
        with connection.transaction():
            # Two at once: the second waits here and then finds everything done.
            connection.execute("SELECT pg_advisory_xact_lock(20261124)")
            if _exists(connection, "SELECT to_regnamespace('gestion') IS NOT NULL"):
                return False
            _build(connection, role, unique_reference=unique_reference)
        connection.execute("ANALYZE")
    return True


def _build(connection: psycopg.Connection[Any], role: str, *, unique_reference: bool) -> None:
    for name in ("1_tables.sql", "2_procedures.sql", "3_web.sql"):
        connection.execute((SCHEMA / name).read_bytes())
    if unique_reference:
        # A refused order may come again once its cause is put right.
        connection.execute(
            "CREATE UNIQUE INDEX referencia_una_vez ON puente.e_pedidos (referencia)"
            " WHERE estado <> 'ERROR'"
        )
    seed.fill(connection)
    rights = sql.SQL((SCHEMA / "4_role.sql").read_text())
    connection.execute(rights.format(role=sql.Identifier(role)))
    database = sql.Identifier(connection.info.dbname)
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    connection.execute(
        sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, sql.Identifier(role))
    )


def _create_database(dsn: str) -> None:
    parameters = psycopg.conninfo.conninfo_to_dict(dsn)
    name = str(parameters["dbname"])
    try:
        connect(dsn).close()
    except psycopg.OperationalError as error:
        if "does not exist" not in str(error):
            raise
        neighbour = psycopg.conninfo.make_conninfo(dsn, dbname="postgres")
        with connect(neighbour) as connection:
            try:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                return


def _create_role(connection: psycopg.Connection[Any], role: str, password: str | None) -> None:
    """Make the account, which all databases of a server share: another may be making it."""
    if _exists(connection, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %s)", role):
        return
    secret = password or os.environ.get("ERP_WEB_PASSWORD", "puente")
    try:
        connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN NOINHERIT PASSWORD {}").format(
                sql.Identifier(role), sql.Literal(secret)
            )
        )
    except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
        return


def _exists(connection: psycopg.Connection[Any], question: str, *values: str) -> bool:
    row = connection.execute(question.encode(), values).fetchone()
    return bool(row and row[0])
