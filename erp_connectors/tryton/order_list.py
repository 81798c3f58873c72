"""Lists the sales that came from our web shop, to be compared with the shop's orders."""

from datetime import UTC, datetime

from erp_connectors.contract import Page
from erp_connectors.errors import ErpMisconfigured
from erp_connectors.tryton.client import Row, TrytonClient
from erp_connectors.tryton.settings import TrytonSettings
from erp_connectors.tryton.shop import WebShop
from mapping.documents import ErpOrderStub, Money

# Each sale asks for its shipments too.
MOST_ROWS = 500
LONGEST_ID = 9
FIELDS = ["web_id", "number", "state", "total_amount", "currency.code", "create_date",
          "shipments.state"]  # fmt: skip


class OrderList:
    """Sales in the order in which they were entered."""

    def __init__(self, client: TrytonClient, settings: TrytonSettings, shop: WebShop) -> None:
        self._client = client
        self._settings = settings
        self._shop = shop

    def read(self, since: datetime, cursor: str, limit: int) -> Page[ErpOrderStub]:
        """Return a page of sales.

        Tryton keeps the day of a sale but the moment of its entry, which is later, unless
        Tryton's clock is behind: so the list begins a little before `since`.
        """
        as_of = datetime.now(UTC)
        limit = max(1, min(limit, MOST_ROWS))
        domain = [
            ["web_shop", "=", self._shop.id()],
            ["web_id", "!=", None],
            ["create_date", ">=", since - self._settings.overlap],
            ["id", ">", _read_place(cursor)],
        ]
        rows = self._client.search("sale.sale", domain, FIELDS, limit=limit)
        more = len(rows) == limit
        return Page(
            records=tuple(map(_stub, rows)),
            cursor=str(rows[-1]["id"]) if rows else cursor,
            as_of=as_of,
            more=more,
            complete=not more,
        )


def _stub(row: Row) -> ErpOrderStub:
    shipments = row["shipments."]
    called_off = bool(shipments) and all(each["state"] == "cancelled" for each in shipments)
    return ErpOrderStub(
        reference=row["web_id"],
        number=row["number"] or f"#{row['id']}",
        placed_at=row["create_date"],
        total=Money(amount=row["total_amount"], currency=row["currency."]["code"]),
        cancelled=row["state"] == "cancelled" or called_off,
    )


def _read_place(text: str) -> int:
    """Return the last sale that was read."""
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_ID):
        raise ErpMisconfigured("This cursor was not written by the Tryton connector.")
    return int(text)
