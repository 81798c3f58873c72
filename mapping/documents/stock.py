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
    `changed_at` is the ERP's own stamp of the change, if it keeps one. It serves to
    measure delay and nothing else: an ERP's clock never puts figures in order.
    """

    sku: str
    warehouse: str
    on_hand: Decimal
    as_of: datetime
    reserved: Decimal = Decimal(0)
    blocked: Decimal = Decimal(0)
    incoming: Decimal = Decimal(0)
    changed_at: datetime | None = None

    @property
    def free(self) -> Decimal:
        return self.on_hand - self.reserved - self.blocked
