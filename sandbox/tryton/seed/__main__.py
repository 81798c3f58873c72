"""Fill an empty Tryton database, the one that TRYTOND_DATABASE_URI names.

The address has to be in the environment: Tryton picks its database engine when it is imported.
"""

import os
import sys
import time

from proteus import config as proteus_config  # type: ignore[import-not-found]

from sandbox.tryton.seed import catalogue, company, warehouses
from sandbox.tryton.seed.assortment import FAMILIES

STARTED = time.monotonic()


def say(text: str) -> None:
    """Print one line of progress; the builder passes it on."""
    sys.stdout.write(f"{text} ({time.monotonic() - STARTED:.0f} s)\n")
    sys.stdout.flush()


def main() -> None:
    """Create the whole company; the database must hold Tryton's modules and nothing else."""
    config = proteus_config.set_trytond(user="admin")
    made = company.create(config)
    say("company, chart of accounts and IVA")
    taxes = {rate: company.sales_tax(rate) for rate in ("21", "10", "4")}
    categories = catalogue.create_families(taxes, made)
    attribute_set = catalogue.create_attributes()
    total = sum(len(family.models) for family in FAMILIES)
    products = catalogue.create_products(config, categories, attribute_set)
    for number, _name in enumerate(products, 1):
        if number % 10 == 0 or number == total:
            say(f"products {number}/{total}")
    catalogue.create_kits(config, categories, attribute_set)
    catalogue.create_price_lists(made["company"], categories)
    places = warehouses.create_warehouses()
    for name in warehouses.fill(config, places):
        say(f"stock of {name}")
    warehouses.create_shop(made["company"], made["currency"], places)
    warehouses.create_carriers(categories["IVA 21"])
    company.create_user(
        config, made["company"], name="puente", password=os.environ["TRYTON_SEED_PASSWORD"]
    )
    say("web shop, carriers and the integration's user")


if __name__ == "__main__":
    main()
