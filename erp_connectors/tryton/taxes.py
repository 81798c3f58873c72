"""The ERP's sales taxes, by their rate."""

from collections.abc import Sequence
from decimal import Decimal

from erp_connectors.errors import ErpRejected
from erp_connectors.tryton.client import Row, TrytonClient

# Shopify's rates are floats in their source.
TOLERANCE = Decimal("0.005")


class Taxes:
    """Answers which of the ERP's taxes an order's rate is."""

    def __init__(self, client: TrytonClient) -> None:
        self._client = client
        self._rows: list[Row] | None = None

    def all(self) -> list[Row]:
        """Return the sales taxes in percent of the price, read once per connector."""
        if self._rows is None:
            domain = [
                ["type", "=", "percentage"],
                ["group.kind", "in", ["sale", "both"]],
                ["parent", "=", None],
            ]
            self._rows = self._client.search("account.tax", domain, ["name", "rate"])
        return self._rows

    def ids(self, rates: Sequence[Decimal], *, preferred: Sequence[int] = ()) -> list[int]:
        """Return a tax for each rate: the product's own if its rate fits, else the first."""
        return [self._one(rate, preferred) for rate in rates]

    def _one(self, rate: Decimal, preferred: Sequence[int]) -> int:
        fitting = [row["id"] for row in self.all() if abs(row["rate"] * 100 - rate) <= TOLERANCE]
        if not fitting:
            raise ErpRejected(f"Tryton has no sales tax of {rate.normalize():f} %.")
        return int(next((tax for tax in fitting if tax in preferred), fitting[0]))
