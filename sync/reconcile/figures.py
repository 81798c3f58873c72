"""Stock in the ERP: the whole list, page by page, and what is in it no more."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from erp_connectors.contract import ErpConnector
from mapping.documents import StockLevel
from sync import calls, stock_intake
from sync.models import ErpStock
from sync.reconcile.rounds import END, Page, Round

PULLED, READ = 1000, 250
# Where the second half goes on; it ends without one if absence proves nothing.
_ABSENT = "absent|"
_FIGURES = ("on_hand", "reserved", "blocked", "incoming")


def figures(round_: Round, cursor: str) -> Iterator[Page]:
    """Take over all that the ERP counts; what a complete list lacks is gone.

    A page that fails ends it before anything was held to be gone. Whatever goes to zero
    takes the ordinary way, and the brake stands in it.
    """
    channel = round_.channel
    if not round_.asks_erp:
        return
    with calls.erp(channel.company.erpconnection, channel=channel) as connector:
        if cursor != END and not cursor.startswith(_ABSENT):
            for page in _pages(round_, connector, cursor):
                cursor = page.cursor
                yield page
        if cursor.startswith(_ABSENT):
            yield from _absent(round_, connector, int(cursor.removeprefix(_ABSENT) or 0))


def _pages(round_: Round, connector: ErpConnector, cursor: str) -> Iterator[Page]:
    erp = round_.channel.company.erpconnection
    more = True
    while more:
        asked_at = timezone.now()
        page = connector.pull_stock(cursor, limit=PULLED)
        news = stock_intake.accept_levels(erp, page.records, asked_at=asked_at, job=round_.job)
        more = page.more
        # A list with nothing in it is a failure that nobody noticed.
        whole = page.complete and bool(page.records or cursor)
        after = page.cursor if more else _ABSENT if whole else END
        counts = {"figures": len(page.records), "figures_new": news}
        yield Page(cursor=after, counts=counts)
        cursor = page.cursor


def _absent(round_: Round, connector: ErpConnector, last: int) -> Iterator[Page]:
    erp = round_.channel.company.erpconnection
    rows = ErpStock.objects.filter(connection=erp, asked_at__lt=round_.began)
    rows = rows.exclude(**dict.fromkeys(_FIGURES, 0)).order_by("pk")
    while page := list(rows.filter(pk__gt=last)[:READ]):
        last = page[-1].pk
        asked_at = timezone.now()
        # What moved while the list was read may have slipped through it: ask by name.
        told = connector.read_stock(sorted({row.sku for row in page}))
        gone = _gone(page, told, asked_at)
        stock_intake.accept_levels(erp, [*told, *gone], asked_at=asked_at, job=round_.job)
        yield Page(cursor=f"{_ABSENT}{last}", counts={"figures_gone": len(gone)})


def _gone(
    page: Sequence[ErpStock], told: Sequence[StockLevel], asked_at: datetime
) -> list[StockLevel]:
    there = {(level.sku, level.warehouse) for level in told}
    return [
        StockLevel(sku=row.sku, warehouse=row.warehouse, on_hand=Decimal(0), as_of=asked_at)
        for row in page
        if (row.sku, row.warehouse) not in there
    ]
