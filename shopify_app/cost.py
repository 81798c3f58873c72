"""What a call will cost, known before it is sent.

Shopify prices a document by its shape: objects, connections by the logarithm of their
page size, writes by what they carry. `check_shopify_schema --write-costs` turns each
document into a recipe once; here a recipe and the variables become points. The rule was
fitted on recorded answers, so the limiter still corrects itself from every answer.
"""

import json
import math
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NotRequired, TypedDict

from shopify_app.documents import QUERIES

COSTS = QUERIES / "costs.json"

# Writes that are priced by their input as well: each thing found on the path costs this much.
INPUT_PRICES: dict[str, dict[str, float]] = {
    "product_set": {
        "input.variants": 0.2,
        "input.variants.file": 0.6,
        "input.variants.metafields": 0.4,
        "input.metafields": 0.4,
        "input.files": 1.9,
    },
    "variants_create": {"variants": 0.2, "variants.metafields": 0.4, "variants.mediaSrc": 0.6},
    "variants_update": {"variants": 0.2, "variants.metafields": 0.4, "variants.mediaSrc": 0.6},
}


class Recipe(TypedDict):
    """`fixed` points, and connections whose nodes count by page size."""

    fixed: int
    connections: NotRequired[list["Connection"]]


class Connection(TypedDict):
    """`size` is a number, or the name of the variable that holds it."""

    size: int | str
    node: Recipe


def cost_of(operation: str, variables: Mapping[str, Any]) -> int:
    """Return the points Shopify will ask for this call before it runs it."""
    price = price_of(recipes()[operation], variables)
    for path, each in INPUT_PRICES.get(operation, {}).items():
        price += each * sum(1 for _ in _found(variables, path.split(".")))
    # Rounded first: ten times 0.2 is a little more than two in floating point.
    return math.ceil(round(price, 6))


def price_of(recipe: Recipe, variables: Mapping[str, Any]) -> float:
    total = float(recipe["fixed"])
    for connection in recipe.get("connections", []):
        size = connection["size"]
        rows = variables[size] if isinstance(size, str) else size
        total += 2 + page_factor(rows) * price_of(connection["node"], variables)
    return total


def page_factor(rows: int) -> int:
    """Return how often a page of this size is charged its node's price."""
    return math.floor(2 * math.log(max(2, rows))) if rows else 0


@cache
def recipes() -> dict[str, Recipe]:
    loaded: dict[str, Recipe] = json.loads(COSTS.read_text())
    return loaded


def _found(value: Any, path: list[str]) -> Iterator[Any]:
    if isinstance(value, list | tuple):
        for item in value:
            yield from _found(item, path)
    elif not path:
        yield value
    elif isinstance(value, Mapping) and value.get(path[0]) is not None:
        yield from _found(value[path[0]], path[1:])
