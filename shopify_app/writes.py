"""Writes we may ask of Shopify, as values that can be stored, shown and sent later."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

MOST_ROWS = 250
MOST_METAFIELDS = 25
MOST_PUBLISHED = 50


@dataclass(frozen=True, kw_only=True)
class Command(ABC):
    """One write. `keyed`: Shopify itself carries a repeat with the same key out once.

    `all_or_nothing`: one refused row means that no row was written.
    """

    kind: ClassVar[str]
    operation: ClassVar[str]
    keyed: ClassVar[bool] = False
    all_or_nothing: ClassVar[bool] = True

    @abstractmethod
    def variables(self) -> dict[str, Any]:
        """Return the variables of its operation, as Shopify takes them."""


@dataclass(frozen=True, kw_only=True)
class ProductSet(Command):
    """Create or change a product. A list in `input` replaces the shop's: merge before.

    Answers with the ids of at most 250 variants; read the product for the others.
    """

    kind: ClassVar[str] = "product_set"
    operation: ClassVar[str] = "product_set"

    input: dict[str, Any]
    identifier: dict[str, Any] | None = None

    def variables(self) -> dict[str, Any]:
        count = min(max(len(self.input.get("variants") or ()), 1), MOST_ROWS)
        return {"input": self.input, "identifier": self.identifier, "first": count}


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantPrice:
    """A new price. `compare_at_price` None shows no crossed-out price, unless kept."""

    id: str
    price: Decimal | None = None
    compare_at_price: Decimal | None = None
    keep_compare_at: bool = False
    barcode: str | None = None

    def as_input(self) -> dict[str, Any]:
        found: dict[str, Any] = {"id": self.id}
        if self.price is not None:
            found["price"] = str(self.price)
        if not self.keep_compare_at:
            crossed = self.compare_at_price
            found["compareAtPrice"] = None if crossed is None else str(crossed)
        if self.barcode is not None:
            found["barcode"] = self.barcode
        return found


@dataclass(frozen=True, kw_only=True)
class VariantsUpdate(Command):
    """Change prices of one product's variants. Refused variants do not stop the others."""

    kind: ClassVar[str] = "variants_update"
    operation: ClassVar[str] = "variants_update"
    all_or_nothing: ClassVar[bool] = False

    product_id: str
    variants: tuple[VariantPrice, ...]

    def variables(self) -> dict[str, Any]:
        return {
            "product": self.product_id,
            "variants": [variant.as_input() for variant in self.variants],
        }


@dataclass(frozen=True, kw_only=True)
class VariantsCreate(Command):
    """Add variants to a product that exists; its other variants stay."""

    kind: ClassVar[str] = "variants_create"
    operation: ClassVar[str] = "variants_create"

    product_id: str
    variants: tuple[dict[str, Any], ...]

    def variables(self) -> dict[str, Any]:
        return {"product": self.product_id, "variants": list(self.variants)}


@dataclass(frozen=True, slots=True, kw_only=True)
class MetafieldItem:
    """`type` may be empty only where the shop has a definition for the key."""

    owner: str
    namespace: str
    key: str
    value: str
    type: str = ""

    def as_input(self) -> dict[str, Any]:
        found = {"ownerId": self.owner, "namespace": self.namespace, "key": self.key}
        return found | {"value": self.value} | ({"type": self.type} if self.type else {})


@dataclass(frozen=True, kw_only=True)
class MetafieldsSet(Command):
    kind: ClassVar[str] = "metafields_set"
    operation: ClassVar[str] = "metafields_set"

    items: tuple[MetafieldItem, ...]

    def __post_init__(self) -> None:
        _at_most(MOST_METAFIELDS, self.items)

    def variables(self) -> dict[str, Any]:
        return {"metafields": [item.as_input() for item in self.items]}


@dataclass(frozen=True, kw_only=True)
class Publish(Command):
    """Show products in one sales channel. Publishing twice is harmless."""

    kind: ClassVar[str] = "publish"
    operation: ClassVar[str] = "publish"

    publication: str
    product_ids: tuple[str, ...]

    def __post_init__(self) -> None:
        _at_most(MOST_PUBLISHED, self.product_ids)

    def variables(self) -> dict[str, Any]:
        return {"publication": self.publication, "add": list(self.product_ids)}


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantityRow:
    """Show `quantity` if the shop shows `change_from`; None there means "do not compare"."""

    item: str
    quantity: int
    change_from: int | None


@dataclass(frozen=True, kw_only=True)
class SetQuantities(Command):
    """Set how many units are for sale at one location; one stale row stops them all."""

    kind: ClassVar[str] = "set_quantities"
    operation: ClassVar[str] = "set_quantities"
    keyed: ClassVar[bool] = True

    location: str
    rows: tuple[QuantityRow, ...]
    reason: str = "correction"
    reference: str = ""

    def __post_init__(self) -> None:
        _at_most(MOST_ROWS, self.rows)

    def variables(self) -> dict[str, Any]:
        quantities = [
            {
                "inventoryItemId": row.item,
                "locationId": self.location,
                "quantity": row.quantity,
                # Shopify wants it named even when it is null.
                "changeFromQuantity": row.change_from,
            }
            for row in self.rows
        ]
        found = {"name": "available", "reason": self.reason, "quantities": quantities}
        return {
            "input": found | ({"referenceDocumentUri": self.reference} if self.reference else {})
        }


@dataclass(frozen=True, kw_only=True)
class Activate(Command):
    """Stock an item at a location; its old quantities there come back."""

    kind: ClassVar[str] = "activate"
    operation: ClassVar[str] = "activate"
    keyed: ClassVar[bool] = True

    item: str
    location: str

    def variables(self) -> dict[str, Any]:
        return {"item": self.item, "location": self.location}


@dataclass(frozen=True, kw_only=True)
class CreateFulfilment(Command):
    """Record a parcel. All fulfilment orders must be of one order and one location.

    Shopify has no key for this write: after a lost answer, read before repeating.
    `by_fulfilment_order` holds (line id, quantity) pairs for each.
    """

    kind: ClassVar[str] = "create_fulfilment"
    operation: ClassVar[str] = "create_fulfilment"

    order: str
    by_fulfilment_order: dict[str, tuple[tuple[str, int], ...]]
    tracking_number: str = ""
    more_tracking_numbers: tuple[str, ...] = ()
    company: str = ""
    url: str = ""
    notify: bool = False

    def variables(self) -> dict[str, Any]:
        groups = [
            {
                "fulfillmentOrderId": fulfilment_order,
                "fulfillmentOrderLineItems": [
                    {"id": line, "quantity": quantity} for line, quantity in lines
                ],
            }
            for fulfilment_order, lines in self.by_fulfilment_order.items()
        ]
        found: dict[str, Any] = {
            "lineItemsByFulfillmentOrder": groups,
            "notifyCustomer": self.notify,
        }
        if tracking := self._tracking():
            found["trackingInfo"] = tracking
        return {"fulfilment": found}

    def _tracking(self) -> dict[str, Any]:
        found: dict[str, Any] = {"company": self.company, "url": self.url}
        if self.more_tracking_numbers:
            found["numbers"] = [self.tracking_number, *self.more_tracking_numbers]
        else:
            found["number"] = self.tracking_number
        return {name: value for name, value in found.items() if value}


def _at_most(limit: int, rows: tuple[Any, ...]) -> None:
    if not 0 < len(rows) <= limit:
        raise ValueError(f"1 to {limit} rows, not {len(rows)}")
