"""A real Tryton for these tests, started once; each test works on items of its own."""

from collections.abc import Callable, Iterator

import pytest
from pytest_django.fixtures import Settings

from erp_connectors.tryton.connector import TrytonConnector
from erp_connectors.tryton.settings import TrytonSettings
from mapping.documents import CallRecord
from sandbox.tryton import clerk
from sandbox.tryton.server import RunningTryton
from tests.erp_connectors.tryton.lossy_proxy import LossyProxy

Staff = Callable[[clerk.Work], object]
Calls = list[CallRecord]


@pytest.fixture
def calls() -> Calls:
    return []


@pytest.fixture
def tryton_settings(settings: Settings, tryton: RunningTryton) -> TrytonSettings:
    settings.ERP_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    return TrytonSettings(
        url=tryton.url,
        database=tryton.database,
        user=tryton.user,
        password=tryton.password,
        web_shop="Shopify ES",
        options=("color", "talla"),
    )


@pytest.fixture
def connector(tryton_settings: TrytonSettings, calls: Calls) -> Iterator[TrytonConnector]:
    made = TrytonConnector(tryton_settings, calls.append)
    yield made
    made.close()


@pytest.fixture(scope="session")
def staff(tryton: RunningTryton) -> Iterator[Staff]:
    """Do something as the company's own people would, past our connector."""
    office = clerk.Office(tryton.url, tryton.database, tryton.admin_password)
    yield office.act
    office.close()


@pytest.fixture
def proxy(tryton: RunningTryton) -> Iterator[LossyProxy]:
    with LossyProxy(tryton.url) as running:
        yield running
