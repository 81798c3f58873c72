"""Products and prices: what the store really shows against the decision of the flow."""

from collections.abc import Iterable, Iterator
from itertools import islice

from django.conf import settings
from django.utils import timezone

from erp_connectors.contract import ErpConnector
from mapping import links
from mapping.documents import Price, Product
from mapping.links import Kind
from mapping.models import Channel, RecordLink
from shopify_app import products as shop_products
from shopify_app.client import ShopifyClient
from sync import calls, catalogue_ledger, divergences, inbox
from sync.inbox import News
from sync.models import Divergence, InboxMessage, Priority, Status
from sync.reconcile import bulk_files, differences, shown_products
from sync.reconcile.rounds import END, Page, Round

PULLED, ASKED, AT_ONCE = 100, 250, 50
# A page of products costs about ten times as much as a page of levels.
DEARER = 10
_AGAIN_AT_ONCE = 20


def documents(round_: Round, cursor: str) -> Iterator[Page]:
    """Take over every product and price of the ERP, and receive what was never told of."""
    channel = round_.channel
    erp = channel.company.erpconnection
    more = round_.asks_erp and cursor != END
    with calls.erp(erp, channel=channel) as connector:
        while more:
            as_of = timezone.now()
            page = connector.pull_products(cursor, limit=PULLED)
            prices = _prices(channel, connector, page.records)
            catalogue_ledger.accept(erp, products=page.records, prices=prices, as_of=as_of)
            new = _receive_new(round_, page.records)
            cursor, more = page.cursor, page.more
            counts = {"erp_products": len(page.records), "products_new": new}
            yield Page(cursor=cursor if more else END, counts=counts)


def _prices(channel: Channel, connector: ErpConnector, found: Iterable[Product]) -> list[Price]:
    skus = [variant.sku for product in found for variant in product.variants]
    lists = [each for each in (channel.price_list, channel.compare_at_price_list) if each]
    return [price for name in lists for price in connector.read_prices(skus, name)]


def _receive_new(round_: Round, found: Iterable[Product]) -> int:
    """Receive products that are for sale in the ERP and never got to the store."""
    channel = round_.channel
    active = {each.code for each in found if each.active}
    known = links.shopify_ids(channel, Kind.PRODUCT, active)
    busy = InboxMessage.objects.filter(
        channel=channel,
        topic="erp/product",
        key__in=active,
        status__in=[Status.WAITING, Status.RUNNING, Status.PARKED],
    )
    new = sorted(active - known.keys() - set(busy.values_list("key", flat=True)))
    inbox.receive_many(channel, [_news(round_, code) for code in new], job=round_.job)
    return len(new)


def _news(round_: Round, code: str) -> News:
    return News(
        message_id=f"compared:{code}:{round_.began.isoformat()}",
        topic="erp/product",
        key=code,
        priority=Priority.BULK,
    )


def products(round_: Round, cursor: str) -> Iterator[Page]:
    """Compare every product of the store that we look after."""
    channel = round_.channel
    many = RecordLink.objects.filter(channel=channel, kind=Kind.PRODUCT).count()
    in_bulk = bulk_files.Asked.read(cursor) or (
        not cursor and many * DEARER >= settings.SYNC_BULK_FROM
    )
    with calls.store(channel, priority=Priority.BULK) as client:
        yield from (_file if in_bulk else _pages)(round_, client, cursor)


def one_page(round_: Round, cursor: str) -> Page:
    """Compare one page of products. Its cursor is "" again after the last one."""
    with calls.store(round_.channel, priority=Priority.BULK) as client:
        page = next(_pages(round_, client, cursor))
    return Page(cursor="" if page.cursor == END else page.cursor, counts=page.counts)


def _pages(round_: Round, client: ShopifyClient, cursor: str) -> Iterator[Page]:
    place = None if cursor == END else cursor
    own = catalogue_ledger.own_fields(round_.channel)
    while place is not None:
        found, place = shop_products.pages(client, own, place)
        counts = shown_products.compare(round_, found)
        yield Page(cursor=END if place is None else place, counts=counts)


def _file(round_: Round, client: ShopifyClient, cursor: str) -> Iterator[Page]:
    for page in bulk_files.waited_for(round_, client, "products", cursor, grouped=True):
        cursor = page.cursor
        yield page
    asked = bulk_files.Asked.read(cursor)
    assert asked is not None
    done = asked.done
    rows = shop_products.products_in(bulk_files.rows(client, asked))
    shown = islice(rows, done, None)
    while batch := list(islice(shown, AT_ONCE)):
        done += len(batch)
        counts = shown_products.compare(round_, batch, read_again=client)
        yield Page(cursor=asked.cursor(done=done), counts=counts)


def missing(round_: Round, cursor: str) -> Iterator[Page]:
    """Report products of ours that the store has no more; nobody makes them again unasked."""
    channel = round_.channel
    rows = RecordLink.objects.filter(channel=channel, kind=Kind.PRODUCT).order_by("pk")
    last = int(cursor or 0)
    with calls.store(channel, priority=Priority.BULK) as client:
        while page := list(rows.filter(pk__gt=last)[:ASKED]):
            last = page[-1].pk
            there = shop_products.products_exist(client, [row.shopify_id for row in page])
            gone = [row.erp_key for row in page if row.shopify_id not in there]
            count = sum(_report_missing(channel, code) for code in gone)
            yield Page(cursor=str(last), counts={"products_missing": count})
    differences.close_older(channel, differences.PRODUCT_MISSING_IN_STORE, round_.began)


def _report_missing(channel: Channel, code: str) -> bool:
    document = catalogue_ledger.product(channel.company.erpconnection, code)
    if document is None or not document.active:
        return False
    divergences.open_difference(
        channel,
        field=differences.PRODUCT_MISSING_IN_STORE,
        key=code,
        expected=document.title[:200] or code,
        found=differences.NOTHING,
        cause=Divergence.Cause.MISSING_IN_STORE,
    )
    return True


def look_again(round_: Round) -> None:
    """Read the products of which a difference is open: it may be over."""
    channel = round_.channel
    rows = Divergence.objects.filter(
        channel=channel, field__in=divergences.SHOWN, status=Divergence.Status.OPEN
    )
    keys = set(rows.order_by("last_seen_at").values_list("key", flat=True)[:_AGAIN_AT_ONCE])
    codes = set(catalogue_ledger.codes_of(channel.company.erpconnection, keys).values()) | keys
    ids = links.shopify_ids(channel, Kind.PRODUCT, codes)
    own = catalogue_ledger.own_fields(channel)
    with calls.store(channel, priority=Priority.BULK) as client:
        found = [shop_products.shown_product(client, gid, own) for gid in ids.values()]
    shown_products.compare(round_, [each for each in found if each])
