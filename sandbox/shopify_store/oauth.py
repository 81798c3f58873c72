"""Access tokens: exchanged for an id token, refreshed with rotation, or by client credentials."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
import uuid
from datetime import datetime, timedelta
from typing import Any

from .records import App, RefreshToken, Shop, Token
from .store import Action

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105
OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token"
ONLINE = "urn:shopify:params:oauth:token-type:online-access-token"
CREDENTIALS_SECONDS = 86_399
REFRESH_DAYS = 90
ID_TOKEN_SECONDS = 60


class OAuthError(Exception):
    """Answered with status 400 (or 401) and an `error` that clients branch on."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status


def grant(act: Action, form: dict[str, Any]) -> dict[str, Any]:
    app = _client(act.shop, form)
    kind = form.get("grant_type")
    if kind == EXCHANGE:
        return _exchange(act, app, form)
    if kind == "refresh_token":
        return _refresh(act, app, form)
    if kind == "client_credentials":
        token = _issue(act, app, seconds=CREDENTIALS_SECONDS)
        return {
            "access_token": token,
            "scope": ",".join(app.scopes),
            "expires_in": CREDENTIALS_SECONDS,
        }
    raise OAuthError("unsupported_grant_type", "sandbox: this grant type is not modelled")


def _client(shop: Shop, form: dict[str, Any]) -> App:
    app = shop.app
    if app is None:
        raise OAuthError("application_cannot_be_found", "The app is not installed", 400)
    known = same(str(form.get("client_id", "")), app.client_id)
    if not known:
        raise OAuthError("application_cannot_be_found", "Could not find Shopify API application")
    if not same(str(form.get("client_secret", "")), app.client_secret):
        raise OAuthError("invalid_client", "Client authentication failed", 401)
    return app


def same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


def _issue(act: Action, app: App, *, seconds: float | None, online: bool = False) -> str:
    token = f"{'shpua' if online else 'shpat'}_{secrets.token_hex(16)}"
    expires = None if seconds is None else act.later(seconds)
    act.shop.tokens[token] = Token(
        client_id=app.client_id, scopes=list(app.scopes), expires_at=expires, online=online
    )
    return token


def permanent(act: Action, app: App) -> str:
    """The token of a custom app, as old stores have them: it does not expire."""
    return _issue(act, app, seconds=None)


def _exchange(act: Action, app: App, form: dict[str, Any]) -> dict[str, Any]:
    if form.get("subject_token_type") != ID_TOKEN:
        raise OAuthError("invalid_request", "subject_token_type must be id_token")
    claims = read_id_token(act.shop, app, str(form.get("subject_token", "")), act.now)
    scope = ",".join(app.scopes)
    wanted = form.get("requested_token_type")
    if wanted == ONLINE:
        token = _issue(act, app, seconds=CREDENTIALS_SECONDS, online=True)
        return {
            "access_token": token,
            "scope": scope,
            "expires_in": CREDENTIALS_SECONDS,
            "associated_user_scope": scope,
            "associated_user": {"id": int(claims["sub"])},
        }
    if wanted != OFFLINE:
        raise OAuthError("invalid_request", "requested_token_type is not supported")
    if str(form.get("expiring", "0")) not in ("1", "true", "True"):
        return {"access_token": _issue(act, app, seconds=None), "scope": scope}
    return _expiring(act, app, replaces=None)


def _expiring(act: Action, app: App, *, replaces: str | None) -> dict[str, Any]:
    seconds = act.shop.token_seconds
    token = _issue(act, app, seconds=seconds)
    refresh = f"shprt_{secrets.token_hex(16)}"
    act.shop.refresh_tokens[refresh] = RefreshToken(
        client_id=app.client_id,
        scopes=list(app.scopes),
        expires_at=act.now + timedelta(days=REFRESH_DAYS),
        replaces=replaces,
        access_token=token,
    )
    return {
        "access_token": token,
        "scope": ",".join(app.scopes),
        "expires_in": seconds,
        "refresh_token": refresh,
        "refresh_token_expires_in": REFRESH_DAYS * 86_400,
    }


def _refresh(act: Action, app: App, form: dict[str, Any]) -> dict[str, Any]:
    """Each use gives a new refresh token; the old one stays good until the new one is used."""
    given = str(form.get("refresh_token", ""))
    held = act.shop.refresh_tokens.get(given)
    if held is None or held.expires_at <= act.now or held.client_id != app.client_id:
        raise OAuthError("invalid_grant", "The refresh token is invalid or expired")
    if held.replaces is not None:
        act.shop.refresh_tokens.pop(held.replaces, None)
    for text, each in list(act.shop.refresh_tokens.items()):
        # A second use of the same old token makes its first replacement worthless.
        if each.replaces == given:
            del act.shop.refresh_tokens[text]
            act.shop.tokens.pop(each.access_token, None)
    return _expiring(act, app, replaces=given)


def check(shop: Shop, text: str | None, now: datetime) -> Token | None:
    """The token behind a header, or None when it is unknown, expired, or its app is gone."""
    token = shop.tokens.get(text or "")
    if token is None or shop.app is None or token.client_id != shop.app.client_id:
        return None
    return None if token.expires_at is not None and token.expires_at <= now else token


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def id_token(shop: Shop, app: App, now: datetime, *, seconds: float = ID_TOKEN_SECONDS) -> str:
    """What App Bridge hands to the page: who is looking at which shop, for one minute."""
    moment = int(now.timestamp())
    claims = {
        "iss": f"https://{shop.domain}/admin",
        "dest": f"https://{shop.domain}",
        "aud": app.client_id,
        "sub": "42",
        "exp": moment + int(seconds),
        "nbf": moment,
        "iat": moment,
        "jti": str(uuid.uuid4()),
        "sid": uuid.uuid4().hex,
    }
    claims["sig"] = hashlib.sha256(json.dumps(claims).encode()).hexdigest()
    head = _b64(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    body = _b64(json.dumps(claims).encode())
    return f"{head}.{body}.{_signature(app, f'{head}.{body}')}"


def _signature(app: App, text: str) -> str:
    return _b64(hmac.new(app.client_secret.encode(), text.encode(), hashlib.sha256).digest())


def read_id_token(shop: Shop, app: App, text: str, now: datetime) -> dict[str, Any]:
    head, _, rest = text.partition(".")
    body, _, mark = rest.partition(".")
    if not mark or not same(mark, _signature(app, f"{head}.{body}")):
        raise OAuthError("invalid_subject_token", "The id token's signature is invalid")
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    moment = now.timestamp()
    if not claims["nbf"] - 10 <= moment <= claims["exp"] + 10:
        raise OAuthError("invalid_subject_token", "The id token is expired")
    if claims["dest"] != f"https://{shop.domain}" or claims["aud"] != app.client_id:
        raise OAuthError("invalid_subject_token", "The id token is for another shop or app")
    return claims


def launch_query(shop: Shop, app: App, now: datetime, locale: str) -> dict[str, str]:
    """The query string of an embedded app's document, signed the way Shopify signs it."""
    host = _b64(f"admin.shopify.com/store/{shop.domain.split('.')[0]}".encode())
    query = {
        "embedded": "1",
        "host": host,
        "id_token": id_token(shop, app, now),
        "locale": locale,
        "session": uuid.uuid4().hex,
        "shop": shop.domain,
        "timestamp": str(int(time.time())),
    }
    text = "&".join(f"{key}={query[key]}" for key in sorted(query))
    query["hmac"] = hmac.new(app.client_secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return query
