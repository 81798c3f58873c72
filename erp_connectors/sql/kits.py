"""What kits are made of, down to the items that stand on a shelf."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal

from erp_connectors.sql import rows
from erp_connectors.sql.rows import BadRow, Row
from mapping.documents import Component

# The rows of each kit: one for each of its components.
Recipes = Mapping[str, Sequence[Row]]
# A kit of kits of kits: more than this is a circle, or a mistake.
DEEPEST = 5


def recipes(skus: Iterable[str], read: Callable[[list[str]], Sequence[Row]]) -> Recipes:
    """Return the rows of these items that are kits, and of all kits inside them."""
    found: defaultdict[str, list[Row]] = defaultdict(list)
    asked: set[str] = set()
    wanted = set(skus)
    for _ in range(DEEPEST + 1):
        wanted -= asked
        if not wanted:
            break
        asked |= wanted
        answer = read(sorted(wanted))
        for row in answer:
            found[str(row["sku"]).rstrip()].append(row)
        wanted = {str(row["component"] or "").rstrip() for row in answer}
    return found


def components(sku: str, of: Recipes) -> tuple[Component, ...]:
    """Return what one unit takes from the shelf, each item once; nothing if it is no kit.

    Raises BadRow for a kit that cannot be taken apart: half of its contents would promise
    more of it than there is.
    """
    if sku not in of:
        return ()
    totals: defaultdict[str, Decimal] = defaultdict(Decimal)
    _add(totals, sku, Decimal(1), of, inside=())
    return tuple(Component(sku=each, quantity=total) for each, total in totals.items())


def _add(
    totals: dict[str, Decimal], kit: str, times: Decimal, of: Recipes, *, inside: tuple[str, ...]
) -> None:
    if kit in inside:
        raise BadRow(f"the kit {kit} contains itself")
    if len(inside) == DEEPEST:
        raise BadRow(f"kits inside kits, more than {DEEPEST} deep")
    for row in of[kit]:
        part = rows.key(row, "component")
        quantity = rows.number(row.get("quantity"), f"quantity of {part}")
        if quantity <= 0:
            raise BadRow(f"the kit {kit} contains {quantity} of {part}")
        if part in of:
            _add(totals, part, times * quantity, of, inside=(*inside, kit))
        else:
            totals[part] += times * quantity
