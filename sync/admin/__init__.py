"""The screens of staff. Importing this registers them."""

from sync.admin import accounts, jobs, orders, queues, setup, stock

__all__ = ["accounts", "jobs", "orders", "queues", "setup", "stock"]
