"""Ask an ERP what changed and put the answers in the inbox.

What it tells us is stored in the transaction that moves the cursor: a crash in
between repeats the question, never skips the answer.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from erp_connectors.contract import ErpConnector, Page
from mapping.documents import Price, Product, Shipment, StockLevel, digest, dump
from mapping.models import Channel
from sync import calls, inbox
from sync.inbox import News
from sync.models import Priority, Recurring, SyncJob

STOCK_PAGE = 250
Kind = Recurring.Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """What one page brought: the messages it became, its cursor, and whether to go on."""

    news: tuple[News, ...]
    cursor: str
    more: bool
    records: int


def poll(row: Recurring) -> int:
    """Pull every page there is; each is committed with its cursor. Return the records."""
    assert row.connection is not None
    pull = PULLS[Kind(row.kind)]
    channels = list(Channel.objects.filter(company=row.connection.company))
    if not channels:
        # The cursor must not pass what no store has heard of.
        return 0
    total = 0
    with calls.erp(row.connection, channel=channels[0]) as erp:
        while True:
            page = pull(erp, row.cursor)
            with transaction.atomic():
                for channel in channels:
                    inbox.receive_many(channel, page.news)
                Recurring.objects.filter(pk=row.pk, claims=row.claims).update(
                    cursor=page.cursor, lease_until=timezone.now() + settings.SYNC_LEASE
                )
            row.cursor = page.cursor
            total += page.records
            if not page.more:
                return total


def pull_all(channel: Channel, kind: Recurring.Kind, job: SyncJob) -> int:
    """Pull everything from the beginning for one channel, as a run. Return the records."""
    pull = PULLS[kind]
    cursor, total = "", 0
    with calls.erp(channel.company.erpconnection, channel=channel) as erp:
        while True:
            page = pull(erp, cursor)
            renamed = [_of_run(news, job) for news in page.news]
            inbox.receive_many(channel, renamed, job=job)
            cursor = page.cursor
            total += page.records
            if not page.more:
                return total


def _of_run(news: News, job: SyncJob) -> News:
    # A run asks again for what a poll has already told: its messages are new ones.
    return News(
        message_id=f"run{job.pk}:{news.message_id}"[:200],
        topic=news.topic,
        key=news.key,
        payload=news.payload,
        priority=max(news.priority, Priority.NORMAL),
    )


def _products(erp: ErpConnector, cursor: str) -> Pulled:
    page: Page[Product] = erp.pull_products(cursor)
    news = [
        News(
            # With the cursor: a product that returns to what it was has changed too.
            message_id=f"product:{each.code}:{digest([dump(each), page.cursor])}"[:200],
            topic="erp/product",
            key=each.code,
        )
        for each in page.records
    ]
    return _pulled(page, news)


def _prices(erp: ErpConnector, cursor: str) -> Pulled:
    """Prices belong to products: one message a product, whatever prices of it moved."""
    page: Page[Price] = erp.pull_prices(cursor)
    by_product: dict[str, list[Price]] = {}
    for each in page.records:
        by_product.setdefault(each.product_code, []).append(each)
    news = [
        News(
            message_id=f"prices:{code}:{digest(prices)}:{page.cursor}"[:200],
            topic="erp/product",
            key=code,
        )
        for code, prices in by_product.items()
    ]
    return _pulled(page, news)


def _stock(erp: ErpConnector, cursor: str) -> Pulled:
    """One message for a page of changes: stock moves in bulk and is written in bulk."""
    page: Page[StockLevel] = erp.pull_stock(cursor, limit=STOCK_PAGE)
    skus = sorted({each.sku for each in page.records})
    news = []
    if skus:
        mark = digest([dump(each) for each in page.records])
        news.append(
            News(
                message_id=f"stock:{mark}",
                topic="erp/stock",
                key=mark,
                payload={"skus": skus},
                priority=Priority.STOCK,
            )
        )
    return _pulled(page, news)


def _shipments(erp: ErpConnector, cursor: str) -> Pulled:
    page: Page[Shipment] = erp.pull_shipments(cursor)
    news = [
        News(
            message_id=f"shipment:{each.id}:{digest(each)}",
            topic="erp/shipment",
            key=each.id,
            payload=dump(each),
            priority=Priority.ORDERS,
        )
        for each in page.records
    ]
    return _pulled(page, news)


def _pulled(
    page: Page[Product] | Page[Price] | Page[StockLevel] | Page[Shipment], news: list[News]
) -> Pulled:
    return Pulled(news=tuple(news), cursor=page.cursor, more=page.more, records=len(page.records))


PULLS: dict[Recurring.Kind, Callable[[ErpConnector, str], Pulled]] = {
    Kind.POLL_PRODUCTS: _products,
    Kind.POLL_PRICES: _prices,
    Kind.POLL_STOCK: _stock,
    Kind.POLL_SHIPMENTS: _shipments,
}
