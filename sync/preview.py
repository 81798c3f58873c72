"""What a run would write, without writing it."""

from collections import Counter
from collections.abc import Callable

from django.utils import timezone

from mapping import links, rules
from mapping.decide import stock as protocol
from mapping.documents import Product
from mapping.links import Kind
from mapping.models import Channel
from sync import calls, catalogue_ledger
from sync.flows import stock
from sync.models import ShopOrder, StockPosition
from sync.reconcile import fulfilments, orders
from sync.stock_figures import Reckoner

_AT_ONCE = 1000


def of(channel: Channel, stream: str) -> dict[str, int]:
    """Return how many records a run would create, change, leave and hold.

    It asks the ERP and keeps what it says; nothing is written to the store.
    """
    return dict(_PREVIEWS[stream](channel))


def _nothing() -> Counter[str]:
    return Counter(create=0, change=0, leave=0, hold=0)


def _catalogue(channel: Channel) -> Counter[str]:
    counts = _nothing()
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
    linked = links.shopify_id(channel, Kind.PRODUCT, product.code) is not None
    if not linked and not product.active:
        return "leave"
    if plan.problems:
        return "hold"
    return "create" if plan.decision.create else "change"


def _stock(channel: Channel) -> Counter[str]:
    counts = _nothing()
    for location in rules.warehouses_by_location(channel):
        rows = StockPosition.objects.filter(channel=channel, location=location, stocked="")
        last = 0
        while page := list(rows.filter(pk__gt=last).order_by("pk")[:_AT_ONCE]):
            last = page[-1].pk
            reckoner = Reckoner(channel, location, page)
            counts.update(_fate_of_stock(row, reckoner) for row in page)
    return counts


def _fate_of_stock(row: StockPosition, reckoner: Reckoner) -> str:
    step = stock.decide(row, reckoner)
    if row.held:
        return "hold"
    return "change" if isinstance(step, protocol.SetQuantity) else "leave"


def _orders(channel: Channel) -> Counter[str]:
    """Orders of the last weeks: new to us, changed since, or as we know them."""
    counts = _nothing()
    for stubs, _cursor in orders.recent_orders(channel, orders.sweep_start("")):
        news = {stub.id for stub in orders.unseen(channel, stubs)}
        known = ShopOrder.objects.filter(channel=channel, shopify_id__in=news).count()
        counts.update(create=len(news) - known, change=known, leave=len(stubs) - len(news))
    return counts


def _fulfilments(channel: Channel) -> Counter[str]:
    """Shipments the ERP tells of: shown in the store already, or still to be shown."""
    counts = _nothing()
    cursor, more = "", True
    with calls.erp(channel.company.erpconnection, channel=channel) as connector:
        while more:
            page = connector.pull_shipments(cursor)
            ours = fulfilments.of_this_store(channel, page.records)
            shown = fulfilments.shown(channel, ours)
            counts.update(create=len(ours) - len(shown), leave=len(shown))
            cursor, more = page.cursor, page.more
    return counts


_PREVIEWS: dict[str, Callable[[Channel], Counter[str]]] = {
    "catalogue": _catalogue,
    "prices": _catalogue,
    "stock": _stock,
    "orders": _orders,
    "fulfilments": _fulfilments,
}
