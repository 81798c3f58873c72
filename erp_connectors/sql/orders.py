"""Leave orders in the ERP's staging tables, once, and read what it made of them."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql

from erp_connectors.contract import Found, Lookup, Pushed, PushResult
from erp_connectors.errors import (
    ErpError,
    ErpOutcomeUnknown,
    ErpRejected,
    ErpUnavailable,
)
from erp_connectors.sql import staging
from erp_connectors.sql.config import SqlSettings
from erp_connectors.sql.session import Call, Connection, Session
from erp_connectors.sql.statements import Statements
from mapping.documents import ErpOrder, Money, Order

Row = dict[str, Any]
SECONDS_BETWEEN_LOOKS = 0.05
# Someone else may be entering the same order at this moment; we wait this long for the end.
SECONDS_FOR_THE_OTHER = 3
LOST = "The connection was lost while the ERP took the order: it must be looked up."
NOT_YET = "The ERP has taken the order in but has not worked on it yet."


class Orders:
    """Orders of one ERP.

    Whoever enters, cancels or looks up an order first takes a lock of the ERP's database
    that bears the order's reference. So a lookup never says "not there" while a lost
    attempt is still under way, and one order is never entered twice by us, even where the
    ERP itself would take it.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._settings: SqlSettings = session.settings
        # Not every ERP shows when an order was sold, and a lookup has no need of it.
        self._ask = Statements(session.settings, frozenset({("orders", "placed_at")}))

    def push(self, order: Order, *, key: str) -> PushResult:
        try:
            with self._session.call("push_order", key=key, writes=True) as call:
                return self._push(call, order)
        except ErpRejected as refusal:
            return PushResult(outcome=Pushed.REJECTED, message=str(refusal))
        except ErpOutcomeUnknown as doubt:
            return PushResult(outcome=Pushed.UNKNOWN, message=str(doubt))

    def lookup(self, reference: str) -> Lookup:
        if not self._settings.looks_up_orders:
            return Lookup(
                found=Found.UNKNOWN, reason="This ERP does not show the references of its orders."
            )
        try:
            with (
                self._session.call("lookup_order", key=reference) as call,
                call.connection.transaction(),
            ):
                self._lock(call.connection, reference)
                return self._read(call.connection, reference)
        except ErpError as error:
            return Lookup(found=Found.UNKNOWN, reason=str(error))

    def cancel(self, reference: str, *, reason: str) -> PushResult:
        if not (self._settings.cancels_orders and self._settings.looks_up_orders):
            return PushResult(
                outcome=Pushed.REJECTED, message="This ERP takes no cancellations from us."
            )
        try:
            with self._session.call("cancel_order", key=reference, writes=True) as call:
                return self._cancel(call, reference, reason)
        except ErpRejected as refusal:
            return PushResult(outcome=Pushed.REJECTED, message=str(refusal))
        except ErpOutcomeUnknown as doubt:
            return PushResult(outcome=Pushed.UNKNOWN, message=str(doubt))

    def _push(self, call: Call, order: Order) -> PushResult:
        header, lines = staging.rows(order, batch=uuid4())
        try:
            with self._entering(call, order.reference):
                before = self._read(call.connection, order.reference)
                if before.found is Found.FOUND:
                    return PushResult(outcome=Pushed.ALREADY, order=before.order)
                if before.found is Found.UNKNOWN:
                    raise ErpOutcomeUnknown(before.reason)
                self._insert(call.connection, "orders", "staged_order", [header])
                self._insert(call.connection, "lines", "staged_line", lines)
        except psycopg.errors.UniqueViolation:
            # Someone who takes no lock was faster.
            return self._after(call, order.reference, Pushed.ALREADY)
        return self._after(call, order.reference, Pushed.ACCEPTED)

    def _cancel(self, call: Call, reference: str, reason: str) -> PushResult:
        with self._entering(call, reference):
            before = self._read(call.connection, reference)
            if before.order is None:
                raise ErpRejected("The ERP holds no such order.")
            if before.order.cancelled:
                return PushResult(outcome=Pushed.ALREADY, order=before.order)
            row = {"reference": reference, "reason": reason[:500]}
            self._insert(call.connection, "cancellations", "staged_cancellation", [row])
        with self._reading_back():
            for found in self._until_settled(call.connection, reference):
                if state := self._chosen(found):
                    if state["state"] in self._settings.states.cancelled:
                        return PushResult(outcome=Pushed.ACCEPTED, order=self._order(state))
                    if state["message"]:
                        raise ErpRejected(state["message"])
        raise ErpOutcomeUnknown("The ERP has not worked on the cancellation yet.")

    @contextmanager
    def _entering(self, call: Call, reference: str) -> Iterator[None]:
        """Hold a transaction and the order's lock. A commit without an answer is UNKNOWN."""
        committing = False
        try:
            with call.connection.transaction():
                self._lock(call.connection, reference)
                yield
                committing = True
        except psycopg.Error as error:
            if committing and _may_have_committed(call.connection, error):
                raise ErpOutcomeUnknown(LOST) from None
            raise

    def _after(self, call: Call, reference: str, outcome: Pushed) -> PushResult:
        """Say what the ERP made of an order that lies in its staging table for certain."""
        with self._reading_back():
            for found in self._until_settled(call.connection, reference):
                answer = self._reading(found)
                if answer.order is not None:
                    call.answer["number"] = answer.order.number
                    return PushResult(outcome=outcome, order=answer.order)
                if answer.found is Found.NOT_FOUND and answer.reason:
                    raise ErpRejected(answer.reason)
        raise ErpOutcomeUnknown(NOT_YET)

    @staticmethod
    @contextmanager
    def _reading_back() -> Iterator[None]:
        try:
            yield
        except psycopg.Error:
            raise ErpOutcomeUnknown(LOST) from None

    def _until_settled(self, connection: Connection, reference: str) -> Iterator[list[Row]]:
        """Return the order's rows again and again, for as long as an ERP may need."""
        end = time.monotonic() + self._settings.settle_seconds
        yield self._rows(connection, reference)
        while time.monotonic() < end:
            time.sleep(SECONDS_BETWEEN_LOOKS)
            yield self._rows(connection, reference)

    def _lock(self, connection: Connection, reference: str) -> None:
        connection.execute(
            "SELECT set_config('lock_timeout', %s, true)", [f"{SECONDS_FOR_THE_OTHER}s"]
        )
        try:
            connection.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended('puente ' || %s, 0))", [reference]
            )
        except psycopg.errors.LockNotAvailable:
            raise ErpUnavailable("The ERP is still busy with this very order.") from None

    def _insert(
        self, connection: Connection, table: str, of: str, rows: Sequence[Mapping[str, Any]]
    ) -> None:
        columns = self._settings.columns_of(of)
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            sql.Identifier(*self._settings.stage(table)),
            sql.SQL(", ").join(map(sql.Identifier, columns.values())),
            sql.SQL(", ").join(map(sql.Placeholder, columns)),
        )
        with connection.cursor() as cursor:
            cursor.executemany(statement, [{name: row[name] for name in columns} for row in rows])

    def _read(self, connection: Connection, reference: str) -> Lookup:
        return self._reading(self._rows(connection, reference))

    def _rows(self, connection: Connection, reference: str) -> list[Row]:
        ordered = "received_at" if "received_at" in self._ask.columns("orders") else "number"
        statement = self._ask.named("orders", "reference", order=(ordered,))
        found = connection.execute(statement, [[reference]]).fetchall()
        return [{**row, "state": str(row["state"]).strip()} for row in found]

    def _chosen(self, found: list[Row]) -> Row | None:
        """Return the attempt that counts: the first that was not refused, else the last."""
        refused = self._settings.states.refused
        live = [row for row in found if row["state"] not in refused]
        return live[0] if live else found[-1] if found else None

    def _reading(self, found: list[Row]) -> Lookup:
        row = self._chosen(found)
        if row is None:
            return Lookup(found=Found.NOT_FOUND)
        if row["state"] in self._settings.states.refused:
            reason = (
                str(row.get("message") or "") or "The ERP refused the order and gave no reason."
            )
            return Lookup(found=Found.NOT_FOUND, reason=reason)
        if row["state"] in self._settings.states.waiting:
            return Lookup(found=Found.UNKNOWN, reason=NOT_YET)
        return Lookup(found=Found.FOUND, order=self._order(row))

    def _order(self, row: Row) -> ErpOrder:
        return ErpOrder(
            number=str(row["number"]).strip(),
            id=str(row.get("id") or row["number"]).strip(),
            total=self._money(row.get("total")),
            tax_total=self._money(row.get("tax_total")),
            rounding=self._money(row.get("rounding")),
            cancelled=row["state"] in self._settings.states.cancelled,
        )

    def _money(self, amount: Any) -> Money | None:
        if amount is None:
            return None
        return Money(amount=Decimal(str(amount)), currency=self._settings.currency)


def _may_have_committed(connection: Connection, error: psycopg.Error) -> bool:
    """Say whether a failed commit may have happened all the same.

    A server that names an error of the transaction has undone it. One that goes away, or
    is told to shut down, has said nothing.
    """
    return connection.broken or error.sqlstate is None or error.sqlstate[:2] in {"08", "57"}
