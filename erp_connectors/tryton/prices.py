"""Reads what items cost on the ERP's price lists. Lists are formulas: Tryton computes, we ask."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

from erp_connectors.contract import Page
from erp_connectors.tryton.catalogue import SOLD, quantity
from erp_connectors.tryton.changes import Source, changed, present
from erp_connectors.tryton.client import Row, TrytonClient
from erp_connectors.tryton.cursors import Cursor, Event, load_cursor, take
from erp_connectors.tryton.settings import TrytonSettings
from mapping.documents import Money, Price

# A model's price is the model's; only an exception is a variant's. Lists that change count as
# a whole: they come back under a negative id, which cannot be an item's.
PRODUCT_SOURCE: Source = ("product.product", [SOLD], "id")
TEMPLATE_SOURCE: Source = ("product.template", [SOLD], "id")
LIST_SOURCES: tuple[Source, ...] = (
    ("product.price_list", [], "id"),
    ("product.price_list.line", [], "price_list"),
)
SOURCES = (PRODUCT_SOURCE, TEMPLATE_SOURCE, *LIST_SOURCES)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceList:
    """One price list. `breaks` are the quantities from which another price may hold."""

    id: int
    code: str
    currency: str
    tax_included: bool
    breaks: tuple[Decimal, ...]


class Prices:
    """The ERP's prices, list by list."""

    def __init__(self, client: TrytonClient, settings: TrytonSettings) -> None:
        self._client = client
        self._settings = settings

    def lists(self) -> list[PriceList]:
        """Return the price lists in use, known by name; two of one name also by number."""
        fields = ["name", "tax_included", "company.currency.code", "lines.quantity"]
        rows = self._client.search("product.price_list", [], fields)
        names = [row["name"] for row in rows]
        found = [
            PriceList(
                id=row["id"],
                code=f"{name} ({row['id']})" if names.count(name := row["name"]) > 1 else name,
                currency=row["company."]["currency."]["code"],
                tax_included=row["tax_included"],
                breaks=_breaks([line["quantity"] for line in row["lines."]]),
            )
            for row in rows
        ]
        wanted = self._settings.price_lists
        return [each for each in found if not wanted or each.code in wanted]

    def pull(self, text: str, limit: int) -> Page[Price]:
        """Return changed prices: of changed items, and of lists that changed, whole."""
        as_of = datetime.now(UTC)
        lists = self.lists()
        cursor = load_cursor(text)
        if cursor is None:
            position = present(self._client, SOURCES, self._settings.overlap)
            every = tuple(each.id for each in lists)
            cursor = Cursor(position=position, full=True, lists=every, complete=True)
        if not cursor.full:
            cursor, page = self._changes(cursor, lists, limit, as_of, text)
            if page:
                return page
        return self._sweep(cursor, lists, limit, as_of)

    def _changes(
        self, cursor: Cursor, lists: Sequence[PriceList], limit: int, as_of: datetime, text: str
    ) -> tuple[Cursor, Page[Price] | None]:
        """Return a page of changes, or the cursor of a sweep if whole lists changed."""
        overlap = self._settings.overlap
        now, later = take(cursor.position.fresh(self._events(cursor)), max(1, limit // 3))
        if not now:
            return cursor, Page(records=(), cursor=text, as_of=as_of)
        position = cursor.position.after(now, later, overlap)
        after = Cursor(position=position)
        touched = {-event.id for event in now if event.id < 0}
        if swept := tuple(each.id for each in lists if each.id in touched):
            # The items that changed as well may be on other lists: sweep those too.
            every = tuple(each.id for each in lists)
            only_lists = all(event.id < 0 for event in now)
            return replace(after, full=True, lists=swept if only_lists else every), None
        ids = sorted({event.id for event in now if event.id > 0})
        records = self._of_items([["id", "in", ids]], lists)
        page = Page(records=records, cursor=after.dump(), as_of=as_of, more=bool(later))
        return after, page

    def _events(self, cursor: Cursor) -> list[Event]:
        since = cursor.position.since(self._settings.overlap)
        events = changed(self._client, [PRODUCT_SOURCE], since)
        events += [
            Event(event.stamp, -event.id) for event in changed(self._client, LIST_SOURCES, since)
        ]
        models = changed(self._client, [TEMPLATE_SOURCE], since)
        if not models:
            return events
        stamps: dict[int, list[datetime]] = {}
        for model in models:
            stamps.setdefault(model.id, []).append(model.stamp)
        domain = [["template", "in", sorted(stamps)]]
        for row in self._client.search("product.product", domain, ["template"]):
            events += [Event(stamp, row["id"]) for stamp in stamps[row["template"]]]
        return events

    def _sweep(
        self, cursor: Cursor, lists: Sequence[PriceList], limit: int, as_of: datetime
    ) -> Page[Price]:
        """Read one page of the first list that is left."""
        waiting = [each for each in lists if each.id in cursor.lists]
        if not waiting:
            done = Cursor(position=cursor.position)
            return Page(records=(), cursor=done.dump(), as_of=as_of, complete=cursor.complete)
        current, *others = waiting
        count = max(1, limit // len(current.breaks))
        rows = self._items([["id", ">", cursor.after]], limit=count)
        records = tuple(self._on_list(rows, current))
        if len(rows) == count:
            after = replace(cursor, after=rows[-1]["id"])
        else:
            left = tuple(each.id for each in others)
            after = replace(cursor, full=bool(left), lists=left, after=0)
        return Page(
            records=records,
            cursor=after.dump(),
            as_of=as_of,
            more=after.full,
            complete=cursor.complete,
        )

    def read(self, skus: Sequence[str], code: str) -> list[Price]:
        """Return what these items cost now on one list."""
        lists = [each for each in self.lists() if each.code == code]
        if not skus or not lists:
            return []
        return list(self._of_items([["code", "in", sorted(set(skus))]], lists))

    def _of_items(self, domain: Sequence[object], lists: Sequence[PriceList]) -> tuple[Price, ...]:
        rows = self._items(domain)
        return tuple(price for each in lists for price in self._on_list(rows, each))

    def _items(self, domain: Sequence[object], limit: int | None = None) -> list[Row]:
        fields = ["code", "template.code"]
        return self._client.search("product.product", [*domain, SOLD], fields, limit=limit)

    def _on_list(self, items: Sequence[Row], on: PriceList) -> list[Price]:
        codes = {
            row["id"]: (row["code"], row["template."]["code"] or str(row["template."]["id"]))
            for row in items
            if row["code"]
        }
        found: list[Price] = []
        last: dict[int, Decimal] = {}
        for least in on.breaks if codes else ():
            rows = self._client.read(
                "model.product.product.read",
                list(codes),
                ["sale_price_uom"],
                price_list=on.id,
                quantity=float(least),
            )
            for row in rows:
                amount = row["sale_price_uom"]
                # No price is not a price of zero; and a break that changes nothing is none.
                if amount is None or last.get(row["id"]) == amount:
                    continue
                last[row["id"]] = amount
                sku, code = codes[row["id"]]
                found.append(
                    Price(
                        sku=sku,
                        product_code=code,
                        price_list=on.code,
                        amount=Money(amount=Decimal(amount), currency=on.currency),
                        tax_included=on.tax_included,
                        min_quantity=least,
                    )
                )
        return found


def _breaks(quantities: Sequence[float | None]) -> tuple[Decimal, ...]:
    return tuple(sorted({Decimal(1), *(quantity(each) for each in quantities if each)}))
