"""Shops: what Shopify tells us about the store itself, and what the law asks of us."""

from django.db import transaction
from django.utils import timezone

from mapping.models import Channel
from mapping.reasons import Reason, gettext_noop
from shopify_app.models import Shop
from sync import audit
from sync.failures import NotNeeded, SetAside
from sync.models import InboxMessage, ShopOrder

TOPIC = "shopify/app"
DATA_REQUEST = gettext_noop("A customer asks for their data. Answer within 30 days.")


def take_notice(message: InboxMessage) -> None:
    """Act on a notice about the store or the app."""
    topic = message.payload.get("topic", message.key)
    if topic == "app/uninstalled":
        _uninstalled(message.channel)
    elif topic in {"customers/data_request", "customers/redact", "shop/redact"}:
        _personal_data(message, topic)
    else:
        raise NotNeeded(gettext_noop("Nothing depends on this notice."))


@transaction.atomic
def _uninstalled(channel: Channel) -> None:
    """Our token is already dead. Stop calling, and keep the backlog."""
    Shop.objects.filter(channel=channel).update(
        uninstalled_at=timezone.now(), credentials={}, token_expires_at=None
    )
    Channel.objects.filter(pk=channel.pk).update(mode=Channel.Mode.PAUSED)
    audit.note(None, "uninstalled", channel.name, channel=channel)


def _personal_data(message: InboxMessage, topic: str) -> None:
    """Erase, or ask a person to answer, within the thirty days that Shopify gives."""
    channel = message.channel
    if topic == "customers/data_request":
        # What is held belongs to the merchant's own orders; a person answers.
        raise SetAside("data_request", Reason(DATA_REQUEST))
    orders = ShopOrder.objects.filter(channel=channel)
    if topic == "customers/redact":
        ids = [str(each) for each in message.payload.get("orders_to_redact", [])]
        orders = orders.filter(shopify_id__in=[f"gid://shopify/Order/{each}" for each in ids])
    with transaction.atomic():
        for order in orders.select_for_update():
            order.document = redacted(order.document)
            order.save(update_fields=["document"])
        audit.note(None, "redacted", topic, channel=channel, orders=orders.count())


_PERSONAL = {"customer": None, "bill_to": None, "ship_to": None, "tax_id": "", "note": ""}


def redacted(document: dict[str, object]) -> dict[str, object]:
    """Return an order document without the person in it; the amounts stay."""
    return document | _PERSONAL
