import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from mapping.models import Channel
from sync.models import Status
from tests.sync.makers import SECRET, make_channel, make_message, make_order

pytestmark = pytest.mark.django_db
HOST = "YWRtaW4uc2hvcGlmeS5jb20vc3RvcmUvZGVtbw"


@pytest.fixture(autouse=True)
def _app(settings: Settings) -> None:
    settings.SHOPIFY_CLIENT_ID = "client-id"
    settings.SHOPIFY_CLIENT_SECRETS = [SECRET]
    settings.APP_URL = "https://puente.example"
    settings.SHOPIFY_APP_BRIDGE_URL = "https://cdn.shopify.com/shopifycloud/app-bridge.js"


@pytest.fixture
def channel() -> Channel:
    return make_channel()


def token(domain: str, *, secret: str = SECRET, **changes: Any) -> str:
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": f"https://{domain}/admin",
        "dest": f"https://{domain}",
        "aud": "client-id",
        "sub": "42",
        "exp": now + 60,
        "nbf": now - 1,
        "iat": now,
    }
    return jwt.encode(claims | changes, secret, algorithm="HS256")


def load(domain: str, **query: str) -> Any:
    values = {"shop": domain, "host": HOST, "embedded": "1", "locale": "en"} | query
    return Client().get("/shopify/", values)


def test_the_page_shows_its_own_store_to_its_own_staff(channel: Channel) -> None:
    order = make_order(channel, erp_number="P26-1", state="in_erp")
    make_message(channel, status=Status.PARKED, reason_code="no_sku")
    domain = channel.shop.domain

    page = load(domain, id_token=token(domain))

    text = page.content.decode()
    assert page.status_code == 200
    assert order.name in text
    assert "P26-1" in text
    assert "A line has no reference (SKU)" in text
    assert 'href="https://puente.example/admin/" target="_top"' in text
    assert not page.cookies


def test_only_this_stores_admin_may_frame_it(channel: Channel, settings: Settings) -> None:
    settings.EMBED_EXTRA_ANCESTORS = ["http://127.0.0.1:9000"]
    domain = channel.shop.domain

    page = load(domain, id_token=token(domain))

    policy = page["Content-Security-Policy"]
    assert (
        f"frame-ancestors https://{domain} https://admin.shopify.com http://127.0.0.1:9000"
        in policy
    )
    assert "unsafe" not in policy
    assert "X-Frame-Options" not in page


def test_nothing_of_another_store_is_on_it(channel: Channel) -> None:
    theirs = make_order(make_channel(), erp_number="SECRET-1", state="in_erp")
    domain = channel.shop.domain

    page = load(domain, id_token=token(domain)).content.decode()
    part = status(token(domain)).content.decode()

    assert theirs.name not in page + part
    assert "SECRET-1" not in page + part


def test_a_token_of_one_store_does_not_open_another(channel: Channel) -> None:
    other = make_channel()

    page = load(channel.shop.domain, id_token=token(other.shop.domain))

    assert page.status_code == 403
    assert channel.name not in page.content.decode()


@pytest.mark.parametrize(
    ("_case", "changes"),
    [
        ("too old", {"exp": 1}),
        ("for another app", {"aud": "other"}),
        ("signed by somebody else", {"secret": "wrong" * 10}),
    ],
)
def test_a_stale_or_false_token_is_replaced_by_app_bridge(
    channel: Channel, _case: str, changes: dict[str, Any]
) -> None:
    domain = channel.shop.domain

    page = load(domain, id_token=token(domain, **changes))

    assert page.status_code == 302
    again = parse_qs(urlsplit(page["Location"]).query)["shopify-reload"][0]
    assert again.startswith("https://puente.example/shopify/?")
    assert "id_token" not in page["Location"]
    bounced = Client().get(page["Location"])
    assert bounced.status_code == 200
    assert "app-bridge.js" in bounced.content.decode()
    assert f"frame-ancestors https://{domain}" in bounced["Content-Security-Policy"]


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/shopify/",
        "//evil.example/shopify/",
        "https://puente.example.evil.example/shopify/",
        "https://puente.example@evil.example/shopify/",
        "https://puente.example/admin/",
        "javascript:alert(1)",
        "",
    ],
)
def test_a_fresh_token_is_never_sent_elsewhere(channel: Channel, target: str) -> None:
    query = {"shop": channel.shop.domain, "host": HOST, "shopify-reload": target}

    assert Client().get("/shopify/again", query).status_code == 400


def test_opened_outside_shopify_it_says_where_it_belongs() -> None:
    page = Client().get("/shopify/", headers={"Accept-Language": "es"})

    assert page.status_code == 200
    assert "Abra esta página desde el panel de Shopify" in page.content.decode()
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]


@pytest.mark.parametrize("shop", ["evil.example", "a.myshopify.com;script-src *", "x" * 5000])
def test_no_text_from_the_address_gets_into_the_policy(shop: str) -> None:
    page = Client().get("/shopify/", {"shop": shop, "host": HOST})

    assert "evil" not in page["Content-Security-Policy"]
    assert ";script-src *" not in page["Content-Security-Policy"]


def test_a_store_that_is_not_connected_gets_a_friendly_page() -> None:
    page = load("new-one.myshopify.com", id_token=token("new-one.myshopify.com"))

    assert page.status_code == 200
    assert "not connected yet" in page.content.decode()


def status(given: str | None) -> Any:
    headers = {"Authorization": f"Bearer {given}"} if given else {}
    return Client().get("/shopify/status?locale=en", headers=headers)


def test_the_figures_are_refreshed_with_a_token(channel: Channel) -> None:
    page = status(token(channel.shop.domain))

    assert page.status_code == 200
    assert channel.name in page.content.decode()


@pytest.mark.parametrize("given", [None, "", "nonsense", "ñ"])
def test_without_a_token_app_bridge_is_asked_for_one(given: str | None) -> None:
    page = status(given)

    assert page.status_code == 401
    assert page["X-Shopify-Retry-Invalid-Session-Request"] == "1"


def test_a_store_whose_access_shopify_refuses_still_sees_its_page(
    channel: Channel, settings: Settings
) -> None:
    # Nothing listens there: the exchange of the token cannot work.
    settings.SHOPIFY_BASE_URL = "http://127.0.0.1:9"
    channel.shop.credentials = {}
    channel.shop.grant = "token_exchange"
    channel.shop.save()
    domain = channel.shop.domain

    page = load(domain, id_token=token(domain))

    assert page.status_code == 200
    assert "Shopify gave us no access" in page.content.decode()
