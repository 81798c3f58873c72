"""Decide what a failure means: try again later, or ask a person."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db import InterfaceError, OperationalError

from erp_connectors.errors import ErpMisconfigured, ErpOutcomeUnknown, ErpRejected, ErpUnavailable
from mapping.reasons import Reason, pack
from shopify_app.errors import (
    ShopifyAccessDenied,
    ShopifyOutcomeUnknown,
    ShopifyRejected,
    ShopifyUnavailable,
)

# Everything else parks. An error must earn its place here: retrying what cannot
# heal hides a bug for hours and spends the other side's rate limit.
RETRYABLE = (
    ErpUnavailable,
    ErpOutcomeUnknown,
    ShopifyUnavailable,
    ShopifyOutcomeUnknown,
    OperationalError,
    InterfaceError,
)

# Quick at first, since most troubles last seconds; then patient for three days, as
# long as a weekend without anybody at the ERP.
DELAYS = [
    timedelta(seconds=seconds)
    for seconds in (1, 2, 4, 8, 15, 30, 60, 300, 900, 1800, 3600, *[4 * 3600] * 17)
]


class SetAside(Exception):
    """A record cannot go on until a person has acted. `code` groups equal reasons."""

    def __init__(self, code: str, *reasons: Reason) -> None:
        super().__init__(pack(reasons))
        self.code = code

    @classmethod
    def because_they_said(cls, code: str, answers: Iterable[str]) -> "SetAside":
        """Set aside for what Shopify or the ERP answered, in their words."""
        return cls(code, *(Reason(each) for each in answers))


class NotYet(Exception):
    """Something this record needs is on its way; look again soon, without counting."""

    def __init__(self, reason: str, *, seconds: int = 2) -> None:
        super().__init__(reason)
        self.delay = timedelta(seconds=seconds)


class NotNeeded(Exception):
    """There turned out to be nothing to do; the reason stands beside the row."""


@dataclass(frozen=True, slots=True)
class RetryIn:
    delay: timedelta


@dataclass(frozen=True, slots=True)
class Park:
    code: str


_CODES: tuple[tuple[type[Exception], str], ...] = (
    (ShopifyAccessDenied, "shopify_access"),
    (ShopifyRejected, "shopify_refused"),
    (ErpMisconfigured, "erp_setup"),
    (ErpRejected, "erp_refused"),
)


def decide(error: Exception, *, attempts: int) -> RetryIn | Park:
    """Return what to do with a row after its `attempts`-th try failed."""
    if isinstance(error, SetAside):
        return Park(error.code)
    if not isinstance(error, RETRYABLE):
        return Park(next((code for kind, code in _CODES if isinstance(error, kind)), "error"))
    if attempts > len(DELAYS):
        return Park("gave_up")
    asked = getattr(error, "retry_after", None) or timedelta()
    # Spread out, or rows that failed together would come back together.
    return RetryIn(max(asked, DELAYS[attempts - 1] * random.uniform(0.75, 1.25)))  # noqa: S311
