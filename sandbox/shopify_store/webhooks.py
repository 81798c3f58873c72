"""Subscriptions, and the queue of deliveries that an action leaves behind."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import random
import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import msgspec

from . import payloads
from .faults import WEBHOOK_KINDS
from .records import Delivery, Subscription
from .refusals import refuse
from .store import Action

API_VERSION = "2026-10"
# A subscriber has these many chances after the first before it loses the message.
RETRIES = 8
_AT = ["webhookSubscription", "callbackUrl"]
_LONG_RESOURCES = (
    "bulk_operations",
    "fulfillment_orders",
    "inventory_levels",
    "inventory_items",
    "order_transactions",
)


def topic_path(name: str) -> str:
    """ORDERS_CREATE -> orders/create; resources of two words keep both."""
    text = name.lower()
    for resource in _LONG_RESOURCES:
        if text.startswith(resource + "_"):
            return f"{resource}/{text[len(resource) + 1 :]}"
    return text.replace("_", "/", 1)


def announce(act: Action, topic: str, record: Any) -> None:
    """Queue one delivery per subscription of the topic."""
    listeners = [
        each for each in act.shop.subscriptions.values() if topic_path(each.topic) == topic
    ]
    if not listeners:
        return
    body = payloads.build(act, topic, record)
    for each in listeners:
        queue(act, each, topic, body)


def queue(act: Action, to: Subscription, topic: str, body: dict[str, Any]) -> None:
    if to.include_fields:
        body = {key: value for key, value in body.items() if key in to.include_fields}
    delivery = Delivery(
        id=str(uuid.uuid4()),
        event_id=act.event_id,
        subscription_id=to.id,
        topic=topic,
        uri=to.uri,
        body=msgspec.json.encode(body).decode(),
        triggered_at=act.now,
        due_at=act.now,
        name=to.name,
    )
    fault = act.opened.faults.take(WEBHOOK_KINDS, {topic, to.topic}, mutation=False)
    if fault is None:
        act.shop.deliveries.append(delivery)
    elif fault.kind == "webhook_drop":
        act.log(
            "webhook", topic=topic, webhook_id=delivery.id, uri=to.uri, outcome="dropped by fault"
        )
    elif fault.kind == "webhook_double":
        act.shop.deliveries += [msgspec.structs.replace(delivery) for _ in range(fault.copies)]
    else:
        seconds = fault.seconds or 1.0
        share = random.random() if fault.kind == "webhook_shuffle" else 1.0  # noqa: S311
        delivery.due_at = act.now + timedelta(seconds=seconds * share)
        act.shop.deliveries.append(delivery)


def sign(secret: str, body: bytes) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def headers(domain: str, secret: str, delivery: Delivery) -> dict[str, str]:
    found = {
        "Content-Type": "application/json",
        "User-Agent": "Shopify-Captain-Hook",
        "X-Shopify-Topic": delivery.topic,
        "X-Shopify-Hmac-Sha256": sign(secret, delivery.body.encode()),
        "X-Shopify-Shop-Domain": domain,
        "X-Shopify-API-Version": API_VERSION,
        "X-Shopify-Webhook-Id": delivery.id,
        "X-Shopify-Triggered-At": delivery.triggered_at.isoformat().replace("+00:00", "Z"),
        "X-Shopify-Event-Id": delivery.event_id,
    }
    if delivery.name:
        found["X-Shopify-Name"] = delivery.name
    return found


def is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def check_uri(act: Action, uri: str | None) -> str:
    """Shopify takes https only. A subscriber on this machine may speak http."""
    if not uri or not uri.strip():
        raise refuse(_AT, "Address can't be blank")
    if any(letter.isspace() for letter in uri):
        raise refuse(_AT, "Address is invalid")
    if len(uri) > 65_535:
        raise refuse(_AT, "Address is too big (maximum is 64 KB)")
    parts = urlsplit(uri)
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise refuse(_AT, "Address protocol http:// is not supported")
    if parts.scheme not in ("http", "https"):
        raise refuse(_AT, f"sandbox: webhooks to {parts.scheme}: addresses are not modelled")
    if parts.hostname == act.shop.domain or (parts.hostname or "").endswith(".myshopify.com"):
        raise refuse(_AT, "Address cannot be a Shopify or an internal domain")
    return uri


def check_rest(data: dict[str, Any]) -> None:
    for key in ("filter", "metafieldNamespaces", "metafields"):
        if data.get(key):
            raise refuse(["webhookSubscription", key], f"sandbox: webhook {key} is not modelled")
    if data.get("format") == "XML":
        raise refuse(["webhookSubscription", "format"], "sandbox: XML webhooks are not modelled")


def subscribe(act: Action, topic: str, data: dict[str, Any]) -> Subscription:
    if topic_path(topic).split("/")[0] not in payloads.TOPIC_RESOURCES:
        raise refuse(["topic"], f"sandbox: the topic {topic} is not modelled")
    uri = check_uri(act, data.get("uri") or data.get("callbackUrl"))
    check_rest(data)
    for each in act.shop.subscriptions.values():
        if (each.topic, each.uri) == (topic, uri):
            raise refuse(_AT, "Address for this topic has already been taken")
    made = Subscription(
        id=act.shop.take_id(),
        created_at=act.now,
        updated_at=act.now,
        topic=topic,
        uri=uri,
        client_id=act.shop.app.client_id if act.shop.app else "",
        include_fields=data.get("includeFields") or [],
        name=data.get("name"),
    )
    act.shop.subscriptions[made.id] = made
    act.log("subscription", event="created", topic=topic, uri=uri, subscription=made.id)
    return made


def change(act: Action, each: Subscription, data: dict[str, Any]) -> Subscription:
    check_rest(data)
    if data.get("uri") or data.get("callbackUrl"):
        each.uri = check_uri(act, data.get("uri") or data.get("callbackUrl"))
    if data.get("includeFields") is not None:
        each.include_fields = data["includeFields"]
    if "name" in data:
        each.name = data["name"]
    each.updated_at = act.now
    return each


def unsubscribe(act: Action, each: Subscription, reason: str) -> None:
    del act.shop.subscriptions[each.id]
    act.log(
        "subscription",
        event="deleted",
        topic=each.topic,
        uri=each.uri,
        subscription=each.id,
        reason=reason,
    )
