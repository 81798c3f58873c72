"""One connection to the ERP's database: opened when needed, replaced when broken, timed."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from django.utils import timezone

from erp_connectors import network
from erp_connectors.errors import (
    ErpError,
    ErpMisconfigured,
    ErpOutcomeUnknown,
    ErpRejected,
    ErpUnavailable,
)
from erp_connectors.sql.config import SqlSettings
from erp_connectors.sql.optional import NOTHING, Absent, absent
from mapping.documents import CallRecord, Recorder

Connection = psycopg.Connection[dict[str, Any]]
OUTCOMES: tuple[tuple[type[ErpError], str], ...] = (
    (ErpOutcomeUnknown, "unknown"),
    (ErpUnavailable, "unavailable"),
    (ErpError, "refused"),
)

errors = psycopg.errors
# They say that the connection was set up wrongly, so a person must act. The text is ours:
# the server's own would quote names, hosts and statements.
MISCONFIGURED: tuple[tuple[type[psycopg.Error], str], ...] = (
    (errors.InvalidPassword, "The ERP does not accept the user or the password."),
    (errors.InvalidAuthorizationSpecification, "The ERP does not accept the user."),
    (errors.InvalidCatalogName, "The ERP has no database of that name."),
    (errors.InsufficientPrivilege, "The ERP does not allow its user to do this"),
    (errors.UndefinedTable, "The ERP has no such view or table"),
    (errors.UndefinedColumn, "The ERP's view has no such column"),
    (errors.UndefinedFunction, "A column of the ERP's view has an unexpected type"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """The connection, lent for one call, and room for a few words on how it went."""

    connection: Connection
    answer: dict[str, Any]
    absent: Absent = NOTHING


class Session:
    """Calls to one ERP database. Not shared between threads."""

    def __init__(self, settings: SqlSettings, password: str, record: Recorder) -> None:
        self.settings = settings
        self._password = password
        self._record = record
        self._connection: Connection | None = None
        self._absent = NOTHING

    @contextmanager
    def call(self, operation: str, *, key: str = "", writes: bool = False) -> Iterator[Call]:
        """Lend the connection for one call, record how it went, and speak our errors.

        Outside `connection.transaction()` each statement is its own read-only
        transaction: one that stayed open would go on seeing the past.
        """
        started_at, clock = timezone.now(), time.monotonic()
        answer: dict[str, Any] = {}
        failure: ErpError | None = None
        try:
            with _our_errors():
                connection = self._open(writes=writes)
                yield Call(connection=connection, answer=answer, absent=self._absent)
        except ErpError as error:
            failure = error
            raise
        finally:
            if self._connection is not None and self._connection.broken:
                self.close()
            self._record(
                CallRecord(
                    system="erp",
                    operation=operation,
                    started_at=started_at,
                    milliseconds=round((time.monotonic() - clock) * 1000),
                    outcome=_outcome(failure),
                    is_write=writes,
                    idempotency_key=key,
                    error=str(failure or ""),
                    answer=answer,
                )
            )

    def close(self) -> None:
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.close()
            self._connection = None

    def _open(self, *, writes: bool) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = _connect(self.settings, self._password)
            self._absent = absent(self._connection, self.settings)
        self._connection.read_only = not writes
        return self._connection


def _outcome(failure: ErpError | None) -> str:
    if failure is None:
        return "ok"
    return next(name for kind, name in OUTCOMES if isinstance(failure, kind))


def _connect(settings: SqlSettings, password: str) -> Connection:
    return psycopg.connect(
        _address(settings, password), autocommit=True, row_factory=psycopg.rows.dict_row
    )


def _address(settings: SqlSettings, password: str) -> str:
    milliseconds = round(settings.statement_timeout * 1000)
    # A lost client must not leave an order half-way, nor its lock, for hours.
    limits = ("statement_timeout", "idle_in_transaction_session_timeout", "lock_timeout")
    options = " ".join(f"-c {name}={milliseconds}" for name in limits)
    return psycopg.conninfo.make_conninfo(
        **_host(settings),
        port=settings.port,
        dbname=settings.dbname,
        user=settings.user,
        password=password or None,
        # No password from a file of this machine.
        passfile="/dev/null",
        sslmode=settings.sslmode,
        connect_timeout=settings.connect_timeout,
        application_name="Puente",
        # Read-only, unless a transaction says otherwise as it begins: see `orders`.
        options=f"{options} -c timezone=UTC -c default_transaction_read_only=on",
        keepalives_idle=30,
        tcp_user_timeout=milliseconds + 5000,
    )


def _host(settings: SqlSettings) -> dict[str, str]:
    if settings.host.startswith(("/", "@")):
        return {"host": network.check_socket(settings.host)}
    pinned = network.pin_host(settings.host, settings.port)
    # Both: the address to call, and the name its certificate must bear.
    return {"host": pinned.host, "hostaddr": pinned.ip}


@contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise translate(error) from None


def translate(error: psycopg.Error) -> ErpError:
    """Say in our words what a database error means for the caller.

    Only for calls that cannot have written: a lost commit is the caller's to notice.
    """
    for kind, text in MISCONFIGURED:
        if isinstance(error, kind):
            return ErpMisconfigured(_with_object(text, error))
    if isinstance(error, errors.IntegrityError | errors.DataError):
        return ErpRejected(_with_object("The ERP's tables refuse the values", error))
    if isinstance(error, errors.ReadOnlySqlTransaction):
        return ErpMisconfigured("The ERP's database allows no writing here.")
    if isinstance(error, errors.QueryCanceled | errors.LockNotAvailable):
        return ErpUnavailable("The ERP takes too long to answer.")
    if isinstance(error, psycopg.OperationalError):
        return _translate_connection(error)
    return ErpUnavailable(f"The ERP's database failed ({type(error).__name__}).")


def _translate_connection(error: psycopg.OperationalError) -> ErpError:
    # While connecting, libpq gives no code but a text.
    text = str(error)
    if "password authentication failed" in text or "no password supplied" in text:
        return ErpMisconfigured("The ERP does not accept the user or the password.")
    if "database" in text and "does not exist" in text:
        return ErpMisconfigured("The ERP has no database of that name.")
    if "role" in text and "does not exist" in text:
        return ErpMisconfigured("The ERP does not know the user.")
    if "permission denied for database" in text or "no pg_hba.conf entry" in text:
        return ErpMisconfigured("The ERP does not let its user connect.")
    return ErpUnavailable("The ERP's database cannot be reached.")


def _with_object(text: str, error: psycopg.Error) -> str:
    """Add the server's first line where the user needs the name that is wrong."""
    if error.diag.message_primary is None or text.endswith("."):
        return text
    return f"{text}: {error.diag.message_primary[:200]}."
