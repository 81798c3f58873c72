"""The real Tryton that test sessions share: PostgreSQL and Tryton start once, on first use."""

import os
from collections.abc import Iterator

import pytest

from config.postgres import ensure_running
from sandbox.tryton.server import RunningTryton, running_tryton


@pytest.fixture(scope="session")
def pg_url() -> str:
    return os.environ.get("DATABASE_URL") or ensure_running("postgres", fast=True)


@pytest.fixture(scope="session")
def tryton(pg_url: str) -> Iterator[RunningTryton]:
    with running_tryton(pg_url) as running:
        yield running
