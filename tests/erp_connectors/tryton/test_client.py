"""How the connector behaves when Tryton, the network or the settings do not."""

import dataclasses
import socket
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from erp_connectors.errors import ErpMisconfigured, ErpRejected, ErpUnavailable
from erp_connectors.models import ErpConnection
from erp_connectors.registry import open_connector
from erp_connectors.tryton import sessions
from erp_connectors.tryton.client import TrytonClient
from erp_connectors.tryton.connector import TrytonConnector
from erp_connectors.tryton.sessions import Session
from erp_connectors.tryton.settings import TrytonSettings, read_settings
from tests.erp_connectors.tryton.conftest import Calls

pytestmark = [pytest.mark.tryton, pytest.mark.timeout(600)]


def test_a_session_that_ended_is_renewed_unseen(
    connector: TrytonConnector, tryton_settings: TrytonSettings, calls: Calls
) -> None:
    sessions.keep(tryton_settings, Session(authorization="Session bm9wZTozOm5v", context={}))

    assert connector.read_stock(["LI001"])
    assert {call.outcome for call in calls} == {"ok"}


def test_a_connection_opens_from_what_a_person_entered(tryton_settings: TrytonSettings) -> None:
    secrets: Any = {"password": tryton_settings.password}
    connection = ErpConnection(
        kind="tryton",
        settings={
            "url": tryton_settings.url,
            "database": tryton_settings.database,
            "user": tryton_settings.user,
            "options": "color, talla",
        },
        secrets=secrets,
    )

    connector = open_connector(connection)
    health = connector.health()
    connector.close()

    assert health.ok, health.message
    assert health.version.startswith("Tryton 8.2")


def test_a_wrong_password_says_so(tryton_settings: TrytonSettings) -> None:
    wrong = dataclasses.replace(tryton_settings, password="no")
    connector = TrytonConnector(wrong, lambda _call: None)

    health = connector.health()
    connector.close()

    assert not health.ok
    assert "password" in health.message


def test_a_database_that_does_not_exist_says_so(tryton_settings: TrytonSettings) -> None:
    connector = TrytonConnector(
        dataclasses.replace(tryton_settings, database="nope", timeout_seconds=2.0),
        lambda _call: None,
    )

    with pytest.raises((ErpMisconfigured, ErpUnavailable)):
        connector.read_stock(["LI001"])
    connector.close()


def test_an_erp_that_is_not_there_is_unavailable(tryton_settings: TrytonSettings) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    connector = TrytonConnector(dataclasses.replace(tryton_settings, url=url), lambda _call: None)

    with pytest.raises(ErpUnavailable):
        connector.pull_stock("")
    connector.close()


def test_a_field_the_erp_does_not_have_is_a_refusal(
    tryton_settings: TrytonSettings, calls: Calls
) -> None:
    client = TrytonClient(tryton_settings, calls.append)

    with pytest.raises(ErpRejected):
        client.search("product.product", [], ["nope"])
    client.close()

    assert calls[-1].outcome == "refused"


def test_a_private_address_is_refused_unless_the_operator_allows_it(
    tryton_settings: TrytonSettings, settings: Settings
) -> None:
    settings.ERP_ALLOWED_NETWORKS = []

    with pytest.raises(ErpMisconfigured):
        TrytonConnector(tryton_settings, lambda _call: None)


def test_a_foreign_cursor_is_refused(connector: TrytonConnector) -> None:
    for cursor in ("nope", "{}", '{"h":1}', '{"h":1e400,"d":[]}', "[]"):
        with pytest.raises(ErpMisconfigured):
            connector.pull_products(cursor)


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"database": "d", "user": "u"}, "url"),
        ({"url": "http://x", "database": "a/b", "user": "u"}, "/"),
        ({"url": "http://x", "database": "d", "user": "u", "time_zone": "Mars/One"}, "Mars"),
        ({"url": "http://x", "database": "d", "user": "u", "overlap_seconds": "x"}, "overlap"),
        ({"url": "http://x", "database": "d", "user": "u", "timeout_seconds": 0}, "timeout"),
    ],
)
def test_settings_that_cannot_work_are_named(values: dict[str, object], word: str) -> None:
    with pytest.raises(ErpMisconfigured, match=word):
        read_settings(values, {"password": "p"})
