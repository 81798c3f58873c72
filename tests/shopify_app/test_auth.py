"""Tokens: one worker renews, all use it, and a failure says what to do."""

import multiprocessing
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.db import connection, connections
from django.utils import timezone

from mapping.documents import CallRecord
from shopify_app import auth, transport
from shopify_app.client import ShopifyClient
from shopify_app.errors import ShopifyAccessDenied, ShopifyUnavailable
from shopify_app.models import Shop
from tests.shopify_app import raw_server as wire
from tests.shopify_app.conftest import CLIENT_SECRET, REFRESH_TOKEN, make_shop
from tests.shopify_app.raw_server import RawServer

GRANT = {
    "access_token": "shpat_new",
    "scope": "read_orders,write_products",
    "expires_in": 3600,
    "refresh_token": "shprt_new",
    "refresh_token_expires_in": 7776000,
}


READ = ("webhook_subscriptions", {"after": None})


def form(request: wire.Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(request.body.decode()).items()}


def an_expired_shop(**fields: Any) -> Shop:
    return make_shop(token_expires_at=timezone.now() - timedelta(minutes=1), **fields)


def test_an_expired_token_is_renewed_before_the_call(shopify: RawServer, db: None) -> None:
    shop = an_expired_shop()
    shopify.script = [wire.answer(GRANT), wire.data({"x": {}})]

    ShopifyClient.for_shop(shop).run(*READ)

    renewal, call = shopify.requests
    assert renewal.path == f"/{shop.domain}/admin/oauth/access_token"
    assert form(renewal) == {
        "grant_type": "refresh_token",
        "refresh_token": REFRESH_TOKEN,
        "client_id": "client-1",
        "client_secret": CLIENT_SECRET,
    }
    assert call.headers["x-shopify-access-token"] == "shpat_new"
    kept = Shop.objects.get(pk=shop.pk)
    assert kept.credentials["refresh_token"] == "shprt_new"
    assert kept.scopes == "read_orders,write_products"
    assert kept.token_is_fresh()
    assert kept.refresh_expires_at is not None
    assert kept.refresh_expires_at > timezone.now() + timedelta(days=89)


def test_a_token_refused_early_is_renewed_once(shopify: RawServer, shop: Shop) -> None:
    records: list[CallRecord] = []
    shopify.script = [wire.answer({}, 401), wire.answer(GRANT), wire.data({"x": {}})]

    ShopifyClient.for_shop(shop, record=records.append).run(*READ)

    assert [(each.operation, each.outcome) for each in records] == [
        ("webhook_subscriptions", "refused"),
        ("renew_token", "ok"),
        ("webhook_subscriptions", "ok"),
    ]
    assert Shop.objects.get().last_error == ""


def test_a_new_token_that_is_refused_too_needs_a_person(shopify: RawServer, shop: Shop) -> None:
    shopify.script = [wire.answer({}, 401), wire.answer(GRANT), wire.answer({}, 401)]

    with pytest.raises(ShopifyAccessDenied):
        ShopifyClient.for_shop(shop).run(*READ)

    assert len(shopify.requests) == 3
    assert "401" in Shop.objects.get().last_error


def test_a_token_just_renewed_is_not_renewed_again(shopify: RawServer, db: None) -> None:
    shopify.script = [wire.answer(GRANT), wire.answer({}, 401)]

    with pytest.raises(ShopifyAccessDenied):
        ShopifyClient.for_shop(an_expired_shop()).run(*READ)

    assert len(shopify.requests) == 2


def test_an_own_app_asks_with_its_own_credentials(shopify: RawServer, db: None) -> None:
    credentials = {"client_id": "own", "client_secret": "own-secret"}
    shop = make_shop(grant=Shop.Grant.CLIENT_CREDENTIALS, credentials=credentials)
    shopify.script = [wire.answer({"access_token": "t", "scope": "a", "expires_in": 86399})]

    auth.renew(shop)

    assert form(shopify.requests[0]) == credentials | {"grant_type": "client_credentials"}
    assert Shop.objects.get().credentials == credentials | {"access_token": "t"}


