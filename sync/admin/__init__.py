"""The screens of staff. Importing this registers them."""

from sync.admin import accounts, calls, differences, jobs, orders, queues, setup, stock

__all__ = ["accounts", "calls", "differences", "jobs", "orders", "queues", "setup", "stock"]
