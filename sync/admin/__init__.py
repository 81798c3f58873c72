"""The screens of staff. Importing this registers them."""

from sync.admin import (
    accounts,
    alerts,
    calls,
    destinations,
    differences,
    jobs,
    mass_changes,
    orders,
    queues,
    setup,
    stock,
    stock_rules,
)

__all__ = [
    "accounts",
    "alerts",
    "calls",
    "destinations",
    "differences",
    "jobs",
    "mass_changes",
    "orders",
    "queues",
    "setup",
    "stock",
    "stock_rules",
]
