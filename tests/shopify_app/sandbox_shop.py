"""What the tests put into a sandbox store, and what its customers buy."""

from typing import Any

from shopify_app import commands
from shopify_app.client import ShopifyClient
from shopify_app.commands import (
    QuantityRow,
    SetQuantities,
)
from tests.shopify_app.sandbox import Store

HOME = {
    "first_name": "María",
    "last_name": "Núñez",
    "address1": "Mayor 1",
    "zip": "08001",
    "city": "Barcelona",
    "country_code": "ES",
    "province_code": "B",
}


def mugs(*colours: str) -> dict[str, Any]:
    return {
        "title": "Taza",
        "productOptions": [{"name": "Color", "values": [{"name": each} for each in colours]}],
        "variants": [
            {
                "sku": f"TAZA-{each}",
                "price": "12.50",
                "optionValues": [{"optionName": "Color", "name": each}],
                "inventoryItem": {"tracked": True},
            }
            for each in colours
        ],
    }


def show(client: ShopifyClient, store: Store, item: str, quantity: int, key: str) -> None:
    row = QuantityRow(item=item, quantity=quantity, change_from=None)
    assert commands.send(
        SetQuantities(location=store.location, rows=(row,)), client, key=key
    ).carried_out


def sold(store: Store, **wishes: Any) -> str:
    lines = [{"sku": "TAZA-Rojo", "quantity": 2}, {"sku": "TAZA-Azul", "quantity": 1}]
    order = {"lines": lines, "shipping": {}, "email": "maria@example.com", "address": HOME}
    return str(store.ask("orders", **(order | wishes))["gid"])
