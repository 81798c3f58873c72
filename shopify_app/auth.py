"""Tokens: get one, keep it fresh, and know who speaks through the embedded page."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import jwt
import msgspec
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shopify_app import transport
from shopify_app.errors import ShopifyAccessDenied, ShopifyUnavailable
from shopify_app.models import Shop

_EXCHANGE = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
    "requested_token_type": "urn:shopify:params:oauth:token-type:offline-access-token",
    "expiring": "1",
}
_LEEWAY_SECONDS = 10
_LONGEST_SESSION_TOKEN = 8192


class InvalidSessionToken(Exception):
    """The request does not come from a person in the Shopify admin, or no longer does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionToken:
    """Who is looking at the embedded page: a person of this store, until it expires."""

    shop_domain: str
    user: str
    session: str
    expires_at: datetime


class _Grant(msgspec.Struct):
    access_token: str
    scope: str = ""
    expires_in: int | None = None
    refresh_token: str = ""
    refresh_token_expires_in: int | None = None


def exchange_token(shop: Shop, id_token: str) -> None:
    """Trade the embedded page's id token for a lasting access to its store.

    Raises ShopifyAccessDenied when the id token is too old: the page must be reloaded.
    """
    with transaction.atomic(durable=True):
        locked = Shop.objects.select_for_update().get(pk=shop.pk)
        form = _EXCHANGE | _app_credentials(locked) | {"subject_token": id_token}
        grant = _ask(locked, form, advice=_("Open the app once more from the Shopify admin."))
        locked.grant = Shop.Grant.TOKEN_EXCHANGE
        locked.uninstalled_at = None
        _keep(locked, grant)
    _adopt(shop, locked)


def renew(shop: Shop, *, refused: str = "") -> None:
    """Make sure that the shop holds a good token; `refused` is one Shopify no longer takes.

    Of many workers that notice at once, one asks Shopify and the others wait for its
    answer: a renewal uses up the renewal key. The lock is the one that may be held
    during a call; it is on this row only, and the call has a short time-out.
    """
    # Durable: inside somebody else's transaction a rollback would lose the new keys.
    with transaction.atomic(durable=True):
        locked = Shop.objects.select_for_update().get(pk=shop.pk)
        if not locked.token_is_fresh() or locked.credentials["access_token"] == refused:
            form, advice = _renewal(locked)
            _keep(locked, _ask(locked, form, advice=advice))
    # Committed: from here on it survives whatever happens to this process.
    _adopt(shop, locked)


def verify_session_token(token: str) -> SessionToken:
    """Return who sent an App Bridge session token, or raise InvalidSessionToken."""
    if len(token) > _LONGEST_SESSION_TOKEN:
        raise InvalidSessionToken("too long")
    claims = _claims(token)
    issuer, destination = _host(claims["iss"]), _host(claims["dest"])
    if issuer != destination or not transport.SHOP_DOMAIN.fullmatch(destination):
        raise InvalidSessionToken("issuer and store differ, or are no store")
    try:
        expires_at = datetime.fromtimestamp(int(claims["exp"]), UTC)
    except (ValueError, OverflowError, OSError):
        raise InvalidSessionToken("its end is no date") from None
    return SessionToken(
        shop_domain=destination,
        user=str(claims["sub"]),
        session=str(claims.get("sid", "")),
        expires_at=expires_at,
    )


def _claims(token: str) -> dict[str, Any]:
    # A blank secret in the settings would let anybody sign.
    secrets = [secret for secret in settings.SHOPIFY_CLIENT_SECRETS if secret]
    if not settings.SHOPIFY_CLIENT_ID or not secrets:
        raise InvalidSessionToken("this installation has no Shopify app configured")
    reason = "no secret fits"
    for secret in secrets:
        try:
            return jwt.decode(
                token,
                secret,
                algorithms=["HS256"],
                audience=settings.SHOPIFY_CLIENT_ID,
                leeway=_LEEWAY_SECONDS,
                # ShopifyAPI's own check lets a token without an end pass.
                options={"require": ["exp", "nbf", "iss", "dest", "aud", "sub"]},
            )
        except jwt.PyJWTError as error:
            reason = type(error).__name__
    raise InvalidSessionToken(reason)


