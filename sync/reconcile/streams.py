"""Which pages make up a comparison of each stream: a quick one, and all that there is."""

from collections.abc import Mapping, Sequence

from sync.reconcile import catalogue, counted, figures, fulfilments, orders, stock
from sync.reconcile.rounds import Stage

# Orders first: what they took off the shelf explains the levels.
QUICK: Mapping[str, Mapping[str, Stage]] = {
    "orders": {"orders in the store": orders.in_store, "orders in the ERP": orders.in_erp},
    "stock": {"levels": stock.positions},
    "fulfilments": {"shipments": fulfilments.shipments},
    "catalogue": {"products": catalogue.products, "missing products": catalogue.missing},
}
FULL: Mapping[str, Mapping[str, Stage]] = {
    "orders": QUICK["orders"],
    "stock": {
        "figures": figures.figures,
        "counted items": counted.again,
        "shelves": stock.shelves,
        "levels": stock.positions,
    },
    "fulfilments": {**QUICK["fulfilments"], "shipped by hand": fulfilments.by_hand},
    "catalogue": {"documents": catalogue.documents, **QUICK["catalogue"]},
}
# Prices are part of their product, on both sides.
NAMES = (*QUICK, "prices")


def stages(names: Sequence[str] = (), *, full: bool = False) -> dict[str, Stage]:
    """Return the stages of these streams (none named: of all) in the order to run them in."""
    wanted = {"catalogue" if name == "prices" else name for name in names} or set(QUICK)
    found = FULL if full else QUICK
    return {
        stage: run for stream in found if stream in wanted for stage, run in found[stream].items()
    }
