"""Rows of the ERP's views, in our columns, to canonical documents."""

import html
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from erp_connectors.sql.config import Attribute, SqlSettings
from mapping.documents import (
    AttributeKind,
    AttributeValue,
    Component,
    Money,
    Price,
    Product,
    Shipment,
    ShipmentLine,
    StockLevel,
    Tracking,
    Variant,
)

Row = Mapping[str, Any]
TRUE_WORDS = frozenset({"1", "s", "si", "sí", "t", "true", "v", "verdadero", "y", "yes"})


class BadRow(Exception):
    """A row from which no document can be made; the text says why, for staff."""


def product(
    row: Row,
    variants: Sequence[Row],
    settings: SqlSettings,
    components: Callable[[str], tuple[Component, ...]] = lambda _sku: (),
) -> Product:
    """Return a product with its variants, in the ERP's own order."""
    axes = [
        (f"option_{place}", option.name)
        for place, option in enumerate(settings.options)
        # A bag has no size: an axis on which nothing differs from nothing is none.
        if any(text(each.get(f"option_{place}")) for each in variants)
    ]
    versions = [each["version"] for each in (row, *variants) if each.get("version") is not None]
    return Product(
        code=key(row, "code"),
        title=text(row.get("title")),
        variants=tuple(
            _variant(each, [axis for axis, _ in axes], settings, components(key(each, "sku")))
            for each in variants
        ),
        options=tuple(name for _, name in axes),
        description_html=_description(text(row.get("description")), settings.description),
        vendor=text(row.get("vendor")),
        family=text(row.get("family")),
        attributes=_attributes(row, "products", settings.attributes),
        active=flag(row.get("active", True)),
        version=str(max(versions)) if versions else "",
    )


def _variant(
    row: Row, axes: Sequence[str], settings: SqlSettings, components: tuple[Component, ...]
) -> Variant:
    grams = row.get("weight_grams")
    return Variant(
        sku=key(row, "sku"),
        option_values=tuple(text(row.get(axis)) or settings.blank_option for axis in axes),
        barcode=text(row.get("barcode")),
        weight_grams=None if grams is None else number(grams, "weight"),
        active=flag(row.get("active", True)),
        attributes=_attributes(row, "variants", settings.attributes),
        components=components,
    )


def price(row: Row, settings: SqlSettings) -> Price:
    return Price(
        sku=key(row, "sku"),
        product_code=text(row.get("product_code")),
        price_list=key(row, "price_list"),
        amount=Money(amount=number(row.get("amount"), "price"), currency=settings.currency),
        tax_included=flag(row.get("tax_included", True)),
        min_quantity=number(row.get("min_quantity", 1), "quantity"),
    )


def stock_level(row: Row, as_of: datetime) -> StockLevel:
    return StockLevel(
        sku=key(row, "sku"),
        warehouse=key(row, "warehouse"),
        on_hand=number(row.get("on_hand"), "stock"),
        reserved=number(row.get("reserved", 0), "reserved stock"),
        blocked=number(row.get("blocked", 0), "blocked stock"),
        incoming=number(row.get("incoming", 0), "incoming stock"),
        as_of=as_of,
        changed_at=_stamp(row.get("modified")),
    )


def shipment(rows: Sequence[Row]) -> Shipment:
    """Return the delivery note that these rows, one for each line, describe."""
    first = rows[0]
    tracking = text(first.get("tracking"))
    trackings: tuple[Tracking, ...] = ()
    if tracking:
        trackings = (
            Tracking(
                number=tracking,
                company=text(first.get("carrier")),
                url=text(first.get("tracking_url")),
            ),
        )
    return Shipment(
        id=key(first, "number"),
        order_reference=key(first, "reference"),
        lines=tuple(
            ShipmentLine(
                sku=key(row, "sku"),
                quantity=_whole(number(row.get("quantity"), "quantity")),
                line_id=text(row.get("line_id")),
            )
            for row in rows
        ),
        shipped_at=moment(first.get("shipped_at")),
        warehouse=text(first.get("warehouse")),
        tracking=trackings,
    )


def label(found: Row | Sequence[Row]) -> str:
    """Return what staff know a row by."""
    row = found if isinstance(found, Mapping) else found[0]
    names = (row.get(name) for name in ("code", "sku", "number"))
    return next((str(name) for name in names if name), "?")


def text(value: Any) -> str:
    # Columns of fixed width come filled up with blanks.
    return "" if value is None else str(value).strip()


def key(row: Row, column: str) -> str:
    """Return a code as the ERP keeps it. Blanks before it are part of it in some ERPs."""
    found = "" if row.get(column) is None else str(row[column]).rstrip()
    if not found:
        raise BadRow(f"no {column.replace('_', ' ')}")
    return found


def number(value: Any, name: str) -> Decimal:
    """Return an exact number. What is not there is unknown, never zero."""
    if value is None:
        raise BadRow(f"no {name}")
    # By way of text: a float column says 0.1, not 0.1000000000000000055.
    found = Decimal(str(value))
    if not found.is_finite():
        raise BadRow(f"{name} is not a number")
    return found


def flag(value: Any) -> bool:
    if isinstance(value, str):
        return value.strip().lower() in TRUE_WORDS
    return bool(value)


def _stamp(value: Any) -> datetime | None:
    """Return a moment that can be compared with our clock: no bare day, no unknown zone."""
    return value if isinstance(value, datetime) and value.tzinfo else None


def _whole(quantity: Decimal) -> int:
    if quantity != quantity.to_integral_value():
        raise BadRow(f"{quantity} is not a number of pieces")
    return int(quantity)


def moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    raise BadRow("no date")


def _description(raw: str, kind: str) -> str:
    if kind == "html" or not raw:
        return raw
    paragraphs = re.split(r"\r?\n\s*\r?\n", raw)
    return "".join(
        f"<p>{html.escape(part.strip()).replace(chr(10), '<br>')}</p>" for part in paragraphs
    )


def _attributes(row: Row, on: str, attributes: Sequence[Attribute]) -> tuple[AttributeValue, ...]:
    """Return the attributes that have a value. An empty cell is not a value."""
    found = []
    for place, each in enumerate(attributes):
        value = row.get(f"attribute_{place}")
        if each.on != on or value is None or not str(value).strip():
            continue
        found.append(
            AttributeValue(
                code=each.code,
                kind=each.kind,
                value=attribute_text(value, each.kind),
                unit=each.unit,
            )
        )
    return tuple(found)


def attribute_text(value: Any, kind: AttributeKind) -> str:
    """Return the canonical text of a value of this kind."""
    match kind:
        case AttributeKind.BOOLEAN:
            return "true" if flag(value) else "false"
        case AttributeKind.INTEGER | AttributeKind.DECIMAL | AttributeKind.MEASURE:
            return _plain_number(value)
        case AttributeKind.DATE:
            return moment(value).date().isoformat() if not isinstance(value, str) else value
        case _:
            return str(value).strip()


def _plain_number(value: Any) -> str:
    raw = str(value).strip()
    if isinstance(value, str) and "," in raw:
        # Kept as text by the ERP, in the Spanish way: 1.234,5
        raw = raw.replace(".", "").replace(",", ".")
    try:
        found = Decimal(raw)
    except ArithmeticError:
        raise BadRow(f"{value!r} is not a number") from None
    plain = format(found, "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain
