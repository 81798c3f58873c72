"""Resolvers on the real types. Importing this package registers them all."""

from . import (
    bulk_fields,
    catalogue_fields,
    catalogue_writes,
    common,
    customer_fields,
    fulfilment_fields,
    inventory_fields,
    order_fields,
    order_parts,
    order_writes,
    shop_fields,
    webhook_fields,
)

__all__ = [
    "bulk_fields",
    "catalogue_fields",
    "catalogue_writes",
    "common",
    "customer_fields",
    "fulfilment_fields",
    "inventory_fields",
    "order_fields",
    "order_parts",
    "order_writes",
    "shop_fields",
    "webhook_fields",
]
