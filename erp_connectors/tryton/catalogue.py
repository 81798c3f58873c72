"""Reads models with all their variants, and which of them changed."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from erp_connectors.contract import Page
from erp_connectors.tryton.changes import ANY_STATE, STAMP, Source, changed, present
from erp_connectors.tryton.client import Row, TrytonClient
from erp_connectors.tryton.cursors import Cursor, load_cursor, take
from erp_connectors.tryton.settings import TrytonSettings
from erp_connectors.tryton.translate import AttributeType, product, read_attribute_types
from mapping.documents import Product

GOODS = ["type", "in", ["goods", "assets"]]
# A model's change and a variant's both change the model; neither touches the other's stamp.
SOURCES: tuple[Source, ...] = (
    ("product.template", [ANY_STATE, GOODS], "id"),
    ("product.product", [ANY_STATE, ["template.type", "in", ["goods", "assets"]]], "template"),
)
TEMPLATE_FIELDS = ["code", "name", "active", "salable", "categories.rec_name", STAMP]
VARIANT_FIELDS = [
    "template",
    "code",
    "active",
    "description",
    "identifiers.type",
    "identifiers.code",
    STAMP,
]


class Catalogue:
    """The ERP's models and variants."""

    def __init__(self, client: TrytonClient, settings: TrytonSettings) -> None:
        self._client = client
        self._settings = settings
        self._attributes: dict[str, AttributeType] | None = None

    def pull(self, text: str, limit: int) -> Page[Product]:
        """Return changed models, each whole; or, from an empty cursor, all of them."""
        as_of = datetime.now(UTC)
        cursor = load_cursor(text)
        if cursor is None:
            position = present(self._client, SOURCES, self._settings.overlap)
            cursor = Cursor(position=position, full=True)
        if cursor.full:
            return self._pull_all(cursor, limit, as_of)
        return self._pull_changed(cursor, limit, as_of, text)

    def _pull_all(self, cursor: Cursor, limit: int, as_of: datetime) -> Page[Product]:
        domain = [["id", ">", cursor.after], ANY_STATE, GOODS]
        rows = self._client.search("product.template", domain, ["id"], limit=limit)
        more = len(rows) == limit
        after = Cursor(position=cursor.position, full=more, after=rows[-1]["id"] if rows else 0)
        return Page(
            records=tuple(self.read([["id", "in", [row["id"] for row in rows]]])),
            cursor=after.dump(),
            as_of=as_of,
            more=more,
            complete=True,
        )

    def _pull_changed(
        self, cursor: Cursor, limit: int, as_of: datetime, text: str
    ) -> Page[Product]:
        overlap = self._settings.overlap
        events = changed(self._client, SOURCES, cursor.position.since(overlap))
        now, later = take(cursor.position.fresh(events), limit)
        if not now:
            return Page(records=(), cursor=text, as_of=as_of)
        position = cursor.position.after(now, later, overlap)
        return Page(
            records=tuple(self.read([["id", "in", sorted({event.id for event in now})]])),
            cursor=Cursor(position=position).dump(),
            as_of=as_of,
            more=bool(later),
        )

    def read(self, domain: Sequence[Any]) -> list[Product]:
        """Return the models that match, archived ones too, each with all its variants."""
        templates = self._client.search(
            "product.template", [*domain, ANY_STATE, GOODS], TEMPLATE_FIELDS
        )
        if not templates:
            return []
        variants = self._variants([row["id"] for row in templates])
        types = self.attribute_types()
        return [
            product(row, variants[row["id"]], types, self._settings.options) for row in templates
        ]

    def read_codes(self, codes: Sequence[str]) -> list[Product]:
        """Return the models of these codes; one without a code goes by its number."""
        numbers = [int(code) for code in codes if code.isascii() and code.isdigit()][:1000]
        by_number = [["code", "=", None], ["id", "in", [n for n in numbers if n < 2**31]]]
        return self.read([["OR", ["code", "in", list(codes)], by_number]]) if codes else []

    def _variants(self, templates: list[int]) -> dict[int, list[Row]]:
        fields = list(VARIANT_FIELDS)
        if self._client.has_field("product.product", "attributes"):
            fields.append("attributes")
        if self._client.has_field("product.product", "weight"):
            fields += ["weight", "weight_uom.symbol"]
        found: dict[int, list[Row]] = defaultdict(list)
        domain = [["template", "in", templates], ANY_STATE]
        for row in self._client.search("product.product", domain, fields):
            found[row["template"]].append(row)
        return found

    def attribute_types(self) -> dict[str, AttributeType]:
        """Return the attributes' types, read once per connector: they hardly ever change."""
        if self._attributes is None:
            rows: list[Row] = []
            if self._client.has_field("product.product", "attributes"):
                fields = ["name", "string", "type_", "selection_json"]
                rows = self._client.search("product.attribute", [], fields)
            self._attributes = read_attribute_types(rows)
        return self._attributes

    def find_items(self, skus: Sequence[str]) -> dict[str, Row]:
        """Return the live items of these SKUs; one that two items share is left out."""
        rows = self._client.search(
            "product.product",
            [["code", "in", sorted(set(skus))]],
            ["code", "template", "sale_uom", "default_uom", "salable",
             "account_category.customer_taxes", "template.code"],
        )  # fmt: skip
        found: dict[str, Row] = {}
        shared: set[str] = set()
        for row in rows:
            if row["code"] in found:
                shared.add(row["code"])
            found[row["code"]] = row
        return {sku: row for sku, row in found.items() if sku not in shared}


def quantity(value: Any) -> Decimal:
    """Return a quantity exactly as Tryton shows it; it sends them as floats."""
    return Decimal(str(value or 0)).normalize() + 0
