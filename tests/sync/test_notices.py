"""Alarms reach people: signed, once, tried until they arrive, and never where they must not."""

import json
import logging
import socket
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone
from pytest_django import Settings
from standardwebhooks import Webhook, WebhookVerificationError

from mapping.models import Channel
from mapping.reasons import Reason, pack, say
from sync import failures, notices
from sync.models import Alert, AlertDestination, AlertNotice
from sync.notices.delivery import LEASE, NO_MAIL
from sync.notices.post import Patience, post
from tests.shopify_app.raw_server import RawServer, Request, reset, respond
from tests.sync.engine.rows import at_once
from tests.sync.makers import make_channel

Kind = AlertDestination.Kind
NOW = timezone.now()
PATIENCE = Patience(answer=0.5, whole=1)
# What a shop's items may be called, if somebody means harm.
NASTY = 'BOT <https://evil.example|here> & <!channel> [x](https://evil.example) {{DATE()}} "q"'


@pytest.fixture
def channel(db: None) -> Channel:
    return make_channel()


@pytest.fixture
def receiver(settings: Settings) -> Iterator[RawServer]:
    settings.ERP_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    server = RawServer(otherwise=respond(204, b""))
    yield server
    server.close()


def make_destination(
    channel: Channel, kind: str = Kind.WEBHOOK, target: str = "", **options: Any
) -> AlertDestination:
    key = notices.new_signing_key()
    row = AlertDestination(
        company=channel.company, kind=kind, name=f"{kind} {AlertDestination.objects.count()}",
        **options,
    )  # fmt: skip
    row.secrets = {"target": target, "signing": key}
    row.save()
    return row


def make_notice(
    destination: AlertDestination, event: str = "opened", **options: Any
) -> AlertNotice:
    channel = destination.company.channel_set.get()
    alert = options.pop("alert", None) or Alert.objects.create(
        channel=channel,
        kind=Alert.Kind.OVERSOLD,
        key=f"S{Alert.objects.count()}",
        severity=Alert.Severity.CRITICAL,
        sentence=pack([Reason("Missing of %(sku)s: 2.", {"sku": NASTY})]),
        first_at=NOW,
    )
    return AlertNotice.objects.create(
        alert=alert, destination=destination, event=event, **({"run_after": NOW} | options)
    )


def deliver(now: datetime = NOW) -> int:
    return notices.deliver_due(now=now, patience=PATIENCE)


def body_of(request: Request) -> Any:
    return json.loads(request.body)


# -- The shapes


def test_a_system_of_the_merchant_s_can_check_who_calls(
    channel: Channel, receiver: RawServer
) -> None:
    destination = make_destination(channel, target=f"{receiver.url}/alarms?token=1")
    notice = make_notice(destination)

    assert deliver() == 1

    [request] = receiver.requests
    told = Webhook(destination.secrets["signing"]).verify(request.body, request.headers)
    assert request.path == "/alarms?token=1"
    assert told == {
        "type": "alarm.opened",
        "timestamp": NOW.isoformat(),
        "data": {
            "channel": channel.name,
            "kind": "oversold",
            "severity": "critical",
            "sentence_es": f"Missing of {NASTY}: 2.",
            "sentence_en": f"Missing of {NASTY}: 2.",
            "since": NOW.isoformat(),
            "link": f"http://127.0.0.1:8000/admin/sync/alert/{notice.alert_id}/change/",
        },
    }
    with pytest.raises(WebhookVerificationError):
        Webhook(notices.new_signing_key()).verify(request.body, request.headers)
    notice.refresh_from_db()
    assert (notice.status, notice.sent_at, notice.attempts) == ("sent", NOW, 1)
    destination.refresh_from_db()
    assert (destination.last_ok_at, destination.last_error) == (NOW, "")


