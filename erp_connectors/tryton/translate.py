"""Tryton's products in our words."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from html import escape
from types import MappingProxyType
from typing import Any

from erp_connectors.tryton.changes import STAMP
from erp_connectors.tryton.client import Row
from mapping.documents import AttributeKind, AttributeValue, Component, Product, Variant

KINDS = {
    "char": AttributeKind.TEXT,
    "boolean": AttributeKind.BOOLEAN,
    "integer": AttributeKind.INTEGER,
    "numeric": AttributeKind.DECIMAL,
    "float": AttributeKind.DECIMAL,
    "date": AttributeKind.DATE,
    "datetime": AttributeKind.TEXT,
    "selection": AttributeKind.OPTION,
    "multiselection": AttributeKind.TEXT,
}
NO_KITS: Mapping[int, tuple[Component, ...]] = MappingProxyType({})
# Selections that carry a meaning of their own, by the names people give them.
MEANINGS = {
    "color": AttributeKind.COLOUR,
    "colour": AttributeKind.COLOUR,
    "talla": AttributeKind.SIZE,
    "size": AttributeKind.SIZE,
}
GRAMS = {
    "mg": Decimal("0.001"),
    "g": Decimal(1),
    "kg": Decimal(1000),
    "t": Decimal(1_000_000),
    "oz": Decimal("28.349523125"),
    "lb": Decimal("453.59237"),
}
BARCODES = ("ean", "gtin", "ean13", "upc", "isbn")


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeType:
    """One attribute as the ERP defines it; `labels` are a selection's choices."""

    name: str
    label: str
    kind: AttributeKind
    labels: Mapping[str, str]


def read_attribute_types(rows: Sequence[Row]) -> dict[str, AttributeType]:
    return {row["name"]: _attribute_type(row) for row in rows}


def _attribute_type(row: Row) -> AttributeType:
    kind = KINDS.get(row["type_"], AttributeKind.TEXT)
    if kind is AttributeKind.OPTION:
        kind = MEANINGS.get(row["name"].lower(), kind)
    labels = {
        str(key): str(label)
        for key, label in json.loads(row.get("selection_json") or "[]")
        if key is not None
    }
    return AttributeType(name=row["name"], label=row["string"], kind=kind, labels=labels)


def product(
    template: Row,
    variants: Sequence[Row],
    types: Mapping[str, AttributeType],
    options: Sequence[str],
    components: Mapping[int, tuple[Component, ...]] = NO_KITS,
) -> Product:
    """Return a model with its variants. Items without a code cannot be told apart: left out."""
    items = [row for row in variants if row["code"]]
    axes = _axes(items, types, options)
    translated = tuple(_variant(row, axes, types, components.get(row["id"], ())) for row in items)
    shared = _shared([variant.attributes for variant in translated if variant.active])
    categories = template.get("categories.") or []
    description = next((row["description"] for row in items if row["description"]), "")
    return Product(
        code=template["code"] or str(template["id"]),
        title=template["name"],
        variants=translated,
        options=tuple(types[axis].label for axis in axes),
        description_html=_paragraphs(description),
        family=categories[0]["rec_name"] if categories else "",
        attributes=shared,
        active=bool(template["active"] and template["salable"]),
        version=_version([template, *variants]),
    )


def _axes(
    items: Sequence[Row], types: Mapping[str, AttributeType], options: Sequence[str]
) -> tuple[str, ...]:
    """Return the attributes that tell the variants apart, in the merchant's order.

    Tryton does not say which they are. Without a setting, a selection counts if it
    differs between variants.
    """
    values: dict[str, set[str]] = {name: set() for name in types}
    for row in items:
        for name, value in (row.get("attributes") or {}).items():
            if name in values and value not in (None, ""):
                values[name].add(str(value))
    if options:
        return tuple(name for name in options if values.get(name))
    selections = (AttributeKind.OPTION, AttributeKind.COLOUR, AttributeKind.SIZE)
    return tuple(
        name for name, kind in types.items() if kind.kind in selections and len(values[name]) > 1
    )


def _variant(
    row: Row,
    axes: Sequence[str],
    types: Mapping[str, AttributeType],
    components: tuple[Component, ...],
) -> Variant:
    held = row.get("attributes") or {}
    values = {
        name: attribute(types[name], value)
        for name, value in held.items()
        if name in types and value not in (None, "")
    }
    return Variant(
        sku=row["code"],
        option_values=tuple(values[axis].value if axis in values else "" for axis in axes),
        barcode=_barcode(row.get("identifiers.") or []),
        weight_grams=_grams(row),
        active=bool(row["active"]),
        attributes=tuple(values[name] for name in types if name in values and name not in axes),
        components=components,
    )


def attribute(kind: AttributeType, value: Any) -> AttributeValue:
    """Return one typed value in its canonical text."""
    return AttributeValue(code=kind.name, kind=kind.kind, value=_text(kind, value))


def _text(kind: AttributeType, value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case Decimal() | float():
            # 2.50 and 2.5 are one value, and must stay one when compared.
            return format(Decimal(str(value)).normalize() + 0, "f")
        case datetime() | date():
            return value.isoformat()
        case list() | tuple():
            return ", ".join(kind.labels.get(str(item), str(item)) for item in value)
        case _:
            return kind.labels.get(str(value), str(value))


def _shared(held: Sequence[tuple[AttributeValue, ...]]) -> tuple[AttributeValue, ...]:
    """Return the attributes on which all variants agree: they describe the model."""
    if not held:
        return ()
    return tuple(value for value in held[0] if all(value in others for others in held))


def _barcode(identifiers: Sequence[Row]) -> str:
    by_type = {str(row["type"]): str(row["code"]) for row in reversed(identifiers)}
    return next((by_type[kind] for kind in BARCODES if kind in by_type), "")


def _grams(row: Row) -> Decimal | None:
    factor = GRAMS.get(((row.get("weight_uom.") or {}).get("symbol") or "").lower())
    weight = row.get("weight")
    if weight is None or factor is None:
        return None
    return (Decimal(str(weight)) * factor).normalize() + 0


def _paragraphs(text: str) -> str:
    """Return plain text as HTML: the ERP's field is plain, so nothing in it is markup."""
    parts = (part.strip() for part in text.split("\n\n"))
    return "".join(f"<p>{escape(part).replace(chr(10), '<br>')}</p>" for part in parts if part)


def _version(rows: Sequence[Row]) -> str:
    stamps: list[datetime] = [row[STAMP] for row in rows if row.get(STAMP)]
    return max(stamps).isoformat() if stamps else ""
