import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.dateparse import parse_datetime

from erp_connectors.errors import ErpError
from shopify_app.errors import ShopifyError
from sync import preview, runs
from sync.management.stores import add_store, find_store
from sync.models import SyncJob

STREAMS = ["catalogue", "prices", "stock", "orders", "customers", "fulfilments"]


class Command(BaseCommand):
    help = "Bring one stream of a store up to date."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("stream", choices=STREAMS)
        add_store(parser)
        parser.add_argument("--dry-run", action="store_true", help="say what would be written")
        parser.add_argument("--since", help="only orders changed since then (ISO 8601)")
        parser.add_argument("--wait", action="store_true", help="until everything is written")
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, **options: Any) -> None:
        channel = find_store(options["store"])
        if options["stream"] == "customers":
            raise CommandError("Customers travel with their orders: use `sync orders`.")
        since = parse_datetime(options["since"]) if options["since"] else None
        if options["since"] and (since is None or since.tzinfo is None):
            raise CommandError("--since takes a date with its zone: 2026-11-24T08:00:00+01:00")
        try:
            if options["dry_run"]:
                self._preview(preview.of(channel, options["stream"]), options)
                return
            job = runs.start(channel, SyncJob.Kind(options["stream"]), since=since)
        except (ErpError, ShopifyError) as error:
            raise CommandError(str(error)) from None
        self._report(job, options)

    def _preview(self, counts: dict[str, int], options: dict[str, Any]) -> None:
        if options["as_json"]:
            self.stdout.write(json.dumps(counts))
            return
        self.stdout.write(", ".join(f"{name}: {count}" for name, count in counts.items()))

    def _report(self, job: SyncJob, options: dict[str, Any]) -> None:
        if options["wait"]:
            for now in runs.watch(job):
                if not options["as_json"]:
                    self.stdout.write(
                        f"{job.kind}: {now.handled}/{now.messages} read, "
                        f"{now.sent}/{now.writes} written, {now.set_aside} set aside"
                    )
                    self.stdout.flush()
        job.refresh_from_db()
        summary = {"job": job.pk, "kind": job.kind, "status": job.status, **job.counts}
        if options["wait"]:
            end = runs.progress(job)
            summary |= {"messages": end.messages, "writes": end.writes}
        if options["as_json"]:
            self.stdout.write(json.dumps(summary))
        else:
            text = ", ".join(f"{name} {value}" for name, value in summary.items())
            self.stdout.write(self.style.SUCCESS(text))