def _host(url: Any) -> str:
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
        plain = parts.scheme == "https" and parts.netloc == parts.hostname
    except ValueError:
        return ""
    return parts.netloc if plain else ""


def _renewal(shop: Shop) -> tuple[dict[str, str], str]:
    """Return how to ask for a new token, and what to do when the answer is no."""
    app = _app_credentials(shop)
    if shop.grant == Shop.Grant.CLIENT_CREDENTIALS:
        advice = _("Check the app's client id and secret, and that the store has the app.")
        return {"grant_type": "client_credentials"} | app, advice
    if shop.grant == Shop.Grant.TOKEN_EXCHANGE:
        advice = _("Open the app once from the Shopify admin of the store.")
        if refresh_token := shop.credentials.get("refresh_token"):
            return {"grant_type": "refresh_token", "refresh_token": refresh_token} | app, advice
        raise ShopifyAccessDenied(f"{shop.domain}: {_('the access has run out.')} {advice}")
    advice = _("The permanent token is no longer accepted. Enter a new one.")
    raise ShopifyAccessDenied(f"{shop.domain}: {advice}")


def _app_credentials(shop: Shop) -> dict[str, str]:
    secrets = settings.SHOPIFY_CLIENT_SECRETS
    return {
        "client_id": shop.credentials.get("client_id") or settings.SHOPIFY_CLIENT_ID,
        "client_secret": shop.credentials.get("client_secret") or (secrets[0] if secrets else ""),
    }


def _ask(shop: Shop, form: dict[str, str], *, advice: str) -> _Grant:
    try:
        response = transport.post(
            transport.address(shop.domain, "/admin/oauth/access_token"),
            form=form,
            headers={},
            timeout=transport.TOKEN_TIMEOUT,
        )
    except (transport.NotSent, transport.NotFormed, transport.AnswerLost) as error:
        # A renewal key stays good until its successor is used, so asking again is safe.
        raise ShopifyUnavailable(f"{shop.domain}: token not renewed ({error})") from None
    if response.status == 429 or response.status >= 500:
        raise ShopifyUnavailable(f"{shop.domain}: token not renewed (HTTP {response.status})")
    if response.status != 200:
        refusal = _("Shopify no longer lets us in (HTTP %(status)s).") % {
            "status": response.status
        }
        raise ShopifyAccessDenied(f"{shop.domain}: {refusal} {advice}")
    try:
        grant = msgspec.json.decode(response.body, type=_Grant)
    except msgspec.MsgspecError:
        raise ShopifyUnavailable(f"{shop.domain}: the token's answer is not readable") from None
    if not grant.access_token:
        raise ShopifyUnavailable(f"{shop.domain}: the token's answer is empty")
    return grant


def _keep(shop: Shop, grant: _Grant) -> None:
    now = timezone.now()
    kept = {"access_token": grant.access_token}
    if grant.refresh_token:
        kept["refresh_token"] = grant.refresh_token
    shop.credentials = shop.credentials | kept
    shop.scopes = grant.scope or shop.scopes
    shop.token_expires_at = _after(now, grant.expires_in)
    if grant.refresh_token:
        shop.refresh_expires_at = _after(now, grant.refresh_token_expires_in)
    shop.last_error = ""
    shop.save(update_fields=_TOKEN_FIELDS)


def _after(now: datetime, seconds: int | None) -> datetime | None:
    return None if seconds is None else now + timedelta(seconds=seconds)


_TOKEN_FIELDS = (
    *("grant", "credentials", "scopes", "token_expires_at"),
    *("refresh_expires_at", "uninstalled_at", "last_error"),
)


def _adopt(shop: Shop, locked: Shop) -> None:
    for name in _TOKEN_FIELDS:
        setattr(shop, name, getattr(locked, name))
