"""Reads models with all their variants, and which of them changed."""

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from erp_connectors.contract import Page
from erp_connectors.tryton.changes import ANY_STATE, STAMP, Source, changed, present
from erp_connectors.tryton.client import Row, TrytonClient
from erp_connectors.tryton.cursors import Cursor, load_cursor, take
from erp_connectors.tryton.kits import KIT, Kits, UnusableKit, contents
from erp_connectors.tryton.settings import TrytonSettings
from erp_connectors.tryton.translate import AttributeType, product, read_attribute_types
from mapping.documents import Product

logger = logging.getLogger(__name__)
GOODS = ["type", "in", ["goods", "assets"]]
# What can be sold: also what has no stock of its own.
SOLD = ["type", "in", ["goods", "assets", KIT]]
# A model's change and a variant's both change the model; neither touches the other's stamp.
SOURCES: tuple[Source, ...] = (
    ("product.template", [ANY_STATE, SOLD], "id"),
    ("product.product", [ANY_STATE, ["template.type", *SOLD[1:]]], "template"),
)
# One taken out on the kit's own form shows in the kit's stamp.
COMPONENTS: Source = ("product.component", [["parent_template.type", "=", KIT]], "parent_template")
TEMPLATE_FIELDS = ["code", "name", "type", "active", "salable", "categories.rec_name", STAMP]
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
        self._kits = Kits(client)

    def shows_kits(self) -> bool:
        return self._kits.are_known()

    def _sources(self) -> tuple[Source, ...]:
        return (*SOURCES, COMPONENTS) if self._kits.are_known() else SOURCES

    def pull(self, text: str, limit: int) -> Page[Product]:
        """Return changed models, each whole; or, from an empty cursor, all of them."""
        as_of = datetime.now(UTC)
        cursor = load_cursor(text)
        if cursor is None:
            position = present(self._client, self._sources(), self._settings.overlap)
            cursor = Cursor(position=position, full=True)
        if cursor.full:
            return self._pull_all(cursor, limit, as_of)
        return self._pull_changed(cursor, limit, as_of, text)

    def _pull_all(self, cursor: Cursor, limit: int, as_of: datetime) -> Page[Product]:
        domain = [["id", ">", cursor.after], ANY_STATE, SOLD]
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
        events = changed(self._client, self._sources(), cursor.position.since(overlap))
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
            "product.template", [*domain, ANY_STATE, SOLD], TEMPLATE_FIELDS
        )
        if not templates:
            return []
        variants = self._variants([row["id"] for row in templates])
        kits = self._kits.components(templates)
        found = []
        for row in templates:
            try:
                found.append(self._product(row, variants[row["id"]], kits.get(row["id"], [])))
            except UnusableKit as reason:
                # One that cannot be told stays what it was; the others must not wait for it.
                logger.warning("Tryton's kit %s was left out: %s", row["code"], reason)
        return found

    def _product(self, row: Row, variants: list[Row], recipe: list[Row]) -> Product:
        components = {each["id"]: contents(each["id"], recipe) for each in variants}
        return product(row, variants, self.attribute_types(), self._settings.options, components)

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
