"""Products, variants, typed attributes and prices, as the ERP or PIM means them."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from mapping.documents.money import Money


class AttributeKind(StrEnum):
    TEXT = "text"
    RICH_TEXT = "rich_text"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    DECIMAL = "decimal"
    MEASURE = "measure"
    DATE = "date"
    OPTION = "option"
    COLOUR = "colour"
    SIZE = "size"
    URL = "url"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeValue:
    """One typed attribute of a product or variant.

    `value` is the canonical text of its kind: "true"/"false", "42", "2.5" (a point,
    never a comma), "2026-11-24", the option's label as staff read it. `unit` belongs
    to MEASURE only.
    """

    code: str
    kind: AttributeKind
    value: str
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """So many units of one item that a kit takes from the shelf for each unit sold."""

    sku: str
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One sellable item. `option_values` answers the product's `options`, in order.

    A variant with `components` is a kit: it has no stock but what they allow. They are
    plain items, never kits, each once: a connector takes kits of kits apart.
    """

    sku: str
    option_values: tuple[str, ...] = ()
    barcode: str = ""
    weight_grams: Decimal | None = None
    tracked: bool = True
    active: bool = True
    attributes: tuple[AttributeValue, ...] = ()
    components: tuple[Component, ...] = ()
    gift_card: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A model with its variants. `code` is the key the ERP knows it by.

    `active` False means the ERP no longer wants it sold on the web; it never means
    that the record was missing from an answer.
    """

    code: str
    title: str
    variants: tuple[Variant, ...]
    options: tuple[str, ...] = ()
    description_html: str = ""
    vendor: str = ""
    family: str = ""
    tags: tuple[str, ...] = ()
    attributes: tuple[AttributeValue, ...] = ()
    active: bool = True
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What one variant costs on one of the ERP's price lists, from `min_quantity` up."""

    sku: str
    product_code: str
    price_list: str
    amount: Money
    tax_included: bool
    min_quantity: Decimal = Decimal(1)
