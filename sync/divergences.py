"""Open, refresh and close the differences between the two sides."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from mapping import ownership
from mapping.models import Channel
from mapping.ownership import STOCK
from sync.models import Divergence, StockCorrection, StockPosition

Status = Divergence.Status
# A product of which nobody can say which one of the store it is.
PRODUCT_LINK = "product.link"
VARIANT_MISSING = "variant.missing_in_store"
# What a product shows, under its code or the SKU of a variant.
SHOWN = (
    *(ownership.TITLE, ownership.STATUS, ownership.DESCRIPTION, ownership.VENDOR),
    *(ownership.TYPE, ownership.PRICE, ownership.COMPARE_AT, ownership.BARCODE),
    *(ownership.ATTRIBUTES, VARIANT_MISSING),
)


@transaction.atomic
def open_difference(
    channel: Channel,
    *,
    field: str,
    key: str,
    expected: str,
    found: str,
    cause: Divergence.Cause = Divergence.Cause.UNCLEAR,
    units: int = 0,
    price: Decimal = Decimal(0),
) -> Divergence:
    """Write down a difference; seen again, the open one is refreshed and keeps its age.

    `units` are at risk, each worth `price`.
    """
    risk = {"units_at_risk": units, "money_at_risk": units * price}
    row, created = Divergence.objects.get_or_create(
        channel=channel,
        field=field,
        key=key,
        status=Status.OPEN,
        defaults={"expected": expected, "found": found, "cause": cause} | risk,
    )
    if not created:
        Divergence.objects.filter(pk=row.pk, status=Status.OPEN).update(
            expected=expected, found=found, last_seen_at=timezone.now(), **risk
        )
        row.refresh_from_db()
    return row


def is_open(channel: Channel, *, field: str, key: str) -> bool:
    return Divergence.objects.filter(
        channel=channel, field=field, key=key, status=Status.OPEN
    ).exists()


def close(channel: Channel, *, field: str, key: str) -> int:
    """The sides agree again."""
    return Divergence.objects.filter(
        channel=channel, field=field, key=key, status=Status.OPEN
    ).update(status=Status.HEALED, closed_at=timezone.now())


def settle_product(channel: Channel, keys: Iterable[str]) -> None:
    """The store shows these products and variants as it should: close what was open."""
    Divergence.objects.filter(
        channel=channel, field__in=SHOWN, key__in=list(keys), status=Status.OPEN
    ).update(status=Status.HEALED, closed_at=timezone.now())


def open_items(channel: Channel, rows: Sequence[StockPosition]) -> set[str]:
    """Return the items of these positions about which a difference is open."""
    items = {stock_key(row): row.item for row in rows}
    open_rows = Divergence.objects.filter(
        channel=channel, field=STOCK, key__in=items, status=Status.OPEN
    )
    return {items[key] for key in open_rows.values_list("key", flat=True)}


def settle_stock(channel: Channel, rows: Sequence[StockPosition]) -> None:
    """These levels are as they should be: close what was open about them."""
    keys = [stock_key(row) for row in rows]
    open_rows = Divergence.objects.filter(
        channel=channel, field=STOCK, key__in=keys, status=Status.OPEN
    )
    closed = dict(open_rows.values_list("pk", "key"))
    if not closed:
        return
    Divergence.objects.filter(pk__in=closed).update(status=Status.HEALED, closed_at=timezone.now())
    StockCorrection.objects.filter(
        divergence__in=closed, status=StockCorrection.Status.APPROVED
    ).update(status=StockCorrection.Status.APPLIED)
    StockPosition.objects.filter(
        pk__in=[row.pk for row in rows if stock_key(row) in closed.values()]
    ).update(held=False)


def stock_key(row: StockPosition) -> str:
    return f"{row.sku}@{row.location}"
