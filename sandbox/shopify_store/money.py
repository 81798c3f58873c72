"""Amounts in shop and presentment currency side by side, rounded the way Shopify rounds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import ROUND_HALF_UP, Decimal

import msgspec

CENT = Decimal("0.01")
ZERO = Decimal("0.00")


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


class Pair(msgspec.Struct, frozen=True):
    """One amount of money, in the shop's currency and in the customer's."""

    shop: Decimal = ZERO
    presentment: Decimal = ZERO

    def __add__(self, other: Pair) -> Pair:
        return Pair(self.shop + other.shop, self.presentment + other.presentment)

    def __sub__(self, other: Pair) -> Pair:
        return Pair(self.shop - other.shop, self.presentment - other.presentment)

    def __neg__(self) -> Pair:
        return Pair(-self.shop, -self.presentment)

    def times(self, factor: Decimal | int) -> Pair:
        """Multiply and round to cents."""
        return self.map(lambda amount: amount * factor)

    def map(self, change: Callable[[Decimal], Decimal]) -> Pair:
        return Pair(cents(change(self.shop)), cents(change(self.presentment)))

    def share(self, part: int, whole: int) -> Pair:
        """The part of an amount that belongs to `part` units out of `whole`."""
        if part == whole:
            return self
        return self.map(lambda amount: amount * part / whole) if whole else Pair()


def total(pairs: Iterable[Pair]) -> Pair:
    return sum(pairs, Pair())


def as_money(amount: Decimal | None) -> str | None:
    """The `Money` scalar: always two decimals."""
    return None if amount is None else f"{cents(amount):.2f}"


def as_decimal(amount: Decimal) -> str:
    """The `Decimal` scalar: no trailing zeros, but at least one decimal."""
    text = f"{cents(amount):.2f}"
    return text[:-1] if text.endswith("0") else text
