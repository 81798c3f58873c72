from datetime import timedelta

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from mapping.models import Channel
from sync.models import InboxMessage, Recurring, Status
from sync.views import health
from tests.sync.makers import make_channel, make_message

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(hours=1)


def code() -> int:
    return Client().get("/health/ready").status_code


def test_the_process_lives() -> None:
    assert Client().get("/health/live").json() == {"status": "ok"}


def test_an_idle_installation_is_ready() -> None:
    make_message(make_channel(), status=Status.DONE)

    assert code() == 200


def test_due_work_that_nobody_takes_is_a_standstill() -> None:
    channel = make_channel()
    make_message(channel, run_after=timezone.now() - LONG_AGO)

    page = Client().get("/health/ready")

    assert page.status_code == 503
    # Anybody may ask, so it says no more than that.
    assert page.json() == {"status": "failing"}


def test_a_long_queue_that_moves_is_no_standstill() -> None:
    channel = make_channel()
    make_message(channel, run_after=timezone.now() - LONG_AGO)
    make_message(channel, status=Status.DONE, finished_at=timezone.now())

    assert code() == 200


def test_a_paused_store_does_not_alarm() -> None:
    channel = make_channel(mode=Channel.Mode.PAUSED)
    make_message(channel, run_after=timezone.now() - LONG_AGO)

    assert code() == 200


def test_a_schedule_that_stands_still_is_noticed() -> None:
    row = Recurring.objects.create(
        kind=Recurring.Kind.TIDY, seconds=5, next_due=timezone.now() - LONG_AGO
    )
    waiting = code()
    Recurring.objects.filter(pk=row.pk).update(last_ok_at=timezone.now())

    assert (waiting, code()) == (503, 200)


def test_a_database_that_does_not_answer_is_a_503(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_now: object) -> None:
        raise OperationalError("gone, and here is a password: hunter2")

    monkeypatch.setattr(health, "_oldest_due", fail)

    assert code() == 503
    assert "hunter2" not in health.trouble()


def test_the_figures_are_for_this_machine_or_a_token(settings: Settings) -> None:
    assert Client().get("/metrics").status_code == 200
    assert Client().get("/metrics", REMOTE_ADDR="10.0.0.7").status_code == 403
    assert Client().get("/metrics", headers={"X-Forwarded-For": "1.2.3.4"}).status_code == 403
    settings.METRICS_TOKEN = "scrape-me"
    assert Client().get("/metrics").status_code == 403
    assert Client().get("/metrics", headers={"Authorization": "Bearer ñ"}).status_code == 403
    given = {"Authorization": "Bearer scrape-me"}
    assert Client().get("/metrics", REMOTE_ADDR="10.0.0.7", headers=given).status_code == 200


def test_the_figures_are_those_of_the_tables() -> None:
    channel = make_channel()
    for _ in range(3):
        make_message(channel, status=Status.PARKED)
    InboxMessage.objects.filter(pk__in=[make_message(channel).pk]).update(
        run_after=timezone.now() - LONG_AGO
    )

    text = Client().get("/metrics").content.decode()

    parked = f'channel="{channel.name}",queue="inbox",status="parked"}} 3.0'
    assert parked in text
    oldest = [line for line in text.splitlines() if line.startswith("puente_queue_oldest_seconds")]
    assert 3590 < float(oldest[0].split()[-1]) < 3700
