"""How a finding of the storm came about."""

from sync.models import StockPosition, WebDemand
from tests.soak.storm_checker import Shelves, in_order
from tests.soak.storm_record import Action, StormRecord


def story(record: StormRecord, sku: str, warehouse: str) -> list[str]:
    """Return what happened to one item in one warehouse, for whoever has to find out why."""
    shelves = Shelves()
    shelves.shops = shops = {each.shop for each in record.actions}
    place = (sku, warehouse)
    lines, last = [], ""
    for event in in_order(record):
        shelves.happen(event)
        pending = {s.partition(".")[0]: shelves.pending[s, *place] for s in sorted(shops)}
        shown = {s.partition(".")[0]: shelves.shown[s, *place] for s in sorted(shops)}
        now = f"free {shelves.free[place]}, pending {pending}, shown {shown}"
        if now != last:
            what = (
                f"{event.shop} {event.why} {event.order or ''}"
                if isinstance(event, Action)
                else "ERP"
            )
            lines.append(f"{event.at:%H:%M:%S.%f} {what}: {now}")
        last = now
    return lines


def around(lines: list[str], finding: str, *, before: int = 18, after: int = 6) -> list[str]:
    """Return the part of a story that leads to a finding; its end, where that has no time."""
    moment = finding.partition(" ")[0]
    if moment[:1].isdigit():
        until = sum(line.partition(" ")[0] <= moment for line in lines)
        return lines[max(until - before, 0) : until + after]
    return lines[-before - after :]


def belief(sku: str) -> list[str]:
    """Return what the bridge takes for true of one item, now."""
    fields = ("mirror", "target", "sent", "dirty", "needs_read", "held", "unknown_web")
    lines = [
        f"position {row.channel} {row.location}: "
        + ", ".join(f"{name} {getattr(row, name)}" for name in fields)
        + f", {row.set_aside} {row.explanation}"
        for row in StockPosition.objects.filter(sku=sku).select_related("channel")
    ]
    held = WebDemand.objects.filter(sku=sku).exclude(quantity=0).select_related("order")
    lines += [
        f"order {row.order.reference} {row.order.state} {row.location}: {row.quantity} units,"
        f" {row.unfulfilled} to send, {row.erp_quantity} booked in {row.booked}"
        for row in held
    ]
    return lines
