import os
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import psycopg
import pytest
from pytest_django.live_server_helper import LiveServer

from config import postgres
from tests.end_to_end.world import (
    CLIENT_SECRET,
    SandboxShop,
    SqlErp,
    StoreServer,
    World,
    connect,
)

_numbers = count(1)
# Workers of one run share the server and must not share a template.
TEMPLATE = f"e2e_erp_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"


@pytest.fixture(scope="session")
def store_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreServer]:
    server = StoreServer(tmp_path_factory.mktemp("store"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def erp_template() -> Iterator[str]:
    """An ERP with its data, made once and copied for each test."""
    url = postgres.ensure_running(TEMPLATE)
    SqlErp(url).run("create")
    yield url
    _drop(TEMPLATE)


def _admin() -> psycopg.Connection[Any]:
    return psycopg.connect(postgres.ensure_running("postgres"), autocommit=True)


def _drop(name: str) -> None:
    with _admin() as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture
def articles() -> int:
    """How many articles the ERP sells on the web; a test that needs all says so."""
    return 6


@pytest.fixture
def erp(erp_template: str, articles: int) -> Iterator[SqlErp]:
    name = f"{TEMPLATE}_{next(_numbers)}"
    _drop(name)
    with _admin() as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{TEMPLATE}"')
    erp = SqlErp(erp_template.replace(f"/{TEMPLATE}?", f"/{name}?"))
    erp.keep(articles)
    yield erp
    _drop(name)


@pytest.fixture
def shop(store_server: StoreServer, live_server: LiveServer) -> Iterator[SandboxShop]:
    domain = f"tienda-{next(_numbers)}.myshopify.com"
    shop = SandboxShop(store_server.url, domain, live_server.url)
    yield shop
    shop.close()


@pytest.fixture
def installation(
    transactional_db: None, store_server: StoreServer, live_server: LiveServer, settings: Any
) -> None:
    """Puente as it is set up for the sandbox store."""
    settings.APP_URL = live_server.url
    settings.SHOPIFY_BASE_URL = f"{store_server.url}/shops/{{shop}}"
    settings.SHOPIFY_CLIENT_ID = "puente-client-id"
    settings.SHOPIFY_CLIENT_SECRETS = [CLIENT_SECRET]
    settings.SYNC_COALESCE = settings.SYNC_BURST = timedelta(milliseconds=100)
    settings.SYNC_SECOND_LOOK = timedelta(milliseconds=100)
    settings.ERP_ALLOWED_NETWORKS = ["127.0.0.0/8", "socket"]


@pytest.fixture
def world(
    installation: None, shop: SandboxShop, erp: SqlErp, monkeypatch: pytest.MonkeyPatch
) -> World[SqlErp]:
    """Both sides connected and empty of news; nothing has been loaded yet."""
    channel = connect(shop, erp, monkeypatch.setenv)
    return World(shop=shop, erp=erp, channel=channel)
