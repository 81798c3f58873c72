import json
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from erp_connectors.errors import ErpError
from mapping.models import Channel
from shopify_app.errors import ShopifyError
from sync import runs
from sync.management.stores import add_store, find_store
from sync.models import SyncJob
from sync.reconcile.streams import NAMES

TELL_EVERY = 2.0


class Command(BaseCommand):
    help = "Compare a store with the ERP, and put right or report what differs."

    def add_arguments(self, parser: CommandParser) -> None:
        add_store(parser)
        parser.add_argument("--stream", action="append", choices=NAMES, help="all, if not given")
        parser.add_argument(
            "--full",
            action="store_true",
            help="ask the ERP for everything first, and look for what nobody looks after",
        )
        parser.add_argument("--wait", action="store_true", help="until what differs is right")
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, **options: Any) -> None:
        self._silent = bool(options["as_json"])
        try:
            job = self._compare(find_store(options["store"]), options)
        except (ErpError, ShopifyError) as error:
            raise CommandError(str(error)) from None
        if options["wait"]:
            for now in runs.watch(job):
                self._say(
                    f"{now.handled}/{now.messages} followed up, {now.sent}/{now.writes} sent"
                )
        job.refresh_from_db()
        summary = {"job": job.pk, "status": job.status, **job.counts}
        if options["as_json"]:
            self.stdout.write(json.dumps(summary))
        else:
            text = ", ".join(f"{name} {value}" for name, value in summary.items())
            self.stdout.write(self.style.SUCCESS(text))

    def _compare(self, channel: Channel, options: dict[str, Any]) -> SyncJob:
        told, job = time.monotonic(), None
        for stage, job in runs.compare(channel, options["stream"] or (), full=options["full"]):
            if time.monotonic() - told > TELL_EVERY:
                told = time.monotonic()
                found = ", ".join(f"{name} {count}" for name, count in job.counts.items())
                self._say(f"{stage}: {found}")
        assert job is not None
        return job

    def _say(self, text: str) -> None:
        if not self._silent:
            self.stdout.write(text)
            self.stdout.flush()
