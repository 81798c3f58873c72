"""Failures a call to Shopify may raise.

* ShopifyError
  - ShopifyUnavailable     "slow down" or "not now", and nothing was written: try again later
    - BulkFileUnusable     only another bulk operation helps
  - ShopifyOutcomeUnknown  the answer was lost: repeat with the same key, or look first
  - ShopifyAccessDenied    token or scope is not good enough: a person must act
  - ShopifyRejected        the input is wrong; repeating it cannot help
"""

from dataclasses import dataclass
from datetime import timedelta


class ShopifyError(Exception):
    """Base of every failure a call to Shopify may raise."""


class ShopifyUnavailable(ShopifyError):
    """Shopify did not take the call; the same call may succeed later."""

    def __init__(self, message: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class BulkFileUnusable(ShopifyUnavailable):
    """The file of a complete bulk operation is gone or not whole, and will not heal."""


class ShopifyOutcomeUnknown(ShopifyError):
    """The request left and its answer was lost. It may have been carried out."""


class ShopifyAccessDenied(ShopifyError):
    """Shopify refused our token, or the token lacks a scope."""


class ShopifyRejected(ShopifyError):
    """Shopify understood the call and refused it as a whole."""

    def __init__(self, operation: str, messages: list[str]) -> None:
        super().__init__(f"{operation}: {'; '.join(messages)}")
        self.operation = operation
        self.messages = messages


@dataclass(frozen=True, slots=True, kw_only=True)
class UserError:
    """One reason from `userErrors`. `index` is the offender's place in the input list."""

    message: str
    code: str = ""
    field: tuple[str, ...] = ()

    @property
    def index(self) -> int | None:
        return next((int(part) for part in self.field if part.isdigit()), None)
