"""Reads what Tryton's kits are made of."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from erp_connectors.tryton.client import Row, TrytonClient
from mapping.documents import Component

KIT = "kit"
FIELDS = ["parent_template", "parent_product", "fixed", "quantity", "unit.factor",
          "product.code", "product.default_uom.factor"]  # fmt: skip


class UnusableKit(Exception):
    """A kit that cannot be said in our words; the text says why, for staff."""


class Kits:
    """The kits of an installation that has the module for them."""

    def __init__(self, client: TrytonClient) -> None:
        self._client = client

    def are_known(self) -> bool:
        return self._client.has_field("product.product", "components")

    def components(self, templates: Sequence[Row]) -> dict[int, list[Row]]:
        """Return the components of those models that are kits, by model."""
        kits = [row["id"] for row in templates if row["type"] == KIT]
        found: dict[int, list[Row]] = defaultdict(list)
        if kits and self.are_known():
            domain = [["parent_template", "in", kits]]
            for row in self._client.search("product.component", domain, FIELDS):
                found[row["parent_template"]].append(row)
        return found


def contents(variant: int, rows: Sequence[Row]) -> tuple[Component, ...]:
    """Return what one unit of a variant takes: its own components, else its model's.

    Tryton lets no kit contain another.
    """
    own = [row for row in rows if row["parent_product"] == variant]
    shared = [row for row in rows if row["parent_product"] is None]
    totals: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in own or shared:
        totals[_code(row)] += _quantity(row)
    return tuple(Component(sku=sku, quantity=total) for sku, total in totals.items())


def _code(row: Row) -> str:
    code = str(row["product."]["code"] or "")
    if not code:
        raise UnusableKit("a component has no code")
    return code


def _quantity(row: Row) -> Decimal:
    """Return how many units of stock one kit takes, whatever unit the recipe is written in."""
    code = row["product."]["code"]
    if row["fixed"]:
        raise UnusableKit(f"the quantity of {code} does not depend on that of the kit")
    quantity = Decimal(str(row["quantity"]))
    ours, theirs = row["unit."]["factor"], row["product."]["default_uom."]["factor"]
    if ours != theirs:
        quantity = quantity * Decimal(str(ours)) / Decimal(str(theirs))
    if not quantity.is_finite() or quantity <= 0:
        raise UnusableKit(f"it contains {quantity} of {code}")
    return quantity.normalize() + 0
