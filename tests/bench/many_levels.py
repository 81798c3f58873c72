"""Fill a store and its ERP with items at once, and have Puente follow them as its own."""

from collections.abc import Iterator

import psycopg
from psycopg import sql

from tests.bench.installation import Installation
from tests.end_to_end.world import CENTRAL

UNITS = 5
PREFIX = "MASA-"
PER_PRODUCT = 100

# Straight into the back office's tables, past its triggers: they count changes, and here
# each row brings its own number.
_ERP = """
SET session_replication_role = replica;
INSERT INTO gestion.articulos (codigo, descripcion, familia, tallaje, tipo_iva, activo_web)
    SELECT 'MASA' || n, 'Masa ' || n, (SELECT min(codigo) FROM gestion.familias),
           (SELECT min(tallaje) FROM gestion.articulos), 'GENERAL', false
    FROM generate_series({first} / {per_product}, ({last} - 1) / {per_product}) n;
INSERT INTO gestion.articulos_variantes (sku, articulo, talla, orden)
    SELECT '{prefix}' || lpad(n::text, 7, '0'), 'MASA' || (n - 1) / {per_product}, n::text, n
    FROM generate_series({first} + 1, {last}) n;
INSERT INTO gestion.existencias (sku, almacen, fisico, version)
    SELECT '{prefix}' || lpad(n::text, 7, '0'), 'CENTRAL', {units}, 1000000 + n
    FROM generate_series({first} + 1, {last}) n;
ANALYZE gestion.existencias;
"""
_POSITION = {
    "channel_id": "(SELECT id FROM mapping_channel)",
    "sku": "sku",
    "item": "item",
    "location": "place",
    "family": "''",
    "stocked": "''",
    "mirror": "units",
    "target": "units",
    "since": "0",
    "needs_read": "false",
    "never_stocked": "false",
    "unknown_web": "0",
    "held": "false",
    "dirty": "false",
    "allowed": "false",
    "explanation": "'{}'",
    "set_aside": "''",
}
_FIGURE = {
    "connection_id": "(SELECT id FROM erp_connectors_erpconnection)",
    "sku": "sku",
    "warehouse": "'CENTRAL'",
    "on_hand": "units",
    "reserved": "0",
    "blocked": "0",
    "incoming": "0",
    "as_of": "now()",
    "asked_at": "now()",
}


def add_levels(plant: Installation, wanted: int) -> None:
    """Bring the levels of the made-up items to so many, equal everywhere."""
    there = plant.ours("SELECT count(*) AS n FROM sync_stockposition WHERE sku LIKE 'MASA-%%'")
    have = int(there[0]["n"])
    if have >= wanted:
        return
    made = plant.shop.post(
        "fill",
        {
            "items": wanted - have,
            "prefix": PREFIX,
            "first_number": have + 1,
            "location": CENTRAL,
            "available": UNITS,
            "per_product": PER_PRODUCT,
        },
    )
    values = {"first": have, "last": wanted, "prefix": PREFIX, "units": UNITS}
    with psycopg.connect(plant.erp.url, autocommit=True) as erp:
        erp.execute(_ERP.format(per_product=PER_PRODUCT, **values).encode())
    _follow(plant, have, wanted, int(made["first_item_id"]), int(made["location_id"]))


def _follow(plant: Installation, have: int, wanted: int, item: int, place: int) -> None:
    with psycopg.connect(plant.database, autocommit=True) as ours, ours.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE made (sku text, item text, place text, units int)")
        with cursor.copy("COPY made FROM STDIN") as copy:
            for row in _rows(have, wanted, item, place):
                copy.write_row(row)
        for table, columns in (("sync_stockposition", _POSITION), ("sync_erpstock", _FIGURE)):
            names = sql.SQL(", ").join(map(sql.Identifier, columns))
            # Ours, and constant.
            found = sql.SQL(", ".join(columns.values()))
            insert = sql.SQL("INSERT INTO {} ({}) SELECT {} FROM made")
            cursor.execute(insert.format(sql.Identifier(table), names, found))
        cursor.execute("ANALYZE sync_stockposition, sync_erpstock")


def _rows(have: int, wanted: int, item: int, place: int) -> Iterator[tuple[str, str, str, int]]:
    location = f"gid://shopify/Location/{place}"
    for number in range(have, wanted):
        gid = f"gid://shopify/InventoryItem/{item + number - have}"
        yield f"{PREFIX}{number + 1:07d}", gid, location, UNITS


def drift(plant: Installation, count: int, of: int) -> None:
    """Change so many levels by hand, evenly spread over all."""
    for number in range(count):
        sku = f"{PREFIX}{number * (of // count) + 1:07d}"
        plant.shop.post("inventory", {"sku": sku, "location": CENTRAL, "available": UNITS + 2})


def leave_alone(plant: Installation) -> None:
    """Let nothing come by itself: no notice of the store, no poll of what is known already."""
    plant.shop.post("faults", {"kind": "webhook_drop", "count": 10**9})
    with psycopg.connect(plant.database, autocommit=True) as ours:
        ours.execute("DELETE FROM sync_recurring")
