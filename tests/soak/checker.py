"""Judge a record: what the bridge promised, computed afresh from what both sides tell.

Shares no code with the bridge. Each check returns its findings; no findings, no complaint.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from tests.soak.record import Record
from tests.soak.shelf import unexplained

FINISHED = {"done", "superseded", "ignored", "parked"}


def check(record: Record, *, window: float) -> dict[str, list[str]]:
    """Return the findings of every invariant, by its name."""
    found = {name: list(judge(record)) for name, judge in _CHECKS.items()}
    found["I4 no oversale"] = list(unexplained(record, window=window))
    return found


def _reference(record: Record, order: dict[str, Any]) -> str:
    return f"{record.domain}/{order['id']}"


def _nothing_lost(record: Record) -> Iterator[str]:
    """Every order of the store is in the ERP; a cancelled one is not open there."""
    booked = {each["referencia_web"]: each for each in record.erp_orders}
    for order in record.shop_orders:
        row = booked.get(_reference(record, order))
        if row is None and not order["cancelled_at"]:
            yield f"{order['name']} is not in the ERP"
        elif row and order["cancelled_at"] and row["estado"] != "ANULADO":
            yield f"{order['name']} is cancelled and {row['numero']} is {row['estado']}"
        elif row and not order["cancelled_at"] and row["estado"] == "ANULADO":
            yield f"{order['name']} stands and {row['numero']} is cancelled"


def _nothing_doubled(record: Record) -> Iterator[str]:
    """One ERP order for each, of the same goods and total; one fulfilment for each note."""
    times = Counter(each["referencia_web"] for each in record.erp_orders)
    yield from (f"{name} is in the ERP {n} times" for name, n in times.items() if n > 1)
    goods: dict[str, Counter[str]] = defaultdict(Counter)
    for line in record.erp_lines:
        goods[line["referencia_web"]][line["sku"]] += line["cantidad"]
    totals = {each["referencia_web"]: each["total"] for each in record.erp_orders}
    known = set()
    for order in record.shop_orders:
        name = _reference(record, order)
        known.add(name)
        if name not in totals:
            continue
        ordered: Counter[str] = Counter()
        for line in order["lines"]:
            ordered[line["sku"]] += line["quantity"]
        if ordered != goods[name]:
            yield f"{order['name']}: {dict(ordered)} was sold, {dict(goods[name])} is booked"
        if order["total"] != totals[name]:
            yield f"{order['name']}: {order['total']} was paid, {totals[name]} is booked"
    yield from (f"{name} is in no store" for name in totals.keys() - known)


def _shipments_told_once(record: Record) -> Iterator[str]:
    notes: dict[str, list[str]] = defaultdict(list)
    for note in record.erp_notes:
        notes[note["referencia_web"]].append(note["seguimiento"])
    for order in record.shop_orders:
        shown = [label["number"] for each in order["fulfillments"] for label in each["tracking"]]
        if sorted(shown) != sorted(notes[_reference(record, order)]):
            sent = notes[_reference(record, order)]
            yield f"{order['name']}: sent as {sent}, told as {shown}"


def _nothing_deducted_twice(record: Record) -> Iterator[str]:
    """Stock is what it began with, what staff moved, and what web orders took; no more."""
    first: dict[tuple[str, str], dict[str, Any]] = {}
    for row in record.erp_stock_history:
        first.setdefault((row["sku"], row["almacen"]), row)
    moved = {(row["sku"], row["almacen"]): row["unidades"] for row in record.staff_moves}
    sent: Counter[tuple[str, str]] = Counter()
    reserved: Counter[tuple[str, str]] = Counter()
    for line in record.erp_lines:
        place = (line["sku"], line["almacen"])
        sent[place] += line["servida"]
        if line["estado"] != "ANULADO":
            reserved[place] += line["cantidad"] - line["servida"]
    for row in record.erp_stock:
        place = (row["sku"], row["almacen"])
        was = first[place]
        on_hand = was["fisico"] + moved.get(place, 0) - sent[place]
        held = was["reservado"] + reserved[place]
        if (row["fisico"], row["reservado"]) != (on_hand, held):
            yield (
                f"{place}: {row['fisico']} on hand and {row['reservado']} reserved,"
                f" explained are {on_hand} and {held}"
            )


def _both_agree(record: Record) -> Iterator[str]:
    """After the quiet the store shows what the ERP can sell, at the ERP's prices."""
    places = {location: code for code, location in record.warehouses.items()}
    free = {
        (row["sku"], row["almacen"]): row["fisico"] - row["reservado"] - row["bloqueado"]
        for row in record.erp_stock
    }
    prices = {row["sku"]: row["precio"] for row in record.erp_prices}
    for variant in record.variants:
        sku = variant["sku"]
        if sku in prices and variant["price"] != prices[sku]:
            yield f"{sku} costs {variant['price']} in the store and {prices[sku]} in the ERP"
        for level in variant["levels"]:
            code = places.get(level["location"])
            if code is None or (sku, code) not in free:
                continue
            if level["available"] != max(free[sku, code], 0):
                yield f"{sku} in {code}: {level['available']} shown, {free[sku, code]} free"


def _silent(record: Record) -> Iterator[str]:
    """When nothing changes nothing is written, on either side."""
    for entry in record.log:
        if not record.quiet_from < entry["n"] <= record.quiet_until:
            continue
        if entry["kind"] == "api" and entry["mutation"] and entry["executed"]:
            yield f"{entry['operation']} was written into the quiet (entry {entry['n']})"


def _all_accounted_for(record: Record) -> Iterator[str]:
    """What we said yes to is kept, and everything kept has come to an end."""
    kept = {row["message_id"] for row in record.inbox}
    for entry in record.log:
        said_yes = entry["kind"] == "webhook" and entry["outcome"] == "delivered"
        if said_yes and entry["webhook_id"] not in kept:
            yield f"{entry['topic']} {entry['webhook_id']} was acknowledged and is not kept"
    for row in (*record.inbox, *record.outbox):
        if row["status"] not in FINISHED:
            name = row.get("topic") or row.get("kind")
            yield f"{name} {row.get('key', '')} is {row['status']}: {row['reason']}"


def _nothing_set_aside(record: Record) -> Iterator[str]:
    """This trade gives no reason to ask a person anything."""
    for row in (*record.inbox, *record.outbox):
        if row["status"] == "parked":
            name = row.get("topic") or row.get("kind")
            yield f"{name} {row.get('key', '')} was set aside: {row['reason']}"


_CHECKS: dict[str, Callable[[Record], Iterator[str]]] = {
    "I1 no lost order": _nothing_lost,
    "I2 no duplicate": _nothing_doubled,
    "I2 no duplicate fulfilment": _shipments_told_once,
    "I3 no double deduction": _nothing_deducted_twice,
    "I5 convergence": _both_agree,
    "I6 silence": _silent,
    "I7 all accounted for": _all_accounted_for,
    "I7 nothing set aside": _nothing_set_aside,
}
