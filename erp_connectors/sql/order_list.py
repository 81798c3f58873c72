"""The web orders that the ERP holds, page by page, to be compared with the shop's."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from erp_connectors.contract import Page
from erp_connectors.errors import ErpMisconfigured
from erp_connectors.sql import rows
from erp_connectors.sql.config import SqlSettings
from erp_connectors.sql.cursors import DAMAGED
from erp_connectors.sql.session import Call
from erp_connectors.sql.statements import Statements
from mapping.documents import ErpOrderStub, Money

MOST_ROWS = 1000
# An ERP that keeps the day only, or the hour of a zone it does not name, is asked from so
# much earlier on.
A_DAY = timedelta(days=1)


def read(
    call: Call, settings: SqlSettings, *, since: datetime, cursor: str, limit: int
) -> Page[ErpOrderStub]:
    """Return a page of orders, in the order in which they were sold.

    An ERP that does not show when that was lists them as they came in.
    """
    as_of = timezone.now()
    limit = max(1, min(limit, MOST_ROWS))
    ask = Statements(settings, call.absent)
    moment = "placed_at" if "placed_at" in ask.columns("orders") else "received_at"
    place = _read_place(cursor)
    statement = ask.orders_since(moment, goes_on=bool(place))
    values = {"since": since - A_DAY, "limit": limit, **place}
    found = call.connection.execute(statement, values).fetchall()
    call.answer["records"] = len(found)
    more = len(found) >= limit
    stubs = (_stub(row, settings) for row in found if not _is_before(row["placed_at"], since))
    return Page(
        records=tuple(stub for stub in stubs if stub is not None),
        cursor=_write_place(found[-1]) if found else cursor,
        as_of=as_of,
        more=more,
        complete=not more,
    )


def _is_before(moment: Any, since: datetime) -> bool:
    return isinstance(moment, datetime) and moment.tzinfo is not None and moment < since


def _stub(row: Mapping[str, Any], settings: SqlSettings) -> ErpOrderStub | None:
    """Return the order of a row, or nothing for an attempt that has become none."""
    state = rows.text(row["state"])
    if state in (*settings.states.refused, *settings.states.waiting):
        return None
    return ErpOrderStub(
        reference=rows.text(row["reference"]),
        number=rows.text(row["number"]),
        placed_at=rows.moment(row["placed_at"]),
        total=_total(row.get("total"), settings.currency),
        cancelled=state in settings.states.cancelled,
    )


def _total(amount: Any, currency: str) -> Money | None:
    """Return what the order comes to, if it is known: without it, it is an order all the same."""
    try:
        return Money(amount=rows.number(amount, "total"), currency=currency)
    except (rows.BadRow, ArithmeticError):
        return None


def _write_place(row: Mapping[str, Any]) -> str:
    return json.dumps([rows.moment(row["placed_at"]).isoformat(), str(row["reference"])])


def _read_place(text: str) -> dict[str, Any]:
    """Return where the list is to go on, or nothing to begin it."""
    if not text:
        return {}
    try:
        moment, reference = json.loads(text)
        return {"moment": datetime.fromisoformat(moment), "reference": str(reference)}
    except (ValueError, TypeError):
        raise ErpMisconfigured(DAMAGED) from None
