"""How many kits left with a shipment. Tryton ships their components, each a move of its own."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

from erp_connectors.tryton.catalogue import quantity
from erp_connectors.tryton.client import Row, TrytonClient

ORIGIN = "sale.line.component,"
SHIPMENT = "stock.shipment.out,"
FIELDS = ["line", "line.quantity", "line.product.code", "line.sale.web_id", "quantity",
          "moves.quantity", "moves.state", "moves.shipment"]  # fmt: skip


class ShippedKits:
    """The kits that these shipments complete.

    A kit has left when the last of its components has. Of several shipments the one that
    was made last counts as the one that completes it, so that each tells the same each time
    it is read.
    """

    def __init__(self, components: Sequence[Row]) -> None:
        self._lines: dict[int, list[Row]] = defaultdict(list)
        for row in components:
            self._lines[row["line"]].append(row)

    def of(self, shipment: int) -> list[tuple[str, str, int]]:
        """Return the web order, the SKU and the count of each kit that this one completes."""
        found = []
        for components in self._lines.values():
            line = components[0]["line."]
            count = _complete(components, shipment) - _complete(components, shipment - 1)
            if count > 0:
                found.append((line["sale."]["web_id"], line["product."]["code"], count))
        return found


def read_kits(client: TrytonClient, origins: Iterable[str], shop: int) -> ShippedKits:
    """Return the kits of our web shop that moves of these origins belong to."""
    ids = sorted(int(each.removeprefix(ORIGIN)) for each in origins if each.startswith(ORIGIN))
    if not ids:
        return ShippedKits([])
    touched = [["id", "in", ids], ["line.sale.web_shop", "=", shop]]
    lines = {row["line"] for row in client.search("sale.line.component", touched, ["line"])}
    whole = [["line", "in", sorted(lines)]]
    return ShippedKits(client.search("sale.line.component", whole, FIELDS) if lines else [])


def _complete(components: Sequence[Row], last: int) -> int:
    """Return how many whole kits of a line had left with the shipments up to the last."""
    shares = [
        sum((quantity(move["quantity"]) for move in row["moves."] if _has_left(move, last)),
            Decimal(0)) / quantity(row["quantity"])
        for row in components
    ]  # fmt: skip
    # A hair more than it is: a third and a third and a third would not be one.
    return int(min(shares) * quantity(components[0]["line."]["quantity"]) + Decimal("1e-9"))


def _has_left(move: Row, last: int) -> bool:
    shipment = str(move["shipment"] or "")
    return (
        move["state"] == "done"
        and shipment.startswith(SHIPMENT)
        and int(shipment.removeprefix(SHIPMENT)) <= last
    )
