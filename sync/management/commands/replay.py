import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from sync import audit, queue
from sync.management.stores import add_store, find_store
from sync.models import InboxMessage, OutboxCommand, Status

MODELS: dict[str, type[InboxMessage] | type[OutboxCommand]] = {
    "inbox": InboxMessage,
    "outbox": OutboxCommand,
}


class Command(BaseCommand):
    help = "Run rows of a store again: those named, or all that were set aside."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("table", choices=list(MODELS))
        parser.add_argument("ids", nargs="*", type=int)
        add_store(parser)
        parser.add_argument("--parked", action="store_true", help="all that were set aside")
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, **options: Any) -> None:
        channel = find_store(options["store"])
        if bool(options["ids"]) == options["parked"]:
            raise CommandError("Name rows, or say --parked.")
        rows = MODELS[options["table"]]._default_manager.filter(channel=channel)
        if options["parked"]:
            rows = rows.filter(status=Status.PARKED)
        else:
            rows = rows.filter(pk__in=options["ids"])
        count = queue.run_again(rows)
        audit.note(None, "replay", options["table"], channel=channel, rows=count)
        text = json.dumps({"released": count}) if options["as_json"] else f"{count} released"
        self.stdout.write(text)
