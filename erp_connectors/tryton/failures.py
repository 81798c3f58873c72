"""What Tryton's refusals mean for the caller. Its texts are translated: only names count."""

from datetime import timedelta
from typing import Any

from erp_connectors.errors import (
    ErpError,
    ErpMisconfigured,
    ErpOutcomeUnknown,
    ErpRejected,
    ErpUnavailable,
)

# Questions that an unattended system may answer with yes. Everything else is a person's.
ACKNOWLEDGED = frozenset({"invoice_payment_term"})
TOO_MANY = 429


class TrytonWarning(ErpRejected):
    """Tryton asks "are you sure?". `name` acknowledges this one question."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name

    @property
    def may_be_acknowledged(self) -> bool:
        # "<digest of the record>.<name of the question>"
        return self.name.rpartition(".")[2] in ACKNOWLEDGED


def refusal(error: Any) -> ErpError:
    """Translate the `error` of an answer that came with HTTP 200."""
    name = str(error[0]) if isinstance(error, list) and error else str(error)
    detail = error[1] if isinstance(error, list) and len(error) > 1 else None
    texts = [str(part) for part in detail] if isinstance(detail, list) else [str(detail or "")]
    if name == "UserError":
        return ErpRejected(" ".join(text for text in texts[:2] if text).strip()[:1000])
    if name == "UserWarning":
        return TrytonWarning(texts[0], " ".join(texts[1:3]).strip()[:1000])
    if name == "ConcurrencyException":
        return ErpUnavailable("Tryton: somebody else changed the record at the same moment.")
    if name == "LoginException":
        return ErpMisconfigured("Tryton does not accept this user and password.")
    # A programming error inside Tryton, or a field or model it does not have. The call was
    # rolled back, and repeating it cannot help.
    return ErpRejected(f"Tryton failed on this call: {name[:300]}")


def bad_status(status: int, *, is_write: bool) -> ErpError:
    """Translate an HTTP status other than 200 and 401."""
    if status == TOO_MANY:
        return ErpUnavailable("Tryton: too many attempts.", retry_after=timedelta(minutes=1))
    if status == 404:
        return ErpMisconfigured("Tryton has no such database, or the address is not Tryton's.")
    if status == 503 or (status >= 500 and not is_write):
        return ErpUnavailable(f"Tryton is not available (HTTP {status}).")
    if status >= 500:
        # A gateway says this also when Tryton did the work and its answer came too late.
        return ErpOutcomeUnknown(f"Tryton's answer was lost (HTTP {status}).")
    return ErpMisconfigured(f"Tryton does not allow this call (HTTP {status}).")
