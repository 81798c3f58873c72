"""Differences that only a comparison finds. Whoever opens one closes it here too."""

from datetime import datetime

from django.utils import timezone

from mapping.models import Channel
from sync.models import Divergence

UNLINKED = "stock.unlinked"
ORDER_MISSING_IN_STORE = "order.missing_in_store"
ORDER_MISSING_IN_ERP = "order.missing_in_erp"
PRODUCT_MISSING_IN_STORE = "product.missing_in_store"
SHIPPED_BY_HAND = "fulfilment.missing_in_erp"
# Stands for a side that has nothing there.
NOTHING = "—"

_OPEN = Divergence.Status.OPEN


def close_older(channel: Channel, field: str, began: datetime) -> int:
    """Close what a whole comparison, begun then, has not found again."""
    return Divergence.objects.filter(
        channel=channel, field=field, status=_OPEN, last_seen_at__lt=began
    ).update(status=Divergence.Status.HEALED, closed_at=timezone.now())


def not_found_again(channel: Channel, field: str, began: datetime) -> list[Divergence]:
    rows = Divergence.objects.filter(
        channel=channel, field=field, status=_OPEN, last_seen_at__lt=began
    )
    return list(rows.order_by("pk"))
