"""Alarms and their destinations on the screens."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from mapping.models import Channel
from mapping.reasons import Reason, pack
from sync.models import Alert, AlertDestination, AlertNotice, AuditEntry
from tests.sync.admin.test_screens import FORBIDDEN, text_of

LIST = "admin:sync_alertdestination_changelist"
ADD = "admin:sync_alertdestination_add"


def make_alert(channel: Channel, **options: Any) -> Alert:
    values: dict[str, Any] = {
        "kind": Alert.Kind.OVERSOLD, "key": f"S{Alert.objects.count()}",
        "severity": Alert.Severity.CRITICAL,
        "sentence": pack([Reason("Missing of %(sku)s: 2.", {"sku": "<b>BOT</b>"})]),
    }  # fmt: skip
    return Alert.objects.create(channel=channel, **(values | options))


def form(channel: Channel, kind: str, target: str, **changes: Any) -> dict[str, Any]:
    values = {
        "company": channel.company.pk, "name": "guardia", "kind": kind, "target": target,
        "least_severity": 1, "enabled": "on",
    }  # fmt: skip
    return values | changes


def test_open_alarms_come_first_and_say_what_happened(channel: Channel, staff: Client) -> None:
    make_alert(channel, status=Alert.Status.CLOSED, key="over")
    make_alert(channel, severity=Alert.Severity.WARNING)
    make_alert(channel)

    page = staff.get(reverse("admin:sync_alert_changelist"))

    rows = list(page.context["cl"].result_list)
    assert [(row.status, row.severity) for row in rows] == [
        ("open", 0),
        ("open", 1),
        ("closed", 0),
    ]
    assert "Missing of &lt;b&gt;BOT&lt;/b&gt;: 2." in page.content.decode()


def test_a_longer_list_of_alarms_costs_no_more_questions(channel: Channel, staff: Client) -> None:
    url = reverse("admin:sync_alert_changelist")
    make_alert(channel)
    staff.get(url)
    with CaptureQueriesContext(connection) as few:
        staff.get(url)
    for _ in range(20):
        make_alert(channel)

    with CaptureQueriesContext(connection) as many:
        staff.get(url)

    assert len(many) <= len(few) + 1


def test_an_alarm_says_who_was_told_and_who_has_seen_it(channel: Channel, staff: Client) -> None:
    alert = make_alert(channel)
    destination = AlertDestination(company=channel.company, kind="email", name="guardia")
    destination.secrets = {"target": "canary@example.com"}
    destination.save()
    AlertNotice.objects.create(alert=alert, destination=destination, event="opened")
    url = reverse("admin:sync_alert_change", args=[alert.pk])

    staff.post(url.replace("/change/", "/acknowledge/"), {"_form_submitted": "True"})

    page = text_of(staff.get(url).content.decode())
    alert.refresh_from_db()
    assert str(alert.acknowledged_by) == "ana"
    assert "guardia" in page
    assert "canary" not in page


def test_who_may_only_look_acknowledges_nothing(channel: Channel, reader: Client) -> None:
    alert = make_alert(channel)
    url = reverse("admin:sync_alert_change", args=[alert.pk])

    assert reader.get(url).status_code == 200
    reader.post(url.replace("/change/", "/acknowledge/"), {"_form_submitted": "True"})

    alert.refresh_from_db()
    assert alert.acknowledged_at is None


def test_the_menu_counts_open_alarms(channel: Channel, staff: Client) -> None:
    for number in range(7):
        make_alert(channel, status="closed" if number == 3 else "open")

    page = staff.get(reverse("admin:sync_alert_changelist"))

    assert page.context["cl"].result_count == 7
    assert "6" in text_of(page.content.decode())


def test_an_address_goes_in_and_never_comes_out(channel: Channel, staff: Client) -> None:
    staff.post(reverse(ADD), form(channel, "email", "canary@example.com"))
    row = AlertDestination.objects.get()
    url = reverse("admin:sync_alertdestination_change", args=[row.pk])

    kept = staff.post(url, form(channel, "email", "", name="otra"))
    row.refresh_from_db()

    assert kept.status_code == 302
    assert (row.name, row.secrets, row.shown) == (
        "otra", {"target": "canary@example.com"}, "canary@example.com",
    )  # fmt: skip
    page = staff.get(url).content.decode()
    assert 'value="canary' not in page
    assert not [word for word in FORBIDDEN if word in text_of(page)]
    assert AuditEntry.objects.filter(action="change_secret").count() == 1
    assert "canary" not in str(AuditEntry.objects.filter(action="add").values())


def test_the_key_of_a_new_system_is_shown_once(
    channel: Channel, staff: Client, settings: Settings
) -> None:
    settings.ERP_ALLOWED_NETWORKS = ["127.0.0.0/8"]

    page = staff.post(reverse(ADD), form(channel, "webhook", "http://127.0.0.1:1/canary"))

    row = AlertDestination.objects.get()
    assert row.secrets["signing"] in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert row.shown == "127.0.0.1"
    url = reverse("admin:sync_alertdestination_change", args=[row.pk])
    assert row.secrets["signing"] not in staff.get(url).content.decode()
    assert "canary" not in staff.get(url).content.decode()

    renew = url.replace("/change/", "/new-key/")
    assert "whsec_" not in staff.get(renew).content.decode()
    again = staff.post(renew).content.decode()
    assert row.secrets["signing"] not in again
    row.refresh_from_db()
    assert row.secrets["signing"] in again
    assert row.secrets["target"] == "http://127.0.0.1:1/canary"


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("slack", "https://169.254.169.254/latest"),
        ("teams", "http://127.0.0.1/"),
        ("webhook", "https://10.0.0.1/"),
        ("webhook", "guardia@example.com"),
        ("email", "https://hooks.example.com/"),
        ("email", ""),
    ],
)
def test_an_address_that_will_not_do_is_refused(
    channel: Channel, staff: Client, kind: str, target: str
) -> None:
    page = staff.post(reverse(ADD), form(channel, kind, target))

    assert page.status_code == 200
    assert "target" in page.context["adminform"].form.errors
    assert not AlertDestination.objects.exists()


def test_another_kind_needs_its_own_address(channel: Channel, staff: Client) -> None:
    staff.post(reverse(ADD), form(channel, "email", "guardia@example.com"))
    row = AlertDestination.objects.get()
    url = reverse("admin:sync_alertdestination_change", args=[row.pk])

    assert staff.post(url, form(channel, "slack", "")).status_code == 200


def test_a_test_says_whether_it_was_taken(
    channel: Channel, staff: Client, mailoutbox: list[Any]
) -> None:
    staff.post(reverse(ADD), form(channel, "email", "guardia@example.com"))
    row = AlertDestination.objects.get()
    url = reverse("admin:sync_alertdestination_change", args=[row.pk])

    staff.post(url.replace("/change/", "/test/"), {"_form_submitted": "True"})

    row.refresh_from_db()
    assert len(mailoutbox) == 1
    assert row.last_ok_at is not None
    assert row.last_ok_at <= timezone.now()


def test_without_a_mail_server_the_screens_say_so(
    channel: Channel, staff: Client, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    headers = {"Accept-Language": "en"}

    page = staff.post(
        reverse(ADD), form(channel, "email", "guardia@example.com"), follow=True, headers=headers
    )

    assert "no mail server is set up" in text_of(page.content.decode())
