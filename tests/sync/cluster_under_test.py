"""A Django project of nothing but a watched cluster, run as a program by test_watchdog.

`prepare` makes the tables; `watch` runs the watchdog, whose heartbeat queues `note` tasks.
"""

import logging
import os
import sys

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from config import env

WORKERS = 2

if __name__ == "__main__" or not settings.configured:
    settings.configure(
        SECRET_KEY="for this test",
        USE_TZ=True,
        INSTALLED_APPS=["django_q"],
        DATABASES={
            "default": env.database(os.environ["DATABASE_URL"]) | {"CONN_HEALTH_CHECKS": True}
        },
        Q_CLUSTER={
            "name": "watched",
            "orm": "default",
            "workers": WORKERS,
            "queue_limit": WORKERS,
            "timeout": 20,
            "retry": 100,
            "poll": 0.05,
            "ack_failures": True,
            "save_limit": 0,
            "guard_cycle": 0.5,
        },
    )
    django.setup()

from django_q.tasks import async_task  # noqa: E402  (it reads the settings above)

from sync.watchdog import Patience, Watchdog  # noqa: E402


def note() -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO noted DEFAULT VALUES")


def beat() -> None:
    async_task("tests.sync.cluster_under_test.note", q_options={"save": False})


def main() -> None:
    match sys.argv[1:]:
        case ["prepare"]:
            call_command("migrate", verbosity=0)
            with connection.cursor() as cursor:
                cursor.execute("CREATE TABLE noted (id serial, pid int DEFAULT pg_backend_pid())")
        case ["watch", idle]:
            logging.basicConfig(level=logging.WARNING)
            patience = Patience(idle=float(idle), busy=25, grace=5, beat=0.2)
            Watchdog(workers=WORKERS, beat=beat, patience=patience).run()


if __name__ == "__main__":
    main()
