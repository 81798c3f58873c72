"""Read the ERP's views: what changed since a place, and named records as they are now."""

import json
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from django.utils import timezone

from erp_connectors.contract import DeltaKind, Entity, Page
from erp_connectors.errors import ErpMisconfigured
from erp_connectors.sql import cursors, kits, rows
from erp_connectors.sql.config import SqlSettings
from erp_connectors.sql.cursors import Cursor, Horizon
from erp_connectors.sql.session import Call
from erp_connectors.sql.statements import SOURCES, Statements
from mapping.documents import Price, Product, Shipment, StockLevel

logger = logging.getLogger(__name__)
Document = TypeVar("Document")
Row = dict[str, Any]
# Pages and lists are cut to this, whatever the caller wants at once.
MOST_ROWS = 1000
SECONDS_FOR_SHORT_TRANSACTIONS = 0.05
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
# Marks a list of which some row could not be read, from there to its end.
_DAMAGED = "~"


class Reader:
    """Reads within one call; nothing here writes."""

    def __init__(self, call: Call, settings: SqlSettings) -> None:
        self._connection = call.connection
        self._answer = call.answer
        self._settings = settings
        self._ask = Statements(settings, call.absent)

    def products(self, codes: Sequence[str]) -> list[Product]:
        found = self._named("products", "code", codes, order=("code",))
        order = [name for name in ("order", "sku") if name in self._ask.columns("variants")]
        variants: dict[str, list[Row]] = {}
        for row in self._named("variants", "product_code", codes, order=order):
            variants.setdefault(str(row["product_code"]).rstrip(), []).append(row)
        recipes = self._recipes(variants)

        def make(row: Row) -> Product:
            own = variants.get(rows.key(row, "code"), [])
            parts = partial(kits.components, of=recipes)
            return rows.product(row, own, self._settings, parts)

        return self._documents(found, make)

    def _recipes(self, variants: Mapping[str, list[Row]]) -> kits.Recipes:
        if not self._ask.has("components"):
            return {}
        skus = {str(row["sku"]).rstrip() for own in variants.values() for row in own}
        order = ("sku", "component")
        return kits.recipes(skus, lambda some: self._named("components", "sku", some, order=order))

    def prices(self, skus: Sequence[str], price_list: str) -> list[Price]:
        found = self._named("prices", "sku", skus, order=("sku", "min_quantity"))
        chosen = [row for row in found if rows.text(row["price_list"]) == price_list]
        return self._documents(chosen, self._price)

    def stock(self, skus: Sequence[str]) -> list[StockLevel]:
        as_of = timezone.now()
        found = self._named("stock", "sku", skus, order=("sku", "warehouse"))
        return self._documents(found, lambda row: rows.stock_level(row, as_of))

    def shipments(self, numbers: Sequence[str]) -> list[Shipment]:
        notes: dict[Any, list[Row]] = {}
        for row in self._named("shipments", "number", numbers, order=("number", "sku")):
            notes.setdefault(row["number"], []).append(row)
        return self._documents(list(notes.values()), rows.shipment)

    def changes(self, entity: Entity, text: str, limit: int) -> Page[Any]:
        """Return a page of documents that changed since the cursor `text`."""
        # Taken before the ERP reads, by our clock: all ages are compared on that one.
        as_of = timezone.now()
        limit = max(1, min(limit, MOST_ROWS))
        kind = self._settings.delta_of(entity)
        if kind is DeltaKind.SNAPSHOT:
            return self._snapshot(entity, text, limit, as_of)
        cursor = cursors.read(text)
        if not cursor.is_inside_a_pass:
            cursor = self._begin(entity, cursor)
        found = self._changed(entity, cursor, limit)
        records = self._read(entity, found, as_of)
        if self._left_some_out:
            # What could not be read is there all the same.
            cursor = replace(cursor, is_full=False)
        positions = [position for row in found for position in row["positions"]]
        cursor = cursors.advance(cursor, positions, remember=kind is DeltaKind.CURSOR)
        more = len(found) >= limit and cursor.has_more
        return Page(
            records=tuple(records),
            cursor=cursors.write(cursor if more else cursors.finish(cursor)),
            as_of=as_of,
            more=more,
            complete=cursor.is_full and not more,
        )

    def _begin(self, entity: Entity, cursor: Cursor) -> Cursor:
        horizon = self._horizon(entity)
        if self._ask.position_column(entity) == "modified":
            overlap = self._settings.overlap // MICROSECOND
            return cursors.begin_since(cursor, horizon.newest, overlap)
        if cursor.is_full and not horizon.is_quiet:
            # A first pass is long, and would be read through again. Most transactions are
            # short: a moment later they have ended, and the pass settles all it reads.
            time.sleep(SECONDS_FOR_SHORT_TRANSACTIONS)
            cursor, horizon = cursors.observe(cursor, horizon), self._horizon(entity)
        return cursors.begin(cursor, horizon)

    def _horizon(self, entity: Entity) -> Horizon:
        row = self._connection.execute(self._ask.horizon(entity)).fetchone()
        assert row is not None
        newest = cursors.NOWHERE if row["newest"] is None else _as_number(row["newest"])
        return Horizon(oldest=row["oldest"], next=row["next"], newest=newest)

    def _changed(self, entity: Entity, cursor: Cursor, limit: int) -> list[Row]:
        if cursor.at is None or not cursor.has_more:
            return []
        places = {"low": cursor.low, "after": cursor.at, "until": cursor.until}
        values: dict[str, Any] = {**places, "limit": limit, "seen": cursors.seen_ranges(cursor)}
        if self._ask.position_column(entity) == "modified":
            values |= {name: _as_moment(place) for name, place in places.items()}
        found = self._connection.execute(self._ask.changes(entity), values).fetchall()
        return [{**row, "positions": list(map(_as_number, row["positions"]))} for row in found]

    def _snapshot(self, entity: Entity, text: str, limit: int, as_of: datetime) -> Page[Any]:
        keys = SOURCES[entity].keys
        damaged = text.startswith(_DAMAGED)
        place = _read_place(text.removeprefix(_DAMAGED), len(keys))
        statement = self._ask.listing(entity, goes_on=bool(place))
        found = self._connection.execute(statement, [*place, limit]).fetchall()
        records = tuple(self._read(entity, found, as_of))
        more, damaged = len(found) == limit, damaged or self._left_some_out
        after = _write_place(found[-1], keys) if more else ""
        return Page(
            records=records,
            cursor=f"{_DAMAGED}{after}" if more and damaged else after,
            as_of=as_of,
            more=more,
            # What could not be read is there all the same: this list proves no absence.
            complete=not more and not damaged,
        )

    @property
    def _left_some_out(self) -> bool:
        return bool(self._answer.get("left_out"))

    def _read(self, entity: Entity, found: list[Row], as_of: datetime) -> list[Any]:
        match entity:
            case Entity.PRICES:
                return self._documents(found, self._price)
            case Entity.STOCK:
                return self._documents(found, lambda row: rows.stock_level(row, as_of))
        names = [str(row["key"]) for row in found]
        return list(self.products(names) if entity is Entity.PRODUCTS else self.shipments(names))

    def _price(self, row: Row) -> Price:
        return rows.price(row, self._settings)

    def _named(
        self, view: str, column: str, values: Sequence[str], *, order: Sequence[str]
    ) -> list[Row]:
        if not values:
            return []
        statement = self._ask.named(view, column, order=order)
        return self._connection.execute(statement, [list(values)]).fetchall()

    def _documents(self, found: Iterable[Any], make: Callable[[Any], Document]) -> list[Document]:
        """Translate what can be translated: one bad row must not hold up all the others."""
        documents, bad = [], []
        for each in found:
            try:
                documents.append(make(each))
            except rows.BadRow as reason:
                bad.append(f"{rows.label(each)}: {reason}"[:150])
        if bad:
            logger.warning("%d rows of the ERP were left out: %s", len(bad), "; ".join(bad[:5]))
            self._answer["left_out"] = len(bad)
            self._answer["examples"] = bad[:5]
        self._answer["records"] = len(documents)
        return documents


def _as_number(value: Any) -> int:
    """Return a position as a whole number: a version as it is, a time in microseconds."""
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return (aware - EPOCH) // MICROSECOND
    if isinstance(value, date):
        return _as_number(datetime(value.year, value.month, value.day, tzinfo=UTC))
    return int(value)


def _as_moment(position: int) -> datetime:
    return EPOCH + position * MICROSECOND


def _write_place(row: Row, keys: Sequence[str]) -> str:
    values = [row["key"]] if "key" in row else [row[key] for key in keys]
    return json.dumps([str(value) for value in values])


def _read_place(text: str, length: int) -> list[str]:
    """Return the key that a list is to go on after, or nothing to begin it."""
    if not text:
        return []
    try:
        place = json.loads(text)
    except ValueError:
        place = None
    if not isinstance(place, list) or len(place) != length:
        raise ErpMisconfigured(cursors.DAMAGED)
    return [str(part) for part in place]
