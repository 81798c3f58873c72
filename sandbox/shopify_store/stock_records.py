"""Stock as it is remembered: levels, and the groups of changes that mutations made."""

from __future__ import annotations

from datetime import datetime

import msgspec

from .base_record import Record

STATES = (
    "available",
    "committed",
    "incoming",
    "reserved",
    "damaged",
    "safety_stock",
    "quality_control",
)
QUANTITIES = (*STATES, "on_hand")


class Level(Record, gc=False):
    """Units of one item at one location. On hand is not stored: it is the sum of its parts.

    A shop may have a million of these: no dictionary in it until a quantity changes.
    """

    item_id: int
    location_id: int
    active: bool = True
    available: int = 0
    committed: int = 0
    incoming: int = 0
    reserved: int = 0
    damaged: int = 0
    safety_stock: int = 0
    quality_control: int = 0
    changed_at: dict[str, datetime] | None = None

    @property
    def on_hand(self) -> int:
        return (
            self.available
            + self.committed
            + self.reserved
            + self.damaged
            + self.safety_stock
            + self.quality_control
        )

    def quantity(self, name: str) -> int:
        held: int = getattr(self, name)
        return held

    def put(self, name: str, quantity: int, now: datetime) -> None:
        setattr(self, name, quantity)
        self.stamp(name, now)

    def stamp(self, name: str, now: datetime) -> None:
        if self.changed_at is None:
            self.changed_at = {}
        self.changed_at[name] = now


class AdjustmentChange(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    item_id: int
    location_id: int
    name: str
    delta: int
    ledger: str | None = None


class AdjustmentGroup(msgspec.Struct, kw_only=True):
    id: int
    created_at: datetime
    reason: str
    changes: list[AdjustmentChange]
    reference: str | None = None
