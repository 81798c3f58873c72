"""The fewest calls and points a job can cost, by the rules that Shopify charges by."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

STOCK_ROWS = 250
PUBLISHED_AT_ONCE = 50
WRITE = 10


@dataclass(frozen=True, kw_only=True)
class Price:
    calls: int
    points: float

    def __add__(self, other: "Price") -> "Price":
        return Price(calls=self.calls + other.calls, points=self.points + other.points)


def catalogue(products: Iterable[Mapping[str, Any]]) -> Price:
    """One call for each product, asking for nothing back but ids; then publish and stock."""
    total = Price(calls=0, points=0)
    levels: Counter[str] = Counter()
    count = 0
    for product in products:
        count += 1
        variants = product["variants"]
        metafields = len(product["metafields"]) + sum(len(v["metafields"]) for v in variants)
        points = WRITE + 0.2 * len(variants) + 0.4 * metafields + _ids(len(variants))
        total += Price(calls=1, points=points)
        levels.update(level["location"] for v in variants for level in v["levels"])
    publishing = math.ceil(count / PUBLISHED_AT_ONCE)
    total += Price(calls=publishing, points=WRITE * publishing)
    return total + stock(levels.values())


def _ids(variants: int) -> float:
    # A list costs two and, for each step of its logarithm, the two objects that hold ids.
    return 2 + 2 * math.floor(2 * math.log(max(2, variants)))


def stock(rows_by_location: Iterable[int]) -> Price:
    calls = sum(math.ceil(rows / STOCK_ROWS) for rows in rows_by_location)
    return Price(calls=calls, points=WRITE * calls)
