"""Exact money. A float would lose the last cent, so none may enter."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Self

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An exact amount in one currency. Mixing currencies raises ValueError."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal):
            raise TypeError(f"money takes a Decimal, not {self.amount!r}")
        if not self.amount.is_finite():
            raise ValueError(f"not an amount of money: {self.amount}")
        if len(self.currency) != 3 or not self.currency.isupper() or not self.currency.isalpha():
            raise ValueError(f"not an ISO 4217 code: {self.currency!r}")

    @classmethod
    def zero(cls, currency: str) -> Self:
        return cls(amount=Decimal(0), currency=currency)

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(amount=self.amount + other.amount, currency=self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(amount=self.amount - other.amount, currency=self.currency)

    def times(self, factor: int | Decimal) -> "Money":
        return Money(amount=self.amount * factor, currency=self.currency)

    def rounded(self) -> "Money":
        """Return the amount in whole cents, halves away from zero as invoices do."""
        return Money(
            amount=self.amount.quantize(CENT, rounding=ROUND_HALF_UP), currency=self.currency
        )

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise ValueError(f"cannot mix {self.currency} and {other.currency}")

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyBag:
    """One amount as the shop books it and as the buyer saw it. Never mix the two."""

    shop: Money
    presentment: Money
