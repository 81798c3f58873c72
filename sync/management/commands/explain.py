import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mapping import rules
from mapping.ownership import STOCK, owner_of
from sync import explain
from sync.management.stores import add_store, find_store
from sync.models import Attempt, StockPosition


class Command(BaseCommand):
    help = "Say why a number is what it is: explain variant SKU available --store D"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("entity", choices=["variant"])
        parser.add_argument("id", help="the SKU")
        parser.add_argument("field", nargs="?", default="available", choices=["available"])
        add_store(parser)
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, **options: Any) -> None:
        channel = find_store(options["store"])
        rows = list(StockPosition.objects.filter(channel=channel, sku=options["id"]))
        if not rows:
            raise CommandError(f"{options['id']} is not linked to this store.")
        owner = owner_of(STOCK, rules.owners(channel))
        found = [self._one(row, str(owner)) for row in rows]
        if options["as_json"]:
            self.stdout.write(json.dumps(found))
            return
        for each in found:
            self.stdout.write(f"{each['location']}: {each['sentence']}")
            self.stdout.write(
                f"  shown {each['shown']}, owner {each['owner']}, last write {each['trace']}"
            )

    def _one(self, row: StockPosition, owner: str) -> dict[str, Any]:
        last = Attempt.objects.filter(
            command__kind="stock", command__key=row.location, channel=row.channel
        ).first()
        return {
            "sku": row.sku,
            "location": row.location,
            "owner": owner,
            "shown": row.mirror,
            "target": row.target,
            "parts": explain.stock(row),
            "sentence": explain.sentence(row),
            "figures": row.explanation,
            "published_at": row.published_at.isoformat() if row.published_at else None,
            "trace": last.request_id if last else None,
        }
