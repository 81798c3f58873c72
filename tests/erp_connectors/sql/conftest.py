from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from pytest_django import Settings

from erp_connectors.sql.connector import SqlConnector
from mapping.documents import CallRecord
from sandbox.erp import database
from tests.erp_connectors import sql_server

# Nothing may carry it out: not an exception, not a record of a call.
PASSWORD = "CANARY-password"


@pytest.fixture(autouse=True)
def allowed(settings: Settings) -> None:
    settings.ERP_ALLOWED_NETWORKS = ["socket", "127.0.0.0/8", "::1/128"]


@pytest.fixture(scope="session")
def original() -> Iterator[str]:
    with sql_server.template() as name:
        yield name


@pytest.fixture(scope="session")
def careless_original() -> Iterator[str]:
    with sql_server.template(unique_reference=False) as name:
        yield name


@pytest.fixture
def dsn(original: str) -> Iterator[str]:
    with sql_server.copy_of(original) as address:
        yield address


@pytest.fixture
def erp(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """The back office as its owner works in it."""
    with database.connect(dsn) as connection:
        yield connection


@pytest.fixture
def calls() -> list[CallRecord]:
    return []


@pytest.fixture
def connect(dsn: str, calls: list[CallRecord]) -> Iterator[Callable[..., SqlConnector]]:
    """Open connectors to the back office with some settings changed."""
    opened: list[SqlConnector] = []

    def open_one(**settings: Any) -> SqlConnector:
        connection = sql_server.connection_to(dsn, password=PASSWORD, **settings)
        opened.append(SqlConnector.open(connection, calls.append))
        return opened[-1]

    yield open_one
    for each in opened:
        each.close()


@pytest.fixture
def connector(connect: Callable[..., SqlConnector]) -> SqlConnector:
    return connect()
