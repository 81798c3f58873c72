"""A checker that cannot fail proves nothing: spoil a recorded run, one promise at a time.

The record is that of a minute of soak: orders, shipments and cancellations under faults.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.soak.checker import check
from tests.soak.record import Record

RECORDED = Path(__file__).with_name("recorded.json.gz")
WINDOW = 6.0


@pytest.fixture
def record() -> Record:
    return Record.load(RECORDED)


def test_the_recorded_run_kept_every_promise(record: Record) -> None:
    found = check(record, window=WINDOW)

    assert len(found) == 9
    assert not any(found.values()), found


def _a_sale(record: Record) -> dict[str, Any]:
    return next(each for each in record.shop_orders if not each["cancelled_at"])


def _lose_an_order(record: Record) -> None:
    lost = f"{record.domain}/{_a_sale(record)['id']}"
    record.erp_orders = [e for e in record.erp_orders if e["referencia_web"] != lost]


def _forget_a_cancellation(record: Record) -> None:
    next(e for e in record.erp_orders if e["estado"] == "ANULADO")["estado"] = "PENDIENTE"


def _book_twice(record: Record) -> None:
    record.erp_orders.append({**record.erp_orders[0], "numero": "P-2"})


def _book_a_cent_more(record: Record) -> None:
    record.erp_orders[0]["total"] = "0.01"


def _book_one_unit_more(record: Record) -> None:
    record.erp_lines[0]["cantidad"] += 1


def _tell_a_shipment_twice(record: Record) -> None:
    shipped = next(each for each in record.shop_orders if each["fulfillments"])
    shipped["fulfillments"] *= 2


def _deduct_once_more(record: Record) -> None:
    row = next(e for e in record.erp_stock if e["sku"] == record.erp_lines[0]["sku"])
    row["fisico"] -= 1


def _levels(record: Record) -> list[dict[str, Any]]:
    return [e for e in record.log if e["kind"] == "level" and e["name"] == "available"]


def _offer_what_never_was(record: Record) -> None:
    """As a bridge does that sets the ERP's figure and forgets the orders on their way."""
    _levels(record)[-1]["after"] += 50


def _never_lower_again(record: Record) -> None:
    """As a bridge does whose writes stop while the ERP goes on selling."""
    level = max(_levels(record), key=lambda each: int(each["after"]))
    late = datetime.fromisoformat(record.log[-1]["at"]) + timedelta(minutes=10)
    place = (level["sku"], level["location"])
    record.log = [
        e for e in record.log if (e.get("sku"), e.get("location")) != place or e["n"] <= level["n"]
    ]
    record.log[-1]["at"] = late.isoformat()
    for row in (*record.erp_stock_history,):
        if row["sku"] == level["sku"]:
            last = row
    record.erp_stock_history.append(
        {**last, "xid": "0", "en": (late - timedelta(minutes=5)).isoformat(), "fisico": 0}
    )


def _show_one_more(record: Record) -> None:
    record.variants[0]["levels"][0]["available"] += 1


def _ask_another_price(record: Record) -> None:
    record.variants[0]["price"] = "0.01"


def _write_into_the_quiet(record: Record) -> None:
    last = record.log[-1]
    write = {"kind": "api", "mutation": True, "executed": True, "operation": "SetQuantities"}
    record.log.append({**write, "n": last["n"], "at": last["at"]})


def _lose_a_notice(record: Record) -> None:
    delivered = {e["webhook_id"] for e in record.log if e.get("outcome") == "delivered"}
    record.inbox = [row for row in record.inbox if row["message_id"] not in delivered]


def _leave_work_lying(record: Record) -> None:
    record.outbox[0]["status"] = "running"


def _set_something_aside(record: Record) -> None:
    record.inbox[0]["status"] = "parked"


@pytest.mark.parametrize(
    ("spoil", "promise"),
    [
        (_lose_an_order, "I1 no lost order"),
        (_forget_a_cancellation, "I1 no lost order"),
        (_book_twice, "I2 no duplicate"),
        (_book_a_cent_more, "I2 no duplicate"),
        (_book_one_unit_more, "I2 no duplicate"),
        (_tell_a_shipment_twice, "I2 no duplicate fulfilment"),
        (_deduct_once_more, "I3 no double deduction"),
        (_offer_what_never_was, "I4 no oversale"),
        (_never_lower_again, "I4 no oversale"),
        (_show_one_more, "I5 convergence"),
        (_ask_another_price, "I5 convergence"),
        (_write_into_the_quiet, "I6 silence"),
        (_lose_a_notice, "I7 all accounted for"),
        (_leave_work_lying, "I7 all accounted for"),
        (_set_something_aside, "I7 nothing set aside"),
    ],
)
def test_a_broken_promise_is_found(
    record: Record, spoil: Callable[[Record], None], promise: str
) -> None:
    spoil(record)

    assert check(record, window=WINDOW)[promise]


def test_an_outage_excuses_what_was_true_before_it(record: Record) -> None:
    _never_lower_again(record)
    end = datetime.fromisoformat(record.log[-1]["at"]).timestamp()
    record.outages.append((end - 3600, end))

    assert not check(record, window=WINDOW)["I4 no oversale"]


def test_an_outage_does_not_excuse_what_never_was(record: Record) -> None:
    at = datetime.fromisoformat(_levels(record)[-1]["at"]).timestamp()
    _offer_what_never_was(record)
    record.outages.append((at - 1, at + 1))

    assert check(record, window=WINDOW)["I4 no oversale"]
