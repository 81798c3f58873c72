"""What should wake somebody: looked for, written down, and over when it is over."""

from sync.alarms.ledger import acknowledge, settle
from sync.alarms.shown import OpenAlert, count_open, open_alerts
from sync.alarms.watch import look, watch

__all__ = [
    "OpenAlert",
    "acknowledge",
    "count_open",
    "look",
    "open_alerts",
    "settle",
    "watch",
]
