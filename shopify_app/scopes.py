"""The access scopes that our documents need: no more, no fewer.

`check_shopify_schema` proves it. A write scope includes reading. Orders older than 60
days would need read_all_orders as well; nothing here reads them.
"""

SCOPES: tuple[str, ...] = (
    "read_customers",
    "read_locations",
    "read_orders",
    "write_inventory",
    "write_merchant_managed_fulfillment_orders",
    "write_products",
    "write_publications",
)


def includes(granted: str, needed: str) -> bool:
    return granted == needed or granted == needed.replace("read_", "write_", 1)


def missing(granted: str) -> list[str]:
    """Return the scopes we need that a token with these (comma-separated) lacks."""
    have = [scope.strip() for scope in granted.split(",")]
    return [need for need in SCOPES if not any(includes(each, need) for each in have)]
