"""Share a store's points between all workers: wait before Shopify has to say no.

Each statement stands alone, so two workers never spend the same points. The clock is
the database's: workers on several machines must agree how much has been refilled.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from django.db import connection

from shopify_app.models import RateBudget, Shop


class Priority(IntEnum):
    """Who goes first when points are short."""

    STOCK = 0
    ORDERS = 1
    NORMAL = 2
    BULK = 3


# The share of the bucket each must leave untouched for those before it. A catalogue
# load must never delay the write that stops an oversale.
_LEFT_FOR_OTHERS = {
    Priority.STOCK: 0.0,
    Priority.ORDERS: 0.05,
    Priority.NORMAL: 0.1,
    Priority.BULK: 0.2,
}
# A call that can wait no better than this is refused at once instead of spinning.
_SHORTEST_WAIT = 0.02

_REFILLED = """LEAST(maximum, available + restore_rate
    * GREATEST(0, EXTRACT(EPOCH FROM clock_timestamp() - updated_at)))"""

_TAKE = f"""
UPDATE shopify_app_ratebudget
   SET available = {_REFILLED} - %(cost)s, updated_at = clock_timestamp()
 WHERE shop_id = %(shop)s AND {_REFILLED} >= LEAST(%(cost)s + maximum * %(left)s, maximum)
RETURNING available"""  # noqa: S608  (only the constant above is filled in)

_WAIT = f"""
SELECT (LEAST(%(cost)s + maximum * %(left)s, maximum) - {_REFILLED}) / restore_rate
  FROM shopify_app_ratebudget WHERE shop_id = %(shop)s"""  # noqa: S608

_SETTLE = f"""
UPDATE shopify_app_ratebudget
   SET available = GREATEST(0, LEAST({_REFILLED} + %(refund)s, %(shown)s, %(maximum)s)),
       maximum = %(maximum)s, restore_rate = %(rate)s, updated_at = clock_timestamp()
 WHERE shop_id = %(shop)s"""  # noqa: S608


def reserve(shop: Shop, cost: float, priority: Priority = Priority.NORMAL) -> float:
    """Take the points for a call. Return 0, or how many seconds to wait before asking again."""
    values = {"shop": shop.pk, "cost": cost, "left": _LEFT_FOR_OTHERS[priority]}
    for _ in range(3):
        with connection.cursor() as cursor:
            cursor.execute(_TAKE, values)
            if cursor.fetchone():
                return 0.0
            cursor.execute(_WAIT, values)
            row = cursor.fetchone()
        if row is None:
            RateBudget.objects.bulk_create([RateBudget(shop=shop)], ignore_conflicts=True)
        elif (wait := float(row[0])) > 0:
            return max(_SHORTEST_WAIT, wait)
        # Otherwise points came in between the two statements: try again.
    return _SHORTEST_WAIT


def settle(shop: Shop, throttle_status: Mapping[str, Any], *, refund: float = 0) -> None:
    """Correct the budget by what Shopify says it is.

    `refund` is what was reserved and not spent. Shopify's figure does not know the
    calls still on their way to it, ours does not know what others of our app spend:
    the smaller of the two is right.
    """
    values = {
        "shop": shop.pk,
        "refund": refund,
        "shown": float(throttle_status["currentlyAvailable"]),
        "maximum": float(throttle_status["maximumAvailable"]),
        "rate": max(1.0, float(throttle_status["restoreRate"])),
    }
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, values)


def give_back(shop: Shop, points: float) -> None:
    """Return points of a call that never reached Shopify."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE shopify_app_ratebudget SET available = LEAST(maximum, {_REFILLED} + %s),"  # noqa: S608
            " updated_at = clock_timestamp() WHERE shop_id = %s",
            [points, shop.pk],
        )
