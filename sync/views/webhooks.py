"""Shopify's door: verify, store, answer. The work happens later, in a worker."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from csp.decorators import csp_exempt
from django.conf import settings
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from mapping.models import Channel
from shopify_app import webhooks
from shopify_app.models import Shop
from sync.inbox import News, receive_many
from sync.models import InboxMessage, Priority, Status

# One write in this many seconds is enough to see that notices arrive.
NOTICE_PRECISION = timedelta(seconds=5)
COMPLIANCE = {"customers/data_request", "customers/redact", "shop/redact"}
_ABOUT_THE_APP = {"app/uninstalled", "app/scopes_update", "shop/update", *COMPLIANCE}
# The object is read again by its id, so this is all we keep: an inbox must not hoard
# names and addresses.
_KEPT = (
    *("id", "admin_graphql_api_id", "order_id", "updated_at"),
    *("inventory_item_id", "location_id", "available"),
)
# Whose data is to be handed out or erased: the numbers of the orders, nothing else.
_KEPT_LISTS = ("orders_requested", "orders_to_redact")


@csrf_exempt
@csp_exempt()
@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    """Store a signed notice once and answer at once; 401 to whatever Shopify did not sign."""
    try:
        if int(request.META.get("CONTENT_LENGTH") or 0) > webhooks.LARGEST_BODY:
            return HttpResponse(status=413)
        shop = _shop_named(request)
        delivery = webhooks.verify(request.headers, request.body, secrets=_secrets(shop))
    except webhooks.InvalidWebhook:
        return HttpResponse(status=401)
    except (webhooks.BadWebhookBody, UnreadablePostError, ValueError):
        return HttpResponse(status=400)
    if shop is None:
        # We hold nothing of a store we do not know, so there is nothing to hand out or erase.
        return HttpResponse(status=200 if delivery.topic in COMPLIANCE else 404)
    _store(shop.channel, delivery)
    _note_sign_of_life(shop)
    return HttpResponse(status=200)


def _shop_named(request: HttpRequest) -> Shop | None:
    # A claim until the signature is verified, and afterwards too: it covers the body only.
    # What acts on the notice reads the object with this very shop's token.
    name = request.headers.get("X-Shopify-Shop-Domain") or request.headers.get(
        "Shopify-Shop-Domain", ""
    )
    if "\0" in name:
        return None
    return Shop.objects.select_related("channel").filter(domain=name).first()


def _secrets(shop: Shop | None) -> list[str]:
    """Return what may have signed: the store's own app, or the app of this installation."""
    own = str(shop.credentials.get("client_secret", "")) if shop else ""
    return [own, *settings.SHOPIFY_CLIENT_SECRETS] if own else settings.SHOPIFY_CLIENT_SECRETS


def _store(channel: Channel, delivery: webhooks.Delivery) -> None:
    topic, key, priority = _record(delivery.topic, delivery.payload)
    news = News(
        message_id=delivery.id,
        topic=topic,
        key=key or delivery.topic,
        payload=_minimum(delivery),
        priority=priority,
        run_after=timezone.now() + settings.SYNC_SECOND_LOOK if topic == "shopify/level" else None,
    )
    if key:
        receive_many(channel, [news])
    else:
        _keep_unused(channel, news)


def _record(topic: str, payload: Mapping[str, Any]) -> tuple[str, str, Priority]:
    """Return what a notice is about, as topic, key and priority. No key: nothing we use."""
    family = topic.partition("/")[0]
    if topic in _ABOUT_THE_APP:
        return "shopify/app", topic, Priority.NORMAL
    if family == "orders":
        return "shopify/order", _gid("Order", payload.get("id")), Priority.ORDERS
    if family in {"refunds", "fulfillments", "order_transactions"}:
        return "shopify/order", _gid("Order", payload.get("order_id")), Priority.ORDERS
    if family == "inventory_levels":
        item = _gid("InventoryItem", payload.get("inventory_item_id"))
        location = _gid("Location", payload.get("location_id"))
        return "shopify/level", f"{item}@{location}" if item and location else "", Priority.NORMAL
    return f"shopify/{family}"[:80], "", Priority.NORMAL


def _gid(kind: str, number: Any) -> str:
    whole = isinstance(number, int) and not isinstance(number, bool) and 0 < number < 2**63
    return f"gid://shopify/{kind}/{number}" if whole else ""


def _minimum(delivery: webhooks.Delivery) -> dict[str, Any]:
    kept: dict[str, Any] = {
        name: value
        for name in _KEPT
        if isinstance(value := delivery.payload.get(name), int | str) and len(str(value)) <= 200
    }
    for name in _KEPT_LISTS:
        if isinstance(numbers := delivery.payload.get(name), list):
            kept[name] = [each for each in numbers if isinstance(each, int)]
    moment = delivery.triggered_at
    return kept | {
        "topic": delivery.topic,
        "event_id": delivery.event_id,
        "triggered_at": moment.isoformat() if moment else None,
    }


def _keep_unused(channel: Channel, news: News) -> None:
    """Keep a notice that asks nothing of us where staff can see that it came."""
    row = InboxMessage(
        channel=channel,
        message_id=news.message_id,
        topic=news.topic,
        key=news.key[:200],
        payload=news.payload,
        lane=news.lane(channel),
        status=Status.IGNORED,
        reason_code="topic_not_used",
        finished_at=timezone.now(),
    )
    InboxMessage.objects.bulk_create([row], ignore_conflicts=True)


def _note_sign_of_life(shop: Shop) -> None:
    now = timezone.now()
    if shop.last_webhook_at is None or shop.last_webhook_at < now - NOTICE_PRECISION:
        Shop.objects.filter(pk=shop.pk).update(last_webhook_at=now)
