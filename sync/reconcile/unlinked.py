"""Items on sale in the store that nobody looks after, though the ERP knows them."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from mapping.models import Channel
from shopify_app import reads
from sync import catalogue_ledger, divergences
from sync.models import Divergence, ErpStock, StockPosition
from sync.reconcile import differences
from sync.reconcile.rounds import Round

Shown = reads.LocationLevel | reads.StoreLevel


def note(round_: Round, location: str, rows: Sequence[Shown]) -> int:
    """Open a difference for each such SKU among these, and return how many there are.

    One for a SKU: what other locations show of it adds up.
    """
    channel = round_.channel
    followed = set(
        StockPosition.objects.filter(
            channel=channel, location=location, item__in=[each.item for each in rows]
        ).values_list("item", flat=True)
    )
    strangers = {
        each.sku: each.level.available
        for each in rows
        if each.sku and each.level and each.item not in followed
    }
    if not strangers:
        return 0
    erp = channel.company.erpconnection
    known = ErpStock.objects.filter(connection=erp, sku__in=strangers).order_by()
    skus = set(known.values_list("sku", flat=True))
    so_far = _units_so_far(round_, skus)
    for sku in sorted(skus):
        units = max(strangers[sku], 0) + so_far.get(sku, 0)
        divergences.open_difference(
            channel,
            field=differences.UNLINKED,
            key=sku,
            expected=differences.NOTHING,
            found=str(units),
            cause=Divergence.Cause.UNLINKED,
            units=units,
            price=catalogue_ledger.price_of(channel, sku),
        )
    return len(skus - so_far.keys())


def _units_so_far(round_: Round, skus: Iterable[str]) -> dict[str, int]:
    rows = Divergence.objects.filter(
        channel=round_.channel,
        field=differences.UNLINKED,
        key__in=list(skus),
        status=Divergence.Status.OPEN,
        last_seen_at__gte=round_.began,
    )
    return dict(rows.values_list("key", "units_at_risk"))


def close_older(channel: Channel, began: datetime) -> None:
    differences.close_older(channel, differences.UNLINKED, began)
