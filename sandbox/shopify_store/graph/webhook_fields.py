"""Webhook subscriptions made through the API."""

from __future__ import annotations

from typing import Any

from .. import ids, webhooks
from ..records import Subscription
from ..refusals import refuse
from .common import identity
from .registry import Ask, resolve

_VERSION = {"handle": webhooks.API_VERSION, "displayName": webhooks.API_VERSION, "supported": True}

identity("WebhookSubscription")
resolve(
    "WebhookSubscription",
    topic=lambda s, ask: s.topic,
    uri=lambda s, ask: s.uri,
    callbackUrl=lambda s, ask: s.uri,
    endpoint=lambda s, ask: {"__typename": "WebhookHttpEndpoint", "callbackUrl": s.uri},
    filter=lambda s, ask: s.filter,
    format=lambda s, ask: "JSON",
    includeFields=lambda s, ask: s.include_fields,
    metafieldNamespaces=lambda s, ask: s.metafield_namespaces,
    metafields=lambda s, ask: [],
    name=lambda s, ask: s.name,
    apiVersion=lambda s, ask: _VERSION,
)


def _list(_: Any, ask: Ask) -> Any:
    rows = list(ask.shop.subscriptions.values())
    if ask.args.get("topics"):
        rows = [row for row in rows if row.topic in ask.args["topics"]]
    if uri := ask.args.get("uri") or ask.args.get("callbackUrl"):
        rows = [row for row in rows if row.uri == uri]
    return ask.page(rows)


def _find(ask: Ask) -> Subscription:
    found = ask.shop.subscriptions.get(ask.id("id", "WebhookSubscription"))
    if found is None:
        raise refuse(["id"], "Webhook subscription does not exist")
    return found


def _create(_: Any, ask: Ask) -> dict[str, Any]:
    made = webhooks.subscribe(ask.act, ask.args["topic"], ask.args["webhookSubscription"])
    return {"webhookSubscription": made}


def _update(_: Any, ask: Ask) -> dict[str, Any]:
    changed = webhooks.change(ask.act, _find(ask), ask.args["webhookSubscription"])
    return {"webhookSubscription": changed}


def _delete(_: Any, ask: Ask) -> dict[str, Any]:
    found = _find(ask)
    webhooks.unsubscribe(ask.act, found, "by API")
    return {"deletedWebhookSubscriptionId": ids.gid("WebhookSubscription", found.id)}


resolve(
    "QueryRoot",
    webhookSubscriptions=_list,
    webhookSubscription=lambda _, ask: ask.shop.subscriptions.get(
        ask.id("id", "WebhookSubscription")
    ),
    webhookSubscriptionsCount=lambda _, ask: {
        "count": len(ask.shop.subscriptions),
        "precision": "EXACT",
    },
)
resolve(
    "Mutation",
    webhookSubscriptionCreate=_create,
    webhookSubscriptionUpdate=_update,
    webhookSubscriptionDelete=_delete,
)
