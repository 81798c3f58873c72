"""Fill a store with items at once, and have Puente follow them as if it had made them."""

from typing import Any

import psycopg

from tests.bench.installation import Installation
from tests.end_to_end.world import CENTRAL

VARIANTS = 100
_FOLLOW = """
INSERT INTO sync_stockposition (channel_id, sku, item, location, mirror, since, needs_read,
    never_stocked, unknown_web, held, dirty, explanation, set_aside)
SELECT c.id, %(sku)s, %(item)s, %(location)s, 5, 0, false, false, 0, false, false, '{}', ''
FROM mapping_channel c ON CONFLICT DO NOTHING"""
_COUNT = """
INSERT INTO sync_erpstock (connection_id, sku, warehouse, on_hand, reserved, blocked, incoming,
    as_of, asked_at)
SELECT e.id, %(sku)s, 'CENTRAL', 5, 0, 0, 0, now(), now()
FROM erp_connectors_erpconnection e ON CONFLICT DO NOTHING"""


def add_levels(plant: Installation, wanted: int) -> None:
    """Bring the followed levels of the made-up items to so many."""
    there = plant.ours("SELECT count(*) AS n FROM sync_stockposition WHERE sku LIKE 'MASA-%%'")
    place = next(e for e in plant.shop.get("state")["locations"] if e["name"] == CENTRAL)
    gid = f"gid://shopify/Location/{place['id']}"
    for start in range(int(there[0]["n"]), wanted, VARIANTS):
        made = plant.shop.post("products", _product(start, gid))
        skus = {f"MASA-{number}" for number in range(start, start + VARIANTS)}
        _follow(plant, gid, {v["sku"]: v["item_id"] for v in made["variants"]}, skus)


def _product(start: int, location: str) -> dict[str, Any]:
    names = [str(number) for number in range(start, start + VARIANTS)]
    return {
        "title": f"Masa {start}",
        "productOptions": [{"name": "Número", "values": [{"name": each} for each in names]}],
        "variants": [
            {
                "optionValues": [{"optionName": "Número", "name": each}],
                "price": "1.00",
                "inventoryItem": {"sku": f"MASA-{each}", "tracked": True},
                "inventoryQuantities": [
                    {"locationId": location, "name": "available", "quantity": 5}
                ],
            }
            for each in names
        ],
    }


def _follow(plant: Installation, location: str, items: dict[str, int], skus: set[str]) -> None:
    assert items.keys() == skus
    rows = [
        {"sku": sku, "item": f"gid://shopify/InventoryItem/{item}", "location": location}
        for sku, item in items.items()
    ]
    with psycopg.connect(plant.database) as ours, ours.cursor() as cursor:
        cursor.executemany(_FOLLOW.encode(), rows)
        cursor.executemany(_COUNT.encode(), rows)
