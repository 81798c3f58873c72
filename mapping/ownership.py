"""Who may change a field: the side that owns it, and no other."""

from collections.abc import Mapping
from enum import StrEnum


class Owner(StrEnum):
    ERP = "erp"
    SHOPIFY = "shopify"
    NOBODY = "nobody"


STOCK = "variant.available"
PRICE = "variant.price"
COMPARE_AT = "variant.compare_at_price"
BARCODE = "variant.barcode"
TITLE = "product.title"
DESCRIPTION = "product.description"
VENDOR = "product.vendor"
TYPE = "product.type"
STATUS = "product.status"
ATTRIBUTES = "product.attributes"

DEFAULT_OWNERS: dict[str, Owner] = {
    STOCK: Owner.ERP,
    PRICE: Owner.ERP,
    COMPARE_AT: Owner.ERP,
    BARCODE: Owner.ERP,
    TITLE: Owner.ERP,
    # Shop staff write the texts that sell; the ERP's is taken for a new product only.
    DESCRIPTION: Owner.SHOPIFY,
    VENDOR: Owner.ERP,
    TYPE: Owner.ERP,
    STATUS: Owner.ERP,
    ATTRIBUTES: Owner.ERP,
}


# What staff have made of a product that was in the store before us.
KEPT_WHEN_ADOPTED = frozenset({TITLE, DESCRIPTION, VENDOR, TYPE, STATUS})


def owner_of(
    field: str, overrides: Mapping[str, Owner] | None = None, *, adopted: bool = False
) -> Owner:
    """Return the owner of a field; a channel's rule wins over the default.

    `adopted`: the product was in the store before us, and what it says there stays
    unless a rule gives the field to the ERP. A field that nobody mapped has no owner,
    so nobody may write it.
    """
    chosen = (overrides or {}).get(field)
    if chosen is None and adopted and field in KEPT_WHEN_ADOPTED:
        return Owner.SHOPIFY
    return chosen or DEFAULT_OWNERS.get(field, Owner.NOBODY)
