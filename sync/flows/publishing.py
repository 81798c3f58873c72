"""Publishing: a product is for sale only where the merchant's sales channel shows it."""

from django.conf import settings
from django.utils import timezone

from mapping import links
from mapping.links import Kind
from mapping.models import Channel
from shopify_app import commands, writes
from sync import calls, catalogue_ledger, outbox, queue
from sync.failures import SetAside
from sync.models import OutboxCommand, Priority, SyncJob

COMMAND = "publish"


def request(channel: Channel, *, job: SyncJob | None = None) -> None:
    """Have the products that the store has and does not show yet published together."""
    outbox.put(
        channel,
        kind=COMMAND,
        key="products",
        lane="publish",
        priority=Priority.BULK,
        run_after=timezone.now() + settings.SYNC_BURST,
        job=job,
    )


def send(row: OutboxCommand) -> None:
    """Publish up to fifty products; publishing one twice changes nothing."""
    channel = row.channel
    if not channel.shop.publication:
        return
    if row.request is None and not _prepare(row):
        return
    with calls.store(channel, row) as client:
        result = outbox.call(row, client)
    queue.settle(row)
    if result.rejected:
        raise SetAside.because_they_said(
            "shopify_refused", [each.message for each in result.rejected]
        )
    catalogue_ledger.published(channel, row.arguments["codes"])
    if catalogue_ledger.unpublished(channel, 1):
        request(channel, job=row.job)


def _prepare(row: OutboxCommand) -> bool:
    channel = row.channel
    codes = catalogue_ledger.unpublished(channel, writes.MOST_PUBLISHED)
    ids = links.shopify_ids(channel, Kind.PRODUCT, codes)
    if not ids:
        return False
    row.arguments = {"codes": list(ids)}
    publish = commands.Publish(
        publication=channel.shop.publication, product_ids=tuple(ids.values())
    )
    outbox.commit_request(row, publish)
    return True
