"""Only a person in the Shopify admin of a store gets through the embedded page."""

import hmac
import json
import time
from base64 import urlsafe_b64encode
from typing import Any

import jwt
import pytest
from pytest_django import Settings

from shopify_app import auth
from tests.shopify_app.conftest import CLIENT_SECRET

DOMAIN = "puente-demo.myshopify.com"


def a_session(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": f"https://{DOMAIN}/admin",
        "dest": f"https://{DOMAIN}",
        "aud": "client-1",
        "sub": "42",
        "exp": now + 60,
        "nbf": now - 1,
        "iat": now,
        "jti": "j",
        "sid": "s",
    }
    return {name: value for name, value in (claims | changes).items() if value is not None}


def signed(claims: dict[str, Any], *, secret: str = CLIENT_SECRET, by: str = "HS256") -> str:
    return jwt.encode(claims, secret.ljust(64, "."), algorithm=by)


def signed_with_nothing(claims: dict[str, Any]) -> str:
    """Sign by hand: libraries refuse to sign with an empty key."""
    head, body = (
        urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
        for part in ({"alg": "HS256", "typ": "JWT"}, claims)
    )
    mark = urlsafe_b64encode(hmac.digest(b"", head + b"." + body, "sha256")).rstrip(b"=")
    return b".".join((head, body, mark)).decode()


@pytest.fixture
def app(settings: Settings) -> None:
    settings.SHOPIFY_CLIENT_ID = "client-1"
    settings.SHOPIFY_CLIENT_SECRETS = [CLIENT_SECRET.ljust(64, "."), "older".ljust(64, ".")]


@pytest.mark.usefixtures("app")
def test_a_person_in_the_admin_is_known_by_the_session_token() -> None:
    session = auth.verify_session_token(signed(a_session()))

    assert (session.shop_domain, session.user) == (DOMAIN, "42")


@pytest.mark.usefixtures("app")
def test_a_secret_being_rotated_out_still_counts() -> None:
    auth.verify_session_token(signed(a_session(), secret="older"))


@pytest.mark.usefixtures("app")
def test_clocks_may_differ_a_little() -> None:
    now = int(time.time())

    auth.verify_session_token(signed(a_session(exp=now - 5, nbf=now + 5)))


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    ("_case", "changes"),
    [
        ("over", {"exp": int(time.time()) - 3600}),
        ("not yet", {"nbf": int(time.time()) + 3600, "exp": int(time.time()) + 7200}),
        ("without an end", {"exp": None}),
        ("without a beginning", {"nbf": None}),
        ("for another app", {"aud": "client-2"}),
        ("for no app", {"aud": None}),
        ("of another store", {"iss": "https://other.myshopify.com/admin"}),
        ("not a store", {"iss": "https://evil.com/admin", "dest": "https://evil.com"}),
        (
            "a lookalike",
            {
                "iss": "https://a.myshopify.com.evil.com/admin",
                "dest": "https://a.myshopify.com.evil.com",
            },
        ),
        ("with a port", {"iss": f"https://{DOMAIN}:8/admin", "dest": f"https://{DOMAIN}:8"}),
        ("with a user", {"iss": f"https://a@{DOMAIN}/", "dest": f"https://a@{DOMAIN}"}),
        ("in clear", {"iss": f"http://{DOMAIN}/admin", "dest": f"http://{DOMAIN}"}),
        ("no address", {"iss": "https://[", "dest": "https://["}),
        ("a number", {"dest": 7}),
        ("an endless end", {"exp": 10**30}),
        ("nobody", {"sub": None}),
    ],
)
def test_a_session_token_that_is_not_right_is_refused(_case: str, changes: dict[str, Any]) -> None:
    with pytest.raises(auth.InvalidSessionToken):
        auth.verify_session_token(signed(a_session(**changes)))


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    "token",
    [
        "",
        "x.y.z",
        "é" * 10,
        "a" * 100_000,
        signed(a_session(), secret="guessed"),
        signed(a_session(), by="HS512"),
        jwt.encode(a_session(), "", algorithm="none"),
    ],
)
def test_a_session_token_signed_otherwise_is_refused(token: str) -> None:
    with pytest.raises(auth.InvalidSessionToken):
        auth.verify_session_token(token)


@pytest.mark.parametrize("secrets", [[], [""]])
def test_without_a_secret_nobody_can_sign(settings: Settings, secrets: list[str]) -> None:
    settings.SHOPIFY_CLIENT_ID = "client-1"
    settings.SHOPIFY_CLIENT_SECRETS = secrets

    for token in (signed(a_session()), signed_with_nothing(a_session())):
        with pytest.raises(auth.InvalidSessionToken):
            auth.verify_session_token(token)
