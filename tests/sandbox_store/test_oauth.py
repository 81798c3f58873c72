"""Tokens: exchanged, refreshed with rotation, by credentials; and the id tokens before them."""

from __future__ import annotations

from typing import Any

import httpx2

from .shop import TestShop

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"


def ask(shop: TestShop, **form: Any) -> httpx2.Response:
    app = shop.facts["app"]
    keys = {"client_id": app["client_id"], "client_secret": app["client_secret"]}
    return shop.http.post(shop.facts["token_url"], json=keys | form)


def exchange(shop: TestShop, **changes: Any) -> httpx2.Response:
    form = {
        "grant_type": EXCHANGE,
        "subject_token": shop.control("POST", "/session-token", {})["id_token"],
        "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
        "requested_token_type": "urn:shopify:params:oauth:token-type:offline-access-token",
        "expiring": "1",
    }
    return ask(shop, **form | changes)


def status(shop: TestShop, token: str) -> int:
    return shop.post("{ shop { name } }", token=token).status_code


def wait(shop: TestShop, seconds: float) -> None:
    shop.http.post(f"{shop.url}/control/clock", json={"advance_seconds": seconds})


def test_an_exchanged_token_works_for_an_hour(shop: TestShop) -> None:
    granted = exchange(shop).json()

    assert granted["expires_in"] == 3600
    assert "read_products" in granted["scope"].split(",")
    assert status(shop, granted["access_token"]) == 200
    wait(shop, 3601)
    assert status(shop, granted["access_token"]) == 401


def test_a_refresh_token_rotates_and_the_old_one_lives_until_the_new_is_used(
    shop: TestShop,
) -> None:
    first = exchange(shop).json()
    second = ask(shop, grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
    again = ask(shop, grant_type="refresh_token", refresh_token=first["refresh_token"])

    assert again.status_code == 200
    third = ask(shop, grant_type="refresh_token", refresh_token=again.json()["refresh_token"])
    assert third.status_code == 200
    dead = ask(shop, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert (dead.status_code, dead.json()["error"]) == (400, "invalid_grant")
    overtaken = ask(shop, grant_type="refresh_token", refresh_token=second["refresh_token"])
    assert overtaken.status_code == 400


def test_a_stale_id_token_is_not_exchanged(shop: TestShop) -> None:
    old = shop.control("POST", "/session-token", {"seconds": 60})["id_token"]
    wait(shop, 120)

    refused = exchange(shop, subject_token=old)

    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_subject_token")


def test_client_credentials_give_a_token_for_a_day(shop: TestShop) -> None:
    app = shop.facts["app"]
    form = {"grant_type": "client_credentials", "client_id": app["client_id"]}

    granted = shop.http.post(
        shop.facts["token_url"], data=form | {"client_secret": app["client_secret"]}
    ).json()

    assert granted["expires_in"] == 86_399
    assert status(shop, granted["access_token"]) == 200


def test_a_wrong_secret_gets_nothing(shop: TestShop) -> None:
    refused = ask(shop, grant_type="client_credentials", client_secret="ñ")

    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


def test_scopes_change_with_the_app(shop: TestShop) -> None:
    shop.control("POST", "/app", {"scopes": ["read_products"]})

    answer = shop.answer("{ orders(first: 1) { nodes { id } } }")

    assert answer["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"


def test_revoked_tokens_are_dead_at_once(shop: TestShop) -> None:
    shop.control("POST", "/app", {"revoke_tokens": True})

    assert status(shop, shop.facts["access_token"]) == 401