def test_an_install_trades_the_pages_token_for_a_lasting_one(shopify: RawServer, db: None) -> None:
    shop = make_shop(credentials={}, uninstalled_at=timezone.now())
    shopify.script = [wire.answer(GRANT)]

    auth.exchange_token(shop, "id-token")

    sent = form(shopify.requests[0])
    assert sent["subject_token"] == "id-token"
    assert sent["expiring"] == "1"
    assert shop.token_is_fresh()
    assert Shop.objects.get().uninstalled_at is None


@pytest.mark.parametrize(
    ("grant", "credentials", "status", "advice"),
    [
        (Shop.Grant.TOKEN_EXCHANGE, {"refresh_token": "x"}, 400, "Open the app once"),
        (Shop.Grant.TOKEN_EXCHANGE, {}, 200, "Open the app once"),
        (Shop.Grant.CLIENT_CREDENTIALS, {}, 401, "Check the app's client id"),
        (Shop.Grant.STATIC, {}, 200, "Enter a new one"),
    ],
)
def test_a_refused_renewal_says_what_to_do(
    shopify: RawServer,
    db: None,
    grant: str,
    credentials: dict[str, str],
    status: int,
    advice: str,
) -> None:
    shop = an_expired_shop(grant=grant, credentials=credentials)
    shopify.script = [wire.answer({"error": "invalid_grant"}, status)]

    with pytest.raises(ShopifyAccessDenied, match=advice):
        ShopifyClient.for_shop(shop).run(*READ)

    assert advice in Shop.objects.get().last_error


@pytest.mark.parametrize(
    "fault",
    [
        wire.truncated,
        wire.reset,
        wire.answer({}, 429),
        wire.answer({}, 503),
        wire.respond(200, b"<html>"),
        wire.answer({"access_token": 7}),
        wire.answer({"access_token": ""}),
    ],
)
def test_a_renewal_that_fails_for_now_keeps_the_old_keys(
    shopify: RawServer, db: None, fault: wire.Step
) -> None:
    shop = an_expired_shop()
    before = Shop.objects.get().credentials
    shopify.script = [fault]

    with pytest.raises(ShopifyUnavailable):
        auth.renew(shop)

    assert Shop.objects.get().credentials == before


@pytest.mark.django_db(transaction=True)
def test_of_many_threads_one_renews(shopify: RawServer) -> None:
    shop = an_expired_shop()
    slow = wire.answer(GRANT)

    def slowly(line: Any) -> None:
        time.sleep(0.2)
        slow(line)

    shopify.otherwise = slowly
    barrier = threading.Barrier(8)

    def renew(_: int) -> str:
        mine = Shop.objects.get(pk=shop.pk)
        barrier.wait()
        auth.renew(mine)
        connection.close()
        return str(mine.credentials["access_token"])

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(renew, range(8))) == {"shpat_new"}

    assert len(shopify.requests) == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_threads_that_are_refused_one_renews(shopify: RawServer) -> None:
    shop = make_shop()
    shopify.otherwise = wire.answer(GRANT)
    old = shop.credentials["access_token"]
    barrier = threading.Barrier(8)

    def renew(_: int) -> None:
        mine = Shop.objects.get(pk=shop.pk)
        barrier.wait()
        auth.renew(mine, refused=old)
        connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(renew, range(8)))

    assert len(shopify.requests) == 1


def _renew_in_a_process(shop_id: int) -> None:
    connections.close_all()
    auth.renew(Shop.objects.get(pk=shop_id))
    connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_of_many_processes_one_renews(shopify: RawServer) -> None:
    shop = an_expired_shop()
    shopify.otherwise = wire.answer(GRANT)
    # The parent's pool must not leak into the children, so it is in use before the fork.
    transport.pooled()
    connections.close_all()
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_renew_in_a_process, args=[shop.pk]) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert [worker.exitcode for worker in workers] == [0] * 4
    assert len(shopify.requests) == 1
