from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from sync import wake
from sync.watchdog import Patience, Watchdog


class Command(BaseCommand):
    help = (
        "Do the queued work until told to stop. A watchdog keeps the workers working: it "
        "starts them again when one of them breaks the others. Send SIGTERM to stop."
    )

    # `manage.py check` and the web server look at the settings; here it would only take time.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        # The longest task that may be, and time to store its result.
        busy = settings.Q_CLUSTER["timeout"] + 30
        parser.add_argument("--idle-stall", type=float, default=Patience.idle)
        parser.add_argument("--busy-stall", type=float, default=busy)
        parser.add_argument("--grace", type=float, default=Patience.grace)
        parser.add_argument("--beat", type=float, default=Patience.beat)

    def handle(self, *args: Any, **options: Any) -> None:
        patience = Patience(
            idle=options["idle_stall"],
            busy=options["busy_stall"],
            grace=options["grace"],
            beat=options["beat"],
        )
        workers = settings.Q_CLUSTER["workers"]
        Watchdog(workers=workers, beat=wake.beat, patience=patience).run()
