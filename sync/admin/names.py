"""Name records the way staff do, within the query that reads them."""

from typing import Any

from django.db.models import CharField, Func, OuterRef, QuerySet, Subquery, Value

from mapping.models import WarehouseMapping
from sync.models import ShopOrder, StockPosition


def with_names(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Add what staff call the order, item or place that a row's key names."""
    orders = ShopOrder.objects.filter(channel=OuterRef("channel"), shopify_id=OuterRef("key"))
    levels = StockPosition.objects.filter(
        channel=OuterRef("channel"), item=part_of_key(1), location=part_of_key(2)
    )
    places = WarehouseMapping.objects.filter(
        channel=OuterRef("channel"), location=OuterRef("key")
    ).exclude(location_name="")
    named: QuerySet[Any] = rows.annotate(
        order_name=Subquery(orders.values("name")[:1]),
        sku=Subquery(levels.values("sku")[:1]),
        place_name=Subquery(places.values("location_name")[:1]),
    )
    return named


def part_of_key(number: int) -> Func:
    """Return one side of a key that is written "item@location"."""
    return Func(
        *(OuterRef("key"), Value("@"), Value(number)),
        function="split_part",
        output_field=CharField(),
    )
