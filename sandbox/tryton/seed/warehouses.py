"""Warehouses with stock, the web shop, carriers and a customer for nameless orders."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from proteus import Model  # type: ignore[import-not-found]

WAREHOUSES = {"MAD": "Almacén Madrid", "BCN": "Almacén Barcelona", "TIENDA": "Tienda Serrano"}
FULLEST = {"MAD": 14, "BCN": 8, "TIENDA": 3}
CARRIERS = ("SEUR", "Correos Express", "MRW")


def create_warehouses() -> dict[str, Any]:
    """Create the company's three places; the first is the one Tryton starts with."""
    Location = Model.get("stock.location")
    (first,) = Location.find([("type", "=", "warehouse")], limit=1)
    first.code, first.name = "MAD", WAREHOUSES["MAD"]
    first.save()
    made = {"MAD": first}
    for code, name in list(WAREHOUSES.items())[1:]:
        # Without a lost-and-found location of its own a warehouse refuses inventories.
        places = {
            role: Location(name=f"{name} {role}", type=kind, code=f"{code}-{role[:3].upper()}")
            for role, kind in (
                ("existencias", "storage"),
                ("entrada", "storage"),
                ("salida", "storage"),
                ("diferencias", "lost_found"),
            )
        }
        for place in places.values():
            place.save()
        warehouse = Location(name=name, code=code, type="warehouse")
        warehouse.storage_location = places["existencias"]
        warehouse.input_location = places["entrada"]
        warehouse.output_location = places["salida"]
        warehouse.lost_found_location = places["diferencias"]
        warehouse.save()
        made[code] = warehouse
    return made


def fill(config: Any, warehouses: dict[str, Any]) -> Iterator[str]:
    """Count every item into every warehouse, yielding each warehouse when done."""
    products = Model.get("product.product").find([("type", "=", "goods")], order=[("id", "ASC")])
    Inventory = Model.get("stock.inventory")
    for code, warehouse in warehouses.items():
        lines = [
            {"product": product.id, "quantity": float(_count(code, place))}
            for place, product in enumerate(products)
        ]
        (inventory,) = Inventory._proxy.create(
            [
                {
                    "location": warehouse.storage_location.id,
                    "date": dt.datetime.now(dt.UTC).date(),
                    "lines": [("create", lines)],
                }
            ],
            config.context,
        )
        Inventory(inventory).click("confirm")
        yield WAREHOUSES[code]


def _count(code: str, place: int) -> int:
    # Not the same everywhere, and some sold out: that is what a real stock list looks like.
    return 0 if (place * 7 + len(code)) % 23 == 0 else FULLEST[code] + place % 5 - 2


def create_shop(company: Any, currency: Any, warehouses: dict[str, Any]) -> None:
    """Create the web shop that web orders are entered under, and its generic customer."""
    shop = Model.get("web.shop")(name="Shopify ES", company=company, currency=currency)
    for warehouse in warehouses.values():
        shop.warehouses.append(Model.get("stock.location")(warehouse.id))
    shop.save()
    Model.get("party.party")(name="Cliente web sin datos", code="WEB-GENERICO").save()


def create_carriers(category: Any) -> None:
    """Create carriers and a parcel type, so that shipments can carry tracking numbers."""
    (unit,) = Model.get("product.uom").find([("symbol", "=", "u")], limit=1)
    service = Model.get("product.template")(
        name="Transporte", code="TRANSPORTE", type="service", default_uom=unit
    )
    service.account_category = category
    service.save()
    for name in CARRIERS:
        party = Model.get("party.party")(name=name)
        party.save()
        carrier = Model.get("carrier")(party=party, carrier_product=service.products[0])
        carrier.save()
    Model.get("stock.package.type")(name="Caja").save()