def test_slack_reads_nothing_into_what_others_wrote(channel: Channel, receiver: RawServer) -> None:
    make_notice(make_destination(channel, Kind.SLACK, receiver.url))
    Channel.objects.update(name="A <!channel> & B")

    deliver()

    told = body_of(receiver.requests[0])
    header, section, context = told["blocks"]
    assert "A &lt;!channel&gt; &amp; B" in told["text"]
    assert {header["text"]["type"], section["text"]["type"]} == {"plain_text"}
    assert section["text"]["text"] == f"Missing of {NASTY}: 2."
    assert "/admin/sync/alert/" in context["elements"][0]["text"]
    assert "evil.example" not in context["elements"][0]["text"]


def test_teams_reads_nothing_into_what_others_wrote(channel: Channel, receiver: RawServer) -> None:
    make_notice(make_destination(channel, Kind.TEAMS, receiver.url))

    deliver()

    [attachment] = body_of(receiver.requests[0])["attachments"]
    card = attachment["content"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert {each["type"] for each in card["body"]} == {"RichTextBlock"}
    assert "{{" not in json.dumps(card)
    assert [each["type"] for each in card["actions"]] == ["Action.OpenUrl"]


def test_a_mail_names_the_channel_and_what_happened(channel: Channel) -> None:
    Channel.objects.update(name="Botas\r\nBcc: evil@example.com")
    notice = make_notice(make_destination(channel, Kind.EMAIL, "guardia@example.com"))

    deliver()

    [sent] = mail.outbox
    assert sent.to == ["guardia@example.com"]
    assert "\n" not in sent.subject
    assert "Botas Bcc: evil@example.com" in sent.subject
    assert NASTY in sent.body
    assert f"/admin/sync/alert/{notice.alert_id}/change/" in sent.body
    assert sent.message()["Auto-Submitted"] == "auto-generated"


def test_that_it_is_over_is_told_after_that_it_began(channel: Channel) -> None:
    opened = make_notice(make_destination(channel, Kind.EMAIL, "guardia@example.com"))
    closed = make_notice(opened.destination, "closed", alert=opened.alert)
    AlertNotice.objects.filter(pk=opened.pk).update(run_after=NOW + timedelta(minutes=1))

    assert deliver() == 0
    assert deliver(now=NOW + timedelta(minutes=1)) == 2
    opened.refresh_from_db()
    closed.refresh_from_db()
    assert (opened.status, closed.status) == ("sent", "sent")
    assert mail.outbox[0].subject != mail.outbox[1].subject


def test_without_a_mail_server_the_destination_says_so(
    channel: Channel, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = NO_MAIL
    notice = make_notice(make_destination(channel, Kind.EMAIL, "guardia@example.com"))

    deliver()

    notice.refresh_from_db()
    notice.destination.refresh_from_db()
    assert notice.status == "waiting"
    assert "No mail server is set up here" in say(notice.destination.last_error)


def test_a_mail_server_that_refuses_is_tried_again(channel: Channel, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", dead_port()
    notice = make_notice(make_destination(channel, Kind.EMAIL, "guardia@example.com"))

    deliver()

    notice.refresh_from_db()
    assert notice.status == "waiting"
    assert "did not take it" in say(notice.error)


# -- Receivers that misbehave


def dead_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def silent(_connection: socket.socket) -> None:
    time.sleep(0.8)


def dripping(connection: socket.socket) -> None:
    """Send a header so slowly that no single wait is long."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for _ in range(30):
        time.sleep(0.1)
        connection.sendall(b"X: y\r\n")


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (silent, "did not answer in time"),
        (dripping, "did not answer in time"),
        (reset, "cannot be reached"),
        (respond(500, b"secret of the inner network"), "answered 500"),
        (respond(302, b"", Location="http://127.0.0.1:1/inner"), "it has moved"),
    ],
)
def test_a_receiver_that_does_not_take_it_is_tried_again(
    channel: Channel, receiver: RawServer, step: Any, words: str
) -> None:
    receiver.script = [step]
    notice = make_notice(make_destination(channel, target=receiver.url))
    started = time.monotonic()

    deliver()

    assert time.monotonic() - started < 2
    notice.refresh_from_db()
    assert (notice.status, notice.attempts) == ("waiting", 1)
    assert notice.run_after == NOW + failures.DELAYS[0]
    assert words in say(notice.error)
    assert "secret" not in notice.error
    # Nobody went where the redirection led; the same notice comes with the same id.
    deliver(now=NOW + timedelta(minutes=1))
    first, again = receiver.requests
    assert first.headers["webhook-id"] == again.headers["webhook-id"]
    notice.refresh_from_db()
    assert notice.status == "sent"


def test_a_large_answer_is_not_read(receiver: RawServer) -> None:
    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    receiver.script = [endless]

    post(receiver.url, b"{}", {}, patience=PATIENCE)


def test_nobody_there_is_no_more_than_a_failure(channel: Channel, settings: Settings) -> None:
    settings.ERP_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    notice = make_notice(make_destination(channel, target=f"http://127.0.0.1:{dead_port()}"))

    deliver()

    notice.refresh_from_db()
    assert "cannot be reached" in say(notice.error)


def test_a_receiver_may_ask_for_more_time(channel: Channel, receiver: RawServer) -> None:
    receiver.script = [respond(429, b"", Retry_After="90")]
    notice = make_notice(make_destination(channel, target=receiver.url))

    deliver()

    notice.refresh_from_db()
    assert notice.run_after == NOW + timedelta(seconds=90)


def test_it_is_tried_for_three_days_and_then_given_up(
    channel: Channel, receiver: RawServer
) -> None:
    receiver.otherwise = respond(503, b"")
    notice = make_notice(make_destination(channel, target=receiver.url))
    moment = NOW
    while notice.status == "waiting":
        deliver(now=moment)
        notice.refresh_from_db()
        moment = max(moment, notice.run_after)

    assert notice.status == "gave_up"
    assert notice.attempts == len(failures.DELAYS) + 1 == len(receiver.requests)
    assert timedelta(days=2.5) < moment - NOW < timedelta(days=3.5)


def test_a_receiver_that_is_away_keeps_nobody_else_waiting(
    channel: Channel, receiver: RawServer
) -> None:
    away = make_destination(channel, target=f"http://127.0.0.1:{dead_port()}")
    well = make_destination(channel, target=receiver.url)
    first = [make_notice(away) for _ in range(3)]
    last = make_notice(well)

    assert deliver() == 2

    last.refresh_from_db()
    assert last.status == "sent"
    assert [AlertNotice.objects.get(pk=each.pk).attempts for each in first] == [1, 0, 0]


def test_what_is_switched_off_hears_nothing_any_more(
    channel: Channel, receiver: RawServer
) -> None:
    notice = make_notice(make_destination(channel, target=receiver.url, enabled=False))

    deliver()

    notice.refresh_from_db()
    assert (notice.status, receiver.requests) == ("gave_up", [])


def test_a_secret_that_cannot_be_decrypted_stops_nobody_else(
    channel: Channel, receiver: RawServer
) -> None:
    lost = make_notice(make_destination(channel, target=receiver.url))
    well = make_notice(make_destination(channel, target=receiver.url))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sync_alertdestination SET secrets = 'lost' WHERE id = %s",
            [lost.destination_id],
        )

    deliver()

    rows = dict(AlertNotice.objects.values_list("pk", "status"))
    assert rows == {lost.pk: "waiting", well.pk: "sent"}


# -- Where notices must not go


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:5432/",
        "https://127.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:10.0.0.1]/",
        "https://user:pass@hooks.example.com/",
        "file:///etc/passwd",
        "https://",
        f"https://example.com/{'x' * 3000}",
    ],
)
def test_an_address_that_leads_inside_is_not_called(url: str) -> None:
    with pytest.raises(notices.NotDelivered, match="no web address that may be called"):
        post(url, b"{}", {})


def test_what_is_not_encrypted_leaves_only_for_networks_that_are_allowed() -> None:
    with pytest.raises(notices.NotDelivered, match="begin with https"):
        post("http://1.1.1.1/", b"{}", {})


def test_an_address_that_was_allowed_once_is_checked_again_at_each_call(
    channel: Channel, receiver: RawServer, settings: Settings
) -> None:
    notice = make_notice(make_destination(channel, target=receiver.url))
    settings.ERP_ALLOWED_NETWORKS = []

    deliver()

    notice.refresh_from_db()
    assert (notice.status, receiver.requests) == ("waiting", [])
    assert "no web address that may be called" in say(notice.error)


def test_no_secret_is_logged_or_kept_in_an_error(
    channel: Channel, receiver: RawServer, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.script = [respond(500, b""), reset, silent]
    destination = make_destination(channel, target=f"{receiver.url}/T0/B0/canary-1")
    with caplog.at_level(logging.INFO):
        for _ in range(4):
            make_notice(destination)
            deliver()

    kept = [*AlertNotice.objects.values_list("error", flat=True), *errors(channel)]
    assert "canary-1" not in f"{caplog.text}{kept}"
    assert destination.secrets["signing"] not in f"{caplog.text}{kept}"


def errors(channel: Channel) -> list[str]:
    rows = AlertDestination.objects.filter(company=channel.company)
    return list(rows.values_list("last_error", flat=True))


# -- Two workers, and one that dies


@pytest.mark.django_db(transaction=True)
def test_eight_workers_send_each_notice_once(receiver: RawServer) -> None:
    channel = make_channel()
    destination = make_destination(channel, target=receiver.url)
    for _ in range(12):
        make_notice(destination)

    tried = at_once(8, lambda _: deliver())

    assert sum(tried) == 12
    ids = [request.headers["webhook-id"] for request in receiver.requests]
    assert len(ids) == len(set(ids)) == 12


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_gives_its_notice_back(receiver: RawServer) -> None:
    class Killed(BaseException):
        pass

    notice = make_notice(make_destination(make_channel(), target=receiver.url))

    def axe(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("UPDATE") and "sent_at" in sql:
            raise Killed
        return execute(sql, params, many, context)

    with pytest.raises(Killed), connection.execute_wrapper(axe):
        deliver()

    notice.refresh_from_db()
    assert (notice.status, notice.attempts, len(receiver.requests)) == ("waiting", 1, 1)
    assert deliver(now=NOW + timedelta(minutes=1)) == 0
    assert deliver(now=NOW + LEASE) == 1
    ids = {request.headers["webhook-id"] for request in receiver.requests}
    assert ids == {f"notice_{notice.pk}"}


# -- A test


def test_a_test_is_sent_at_once_and_remembered(channel: Channel, receiver: RawServer) -> None:
    receiver.script = [respond(404, b"")]
    destination = make_destination(channel, target=receiver.url)

    with pytest.raises(notices.NotDelivered, match="answered 404"):
        notices.send_test(destination, now=NOW, patience=PATIENCE)
    destination.refresh_from_db()
    assert "answered 404" in say(destination.last_error)

    notices.send_test(destination, now=NOW, patience=PATIENCE)
    destination.refresh_from_db()
    assert (destination.last_error, destination.last_ok_at) == ("", NOW)
    assert body_of(receiver.requests[1])["type"] == "alarm.test"


@pytest.mark.parametrize("kind", [Kind.EMAIL, Kind.SLACK, Kind.TEAMS])
def test_every_kind_can_be_tested(channel: Channel, receiver: RawServer, kind: str) -> None:
    target = "guardia@example.com" if kind == Kind.EMAIL else receiver.url

    notices.send_test(make_destination(channel, kind, target), now=NOW, patience=PATIENCE)

    assert len(mail.outbox) + len(receiver.requests) == 1
