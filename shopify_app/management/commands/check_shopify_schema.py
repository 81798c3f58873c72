"""Check every document that we send to Shopify against Shopify's own schema, offline."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from shopify_app import cost, documents
from shopify_app.schema import checks, pricing, source


class Command(BaseCommand):
    help = "Checks our GraphQL documents against the stored schema, and shows what they cost."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--renew", metavar="FILE", type=Path, help="take over a full schema file first"
        )
        parser.add_argument(
            "--schema", metavar="FILE", type=Path, help="check against this stripped file instead"
        )
        parser.add_argument(
            "--write-costs", action="store_true", help="write costs.json and the first lines"
        )

    def handle(
        self,
        *_args: Any,
        renew: Path | None,
        schema: Path | None,
        write_costs: bool,
        **_options: Any,
    ) -> None:
        if renew:
            source.renew(renew)
        loaded = source.load(schema or source.VENDORED)
        if write_costs:
            _write_costs(loaded)
        for name in documents.names():
            first = checks.raw(name).split("\n", 1)[0].removeprefix("# cost: ")
            self.stdout.write(f"{name:30} {first}")
        for name in documents.bulk_names():
            self.stdout.write(f"{f'bulk/{name}':30} a bulk_run, and bulk_state for each look")
        if found := [*checks.problems(loaded), *checks.price_problems(loaded)]:
            raise CommandError("\n".join(found))
        count = len(documents.names()) + len(documents.bulk_names())
        self.stdout.write(self.style.SUCCESS(f"{count} documents, all good."))


def _write_costs(loaded: source.ShopifySchema) -> None:
    recipes = {
        name: pricing.recipe_of(loaded.types, checks.parsed(name)) for name in documents.names()
    }
    cost.COSTS.write_text(json.dumps(recipes, indent=1, sort_keys=True) + "\n")
    cost.recipes.cache_clear()
    for name, recipe in recipes.items():
        text = f"{checks.header(name, recipe)}\n{documents.load(name).text}"
        (documents.QUERIES / f"{name}.graphql").write_text(text)
