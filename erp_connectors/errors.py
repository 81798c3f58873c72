"""Failures a connector may raise.

* ErpError
  - ErpUnavailable      nothing was written: repeat the call later
  - ErpOutcomeUnknown   something may have been written: look before repeating
  - ErpMisconfigured    the connection cannot work as it is set up: a person must act
  - ErpRejected         refused: repeating cannot help, a person must act
    - ErpRecordMissing
"""

from datetime import timedelta


class ErpError(Exception):
    """Base of every failure a connector may raise."""


class ErpUnavailable(ErpError):
    """The ERP did not take the call; the same call may succeed later."""

    def __init__(self, message: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ErpOutcomeUnknown(ErpError):
    """The answer was lost. The write may or may not have happened."""


class ErpMisconfigured(ErpError):
    """Address, credentials or settings are wrong; nothing was written."""


class ErpRejected(ErpError):
    """The ERP understood the call and refused it; repeating it cannot help."""


class ErpRecordMissing(ErpRejected):
    """The record named in the call does not exist in the ERP."""

    def __init__(self, kind: str, key: str) -> None:
        super().__init__(f"the ERP has no {kind} {key!r}")
        self.kind = kind
        self.key = key
