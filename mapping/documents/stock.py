"""Stock as an ERP counts it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class StockLevel:
    """How much of one item one warehouse has, and when that was true.

    Quantities may be fractions (metres, kilos) and `free` may be negative: some
    ERPs oversell on purpose, and hiding it here would make a difference nobody can
    explain. `as_of` is not later than the moment the ERP read its figures.
    """

    sku: str
    warehouse: str
    on_hand: Decimal
    as_of: datetime
    reserved: Decimal = Decimal(0)
    blocked: Decimal = Decimal(0)
    incoming: Decimal = Decimal(0)

    @property
    def free(self) -> Decimal:
        return self.on_hand - self.reserved - self.blocked
