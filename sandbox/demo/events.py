"""Tell what happens in the store and in the ERP, as it happens."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sandbox.demo import screen
from sandbox.demo.erps import Erp


class StoreLog:
    """What the store appended to its log since we last looked."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = path.stat().st_size if path.exists() else 0

    def new_entries(self) -> Iterator[dict[str, Any]]:
        if not self._path.exists():
            return
        with self._path.open("rb") as log:
            log.seek(self._offset)
            for line in log:
                if not line.endswith(b"\n"):
                    return
                self._offset += len(line)
                yield json.loads(line)


class Narrator:
    """Turns log entries of the store and new orders of the ERP into sentences."""

    # More changes than these at a time are counted, not listed.
    LISTED_AT_ONCE = 5

    def __init__(self, log: StoreLog, erp: Erp) -> None:
        self._log = log
        self._erp = erp
        self._placed: dict[str, float] = {}

    def tell(self) -> None:
        entries = list(self._log.new_entries())
        for kind, sentence, what in (
            ("order", self._about_order, "orders"),
            ("product", _about_product, "products"),
            ("level", _about_level, "stock figures"),
        ):
            found = [text for e in entries if e["kind"] == kind and (text := sentence(e))]
            if len(found) > self.LISTED_AT_ONCE:
                found = [f"{len(found)} {what} changed in the store"]
            for text in found:
                screen.event(text)
        if self._placed:
            self._tell_arrivals()

    def _about_order(self, entry: dict[str, Any]) -> str:
        name = entry["name"]
        match entry["event"]:
            case "placed":
                self._placed[name] = time.monotonic()
                return f"order {name} was placed in the store: {entry['total']} €"
            case "fulfilled":
                return f"order {name} is on its way: the store has its tracking number"
            case other:
                return f"order {name} was {other} in the store"

    def _tell_arrivals(self) -> None:
        for order in self._erp.new_orders():
            placed = self._placed.pop(order.name, None)
            after = f", {time.monotonic() - placed:.1f} s later" if placed else ""
            screen.event(
                f"order {order.name} is in the ERP as {order.number}: {order.total:.2f} €{after}"
            )


def _about_product(entry: dict[str, Any]) -> str:
    return f"product {entry['handle']} is {'new' if entry['created'] else 'changed'} in the store"


def _about_level(entry: dict[str, Any]) -> str:
    if entry["name"] != "available":
        return ""
    return f"{entry['sku']}: the store sells {entry['after']} of it now (was {entry['before']})"
