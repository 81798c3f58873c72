"""An ERP that calls us is never called."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from django.utils import timezone

from erp_connectors.contract import DeltaKind, Entity, Found, Pushed
from erp_connectors.models import ApiKey, ErpConnection
from erp_connectors.push.connector import PushConnector
from mapping.documents import CallRecord
from mapping.models import Company
from tests.erp_connectors.orders import Sold, make_order

_numbers = count(1)


@pytest.fixture
def connection(db: None) -> ErpConnection:
    company = Company.objects.create(name=f"Company that pushes {next(_numbers)}")
    return ErpConnection.objects.create(company=company, kind="push")


@pytest.fixture
def calls() -> list[CallRecord]:
    return []


@pytest.fixture
def connector(connection: ErpConnection, calls: list[CallRecord]) -> PushConnector:
    return PushConnector.open(connection, calls.append)


def test_it_says_that_the_erp_calls_us(connector: PushConnector) -> None:
    delta = connector.capabilities().delta

    assert set(delta) == set(Entity)
    assert not connector.capabilities().lists_orders
    assert not connector.capabilities().kits
    assert delta[Entity.STOCK] is DeltaKind.EVENTS


def test_nothing_to_pull_does_not_mean_that_everything_is_gone(connector: PushConnector) -> None:
    for page in (
        connector.pull_products("7"),
        connector.pull_prices("7"),
        connector.pull_stock("7"),
        connector.pull_shipments("7"),
        connector.list_orders(datetime(2026, 11, 24, tzinfo=UTC), "7"),
    ):
        assert page.records == ()
        assert not page.complete
        assert not page.more
        assert page.cursor == "7"


def test_an_order_is_handed_over_and_nothing_leaves(
    connector: PushConnector, calls: list[CallRecord]
) -> None:
    order = make_order(Sold(sku="A"))

    first = connector.push_order(order, key="k")
    second = connector.push_order(order, key="k")

    assert first.outcome is second.outcome is Pushed.HANDED_OVER
    assert connector.lookup_order(order.reference).found is Found.NOT_FOUND
    assert connector.cancel_order(order.reference, reason="").outcome is Pushed.HANDED_OVER
    assert calls == []


def test_its_health_is_that_of_its_keys(
    connector: PushConnector, connection: ErpConnection
) -> None:
    without = connector.health()
    key, _ = ApiKey.issue(connection, "partner")
    silent = connector.health()
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=timezone.now())
    alive = connector.health()
    ApiKey.objects.filter(pk=key.pk).update(expires_at=timezone.now() - timedelta(days=1))

    assert not without.ok
    assert silent.ok
    assert alive.ok
    assert alive.message != silent.message
    assert not connector.health().ok
