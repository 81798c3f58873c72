"""Prove that a notice came from Shopify, and say what it is. A notice is only a hint."""

import base64
import hashlib
import hmac
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from django.utils.dateparse import parse_datetime

from shopify_app.client import ShopifyClient
from shopify_app.errors import ShopifyRejected
from shopify_app.paging import next_cursor
from shopify_app.transport import SHOP_DOMAIN

# One handler per resource reads the record again, so a few topics are enough.
# The compliance topics come from the app's own configuration, not from here.
TOPICS: tuple[str, ...] = (
    "APP_SCOPES_UPDATE",
    "APP_UNINSTALLED",
    "INVENTORY_LEVELS_UPDATE",
    "ORDERS_CANCELLED",
    "ORDERS_CREATE",
    "ORDERS_UPDATED",
    "REFUNDS_CREATE",
    "SHOP_UPDATE",
)

LARGEST_BODY = 10 * 1024 * 1024
DEEPEST_BODY = 64
_TOPIC = re.compile(r"[a-z_]+(/[a-z_]+)+")
_ID = re.compile(r"[\x21-\x7e]{1,100}")
# PostgreSQL keeps neither of these in text or JSON.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class InvalidWebhook(Exception):
    """Not a delivery that Shopify signed for this app: answer 401."""


class BadWebhookBody(Exception):
    """Signed, and still not something we can read: answer 400."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One signed delivery. Shopify repeats `id` when it repeats a delivery.

    `event_id` is the same for every delivery of one event, to all its subscriptions.
    """

    id: str
    event_id: str
    topic: str
    shop_domain: str
    triggered_at: datetime | None
    api_version: str
    payload: dict[str, Any]


def verify(
    headers: Mapping[str, str] | Iterable[tuple[str, str]],
    body: bytes,
    *,
    secrets: Sequence[str],
) -> Delivery:
    """Return the delivery, or raise InvalidWebhook or BadWebhookBody; never anything else.

    `body` must be the bytes as received: the signature covers them, not the JSON.
    Several `secrets` are tried, because Shopify signs with the old one for a while
    after a rotation.
    """
    if len(body) > LARGEST_BODY:
        raise BadWebhookBody("too large")
    found = _Headers(headers)
    given = found.one("hmac-sha256").encode(errors="backslashreplace")
    # A blank secret in the settings would let anybody sign.
    fits = [
        hmac.compare_digest(sign(body, secret).encode(), given) for secret in secrets if secret
    ]
    if not any(fits):
        raise InvalidWebhook("signature does not match")
    return Delivery(
        id=found.one("webhook-id", _ID),
        event_id=found.one("event-id", _ID, default=""),
        topic=found.one("topic", _TOPIC),
        shop_domain=found.one("shop-domain", SHOP_DOMAIN),
        triggered_at=_moment(found.one("triggered-at", default="")),
        api_version=found.one("api-version", _ID, default=""),
        payload=_payload(body),
    )


def sign(body: bytes, secret: str) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


def ensure_subscriptions(client: ShopifyClient, uri: str) -> list[str]:
    """Subscribe to what is missing, mend what goes elsewhere; return the topics touched.

    Shopify drops subscriptions after failed deliveries, so this runs on a schedule.
    """
    places: dict[str, dict[str, str]] = {}
    for node in _subscriptions(client):
        places.setdefault(node["topic"], {})[node["uri"]] = node["id"]
    touched = []
    for topic in TOPICS:
        there = places.get(topic, {})
        if uri in there:
            continue
        if there:
            wrong = next(iter(there.values()))
            _write(client, "webhook_subscription_update", {"id": wrong, "uri": uri})
        else:
            _write(client, "webhook_subscription_create", {"topic": topic, "uri": uri})
        touched.append(topic)
    return touched


def _subscriptions(client: ShopifyClient) -> Iterable[dict[str, Any]]:
    after = None
    while True:
        page = client.run("webhook_subscriptions", {"after": after})["webhookSubscriptions"]
        yield from page["nodes"]
        after = next_cursor(page)
        if after is None:
            return


def _write(client: ShopifyClient, operation: str, variables: dict[str, str]) -> None:
    (payload,) = client.run(operation, variables).values()
    if errors := payload["userErrors"]:
        raise ShopifyRejected(operation, [error["message"] for error in errors])


class _Headers:
    """Shopify's headers under both their families of names, each name allowed once."""

    def __init__(self, headers: Mapping[str, str] | Iterable[tuple[str, str]]) -> None:
        pairs = headers.items() if isinstance(headers, Mapping) else headers
        self._values: dict[str, list[str]] = {}
        self._doubled: set[str] = set()
        seen: set[str] = set()
        for name, value in pairs:
            full = name.lower()
            short = full.removeprefix("x-").removeprefix("shopify-")
            if full.startswith(("x-shopify-", "shopify-")):
                self._values.setdefault(short, []).append(value)
                if full in seen:
                    self._doubled.add(short)
                seen.add(full)

    def one(
        self, name: str, shape: re.Pattern[str] | None = None, *, default: str | None = None
    ) -> str:
        values = set(self._values.get(name, []))
        if not values and default is not None:
            return default
        if len(values) != 1 or name in self._doubled:
            raise InvalidWebhook(f"{name} is missing or doubled")
        (value,) = values
        # A server joins a doubled header with a comma.
        if "," in value or (shape and not shape.fullmatch(value)):
            raise InvalidWebhook(f"{name} is malformed")
        return value


def _moment(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None


def _payload(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(
            body.decode(),
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
        # Shallow enough by now for recursion: the parser has a limit of its own.
        value = _storable(value, DEEPEST_BODY)
    except (ValueError, RecursionError) as error:
        raise BadWebhookBody(type(error).__name__) from None
    if not isinstance(value, dict):
        raise BadWebhookBody("not an object")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice in one object")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number too large")
    return number


def _storable(value: Any, depth: int) -> Any:
    if depth < 0:
        raise ValueError("too deep")
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_storable(k, depth): _storable(v, depth - 1) for k, v in value.items()}
    if isinstance(value, list):
        return [_storable(item, depth - 1) for item in value]
    return value
