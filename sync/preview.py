"""What a run would write, without writing it."""

from collections import Counter

from django.utils import timezone

from mapping import rules
from mapping.decide import stock as protocol
from mapping.documents import Product
from mapping.models import Channel
from sync import calls, catalogue_ledger, stock_ledger
from sync.flows import stock
from sync.models import StockPosition


def of(channel: Channel, stream: str) -> dict[str, int]:
    """Return how many records a run would create, change, leave and hold.

    It asks the ERP and keeps what it says; nothing is written to the store.
    """
    if stream in {"catalogue", "prices"}:
        return dict(_catalogue(channel))
    if stream == "stock":
        return dict(_stock(channel))
    return {"create": 0, "change": 0, "leave": 0, "hold": 0}


def _catalogue(channel: Channel) -> Counter[str]:
    counts: Counter[str] = Counter(create=0, change=0, leave=0, hold=0)
    erp = channel.company.erpconnection
    cursor, more = "", True
    with calls.erp(erp, channel=channel) as connector:
        while more:
            as_of = timezone.now()
            page = connector.pull_products(cursor)
            skus = [variant.sku for each in page.records for variant in each.variants]
            lists = [each for each in (channel.price_list, channel.compare_at_price_list) if each]
            prices = [price for name in lists for price in connector.read_prices(skus, name)]
            catalogue_ledger.accept(erp, products=page.records, prices=prices, as_of=as_of)
            counts.update(_fate(channel, product) for product in page.records)
            cursor, more = page.cursor, page.more
    return counts


def _fate(channel: Channel, product: Product) -> str:
    plan = catalogue_ledger.decide(channel, product.code, shown=None)
    if plan is None or not plan.decision:
        return "leave"
    if plan.problems:
        return "hold"
    return "create" if plan.decision.create else "change"


def _stock(channel: Channel) -> Counter[str]:
    counts: Counter[str] = Counter(create=0, change=0, leave=0, hold=0)
    for location in rules.warehouses_by_location(channel):
        rows = list(StockPosition.objects.filter(channel=channel, location=location))
        reckoner = stock_ledger.Reckoner(channel, location, rows)
        for row in rows:
            step = stock.decide(row, reckoner)
            if row.held:
                counts["hold"] += 1
            else:
                counts["change" if isinstance(step, protocol.SetQuantity) else "leave"] += 1
    return counts
