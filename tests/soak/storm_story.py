"""How a finding of the storm came about."""

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
