"""What an answer from the Admin API means: its data, or which failure it is. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec
from django.utils.translation import gettext_lazy as _

from shopify_app.documents import Document
from shopify_app.errors import (
    ShopifyAccessDenied,
    ShopifyError,
    ShopifyOutcomeUnknown,
    ShopifyRejected,
    ShopifyUnavailable,
)
from shopify_app.transport import Response

# A person must act: pay, reopen, reinstall, grant. The words are for that person.
_CLOSED_DOORS = {
    402: _("the store is frozen until its bill is paid"),
    403: _("Shopify refuses this app in this store"),
    404: _("there is no such store, or it does not know this API version"),
    423: _("the store is locked"),
}
_LONGEST_MESSAGE = 300


class TokenRefused(ShopifyAccessDenied):
    """Shopify does not accept our token (any more). Nothing was done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A body that could be read, and its price. `throttle` is empty if Shopify sent none."""

    body: dict[str, Any]
    request_id: str = ""
    actual_cost: float | None = None
    throttle: dict[str, Any] | None = None


def lost(document: Document, reason: str) -> ShopifyError:
    """Return the failure that fits a call whose answer cannot be known."""
    message = f"{document.name}: {reason}"
    return ShopifyOutcomeUnknown(message) if document.is_write else ShopifyUnavailable(message)


def open_answer(document: Document, response: Response) -> Answer:
    """Return the body of an answer, or raise what its status says."""
    if response.status != 200:
        raise _from_status(document, response)
    try:
        body = msgspec.json.decode(response.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise lost(document, "the answer is not whole JSON") from None
    if not isinstance(body, dict):
        raise lost(document, "the answer is not an object")
    cost = _dict(_dict(body.get("extensions")).get("cost"))
    throttle = _dict(cost.get("throttleStatus"))
    actual = cost.get("actualQueryCost")
    return Answer(
        body=body,
        request_id=response.headers.get("X-Request-ID", "")[:100],
        actual_cost=float(actual) if isinstance(actual, int | float) else None,
        throttle=throttle if _is_throttle(throttle) else None,
    )


def data_of(document: Document, answer: Answer) -> dict[str, Any]:
    """Return the data of an answer, or raise what its errors say."""
    data = answer.body.get("data")
    if errors := answer.body.get("errors"):
        raise _from_errors(document, errors if isinstance(errors, list) else [errors], answer)
    if warnings := _search_warnings(answer.body):
        # Shopify ignores a filter it does not understand, and then everything matches.
        raise ShopifyRejected(document.name, warnings)
    if not isinstance(data, dict):
        raise lost(document, "the answer holds no data")
    return data


def user_errors(document: Document, data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the refusals inside a write's payload."""
    if not document.is_write:
        return []
    payload = _dict(next(iter(data.values()), None))
    found: list[dict[str, Any]] = payload.get("userErrors") or []
    return found


def _from_status(document: Document, response: Response) -> ShopifyError:
    status = response.status
    message = f"{document.name}: HTTP {status}"
    if status == 401:
        return TokenRefused(f"{message}: the store no longer accepts our token")
    if status in {429, 430}:
        return ShopifyUnavailable(message, retry_after=_retry_after(response))
    if status in _CLOSED_DOORS:
        return ShopifyAccessDenied(f"{message}: {_CLOSED_DOORS[status]}")
    if 300 <= status < 400:
        return ShopifyAccessDenied(f"{message}: the store answers from another address")
    if 400 <= status < 500:
        return ShopifyRejected(document.name, [f"HTTP {status}"])
    return lost(document, f"HTTP {status}")


def _from_errors(document: Document, errors: list[Any], answer: Answer) -> ShopifyError:
    messages = [str(_dict(error).get("message", error))[:_LONGEST_MESSAGE] for error in errors]
    codes = {_dict(_dict(error).get("extensions")).get("code") for error in errors}
    data = answer.body.get("data")
    if document.is_write and any(_dict(data).values()):
        return ShopifyOutcomeUnknown(f"{document.name}: half done: {'; '.join(messages)}")
    if "THROTTLED" in codes:
        return _throttled(document, answer)
    if "ACCESS_DENIED" in codes:
        return ShopifyAccessDenied(f"{document.name}: {'; '.join(messages)}")
    if codes & {"INTERNAL_SERVER_ERROR", "TIMEOUT"}:
        return lost(document, "; ".join(messages))
    return ShopifyRejected(document.name, messages)


def _throttled(document: Document, answer: Answer) -> ShopifyError:
    # Nobody promises that a throttled write did not run. With a key a repeat is harmless.
    if document.is_write and not document.is_keyed:
        return ShopifyOutcomeUnknown(f"{document.name}: throttled")
    wait = 1.0
    if throttle := answer.throttle:
        requested = _dict(_dict(answer.body["extensions"])["cost"]).get("requestedQueryCost")
        lacking = float(requested or 0) - float(throttle["currentlyAvailable"])
        wait = max(wait, lacking / max(1.0, float(throttle["restoreRate"])))
    return ShopifyUnavailable(
        f"{document.name}: throttled", retry_after=timedelta(seconds=min(wait, 60))
    )


def _retry_after(response: Response) -> timedelta:
    try:
        seconds = float(response.headers.get("Retry-After", "2"))
    except ValueError:
        seconds = 2
    # nan compares false with everything, and so becomes the default as well.
    return timedelta(seconds=seconds if 0 <= seconds <= 3600 else 2)


def _search_warnings(body: dict[str, Any]) -> list[str]:
    searches = _dict(body.get("extensions")).get("search")
    return [
        f"search: {_dict(warning).get('message') or _dict(warning).get('code')}"
        for search in (searches if isinstance(searches, list) else [])
        for warning in _dict(search).get("warnings") or []
    ]


def _is_throttle(value: dict[str, Any]) -> bool:
    names = ("maximumAvailable", "currentlyAvailable", "restoreRate")
    return all(isinstance(value.get(name), int | float) for name in names)


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
