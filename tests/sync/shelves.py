"""A shelf and what the store shows of it, decided as the engine decides it."""

from typing import Any

from django.utils import timezone

from mapping.models import Channel, WarehouseMapping
from sync.flows import stock
from sync.models import ErpStock, ShopOrder, StockPosition, WebDemand
from sync.stock_figures import Reckoner
from tests.sync.makers import make_order

CENTRAL = "gid://shopify/Location/1"


def make_place(
    channel: Channel, *, warehouse: str = "CENTRAL", location: str = CENTRAL, **options: Any
) -> WarehouseMapping:
    values: dict[str, Any] = {"location": location, "location_name": f"Almacén {warehouse}"}
    return WarehouseMapping.objects.create(
        channel=channel, warehouse=warehouse, **(values | options)
    )


def make_figure(channel: Channel, sku: str, on_hand: str, **options: Any) -> ErpStock:
    values: dict[str, Any] = {"warehouse": "CENTRAL", "on_hand": on_hand}
    now = timezone.now()
    return ErpStock.objects.create(
        connection=channel.company.erpconnection,
        sku=sku,
        **(values | {"as_of": now, "asked_at": now} | options),
    )


def make_position(channel: Channel, sku: str, **options: Any) -> StockPosition:
    """A position that rests: the store shows a number and nothing is under way."""
    values: dict[str, Any] = {
        "item": f"gid://shopify/InventoryItem/{sku}",
        "location": CENTRAL,
        "mirror": 5,
        "dirty": False,
    }
    return StockPosition.objects.create(channel=channel, sku=sku, **(values | options))


def make_demand(channel: Channel, row: StockPosition, units: int, name: str) -> ShopOrder:
    order = make_order(channel, name=name)
    WebDemand.objects.create(
        order=order,
        channel=channel,
        item=row.item,
        sku=row.sku,
        location=row.location,
        quantity=units,
        unfulfilled=units,
    )
    return order


def decide(*rows: StockPosition) -> None:
    for row in rows:
        stock.decide(row, Reckoner(row.channel, row.location, [row]))
        row.save()
