import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from erp_connectors.errors import ErpError
from shopify_app.errors import ShopifyError
from sync import runs
from sync.management.stores import add_store, find_store
from sync.models import SyncJob


class Command(BaseCommand):
    help = "Compare orders and stock of a store with the ERP, and put right what differs."

    def add_arguments(self, parser: CommandParser) -> None:
        add_store(parser)
        parser.add_argument("--wait", action="store_true", help="until what differs is right")
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, **options: Any) -> None:
        channel = find_store(options["store"])
        try:
            job = runs.start(channel, SyncJob.Kind.RECONCILE)
        except (ErpError, ShopifyError) as error:
            raise CommandError(str(error)) from None
        if options["wait"]:
            for now in runs.watch(job):
                if not options["as_json"]:
                    self.stdout.write(f"compared; {now.handled}/{now.messages} orders followed up")
        job.refresh_from_db()
        summary = {"job": job.pk, "status": job.status, **job.counts}
        if options["as_json"]:
            self.stdout.write(json.dumps(summary))
        else:
            text = ", ".join(f"{name} {value}" for name, value in summary.items())
            self.stdout.write(self.style.SUCCESS(text))
