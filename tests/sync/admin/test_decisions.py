import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from mapping.models import Channel
from sync.models import (
    AuditEntry,
    Divergence,
    InboxMessage,
    OutboxCommand,
    Recurring,
    ShopOrder,
    Status,
    StockCorrection,
    StockPosition,
)
from tests.sync.makers import make_message, make_order

Decision = StockCorrection.Status


@pytest.fixture
def correction(channel: Channel) -> StockCorrection:
    StockPosition.objects.create(channel=channel, sku="A", item="i", location="gid://L/1")
    difference = Divergence.objects.create(
        channel=channel, field="variant.available", key="A@gid://L/1", expected="12", found="40"
    )
    return StockCorrection.objects.create(divergence=difference, before=40, after=12)


def act(client: Client, name: str, action: str, *keys: int, **more: str) -> Any:
    return client.post(
        reverse(f"admin:sync_{name}_changelist"),
        {"action": action, "_selected_action": keys, **more},
        follow=True,
        headers={"Accept-Language": "en"},
    )


def answer(client: Client, name: str, key: int, path: str, **form: str) -> Any:
    url = reverse(f"admin:sync_{name}_change", args=[key]).replace("/change/", f"/{path}/")
    return client.post(url, form or {"_form_submitted": "True"})


def test_parked_rows_start_again_and_it_is_written_down(channel: Channel, staff: Client) -> None:
    rows = [make_message(channel, status=Status.PARKED, attempts=9) for _ in range(2)]

    page = act(staff, "inboxmessage", "try_again", *[row.pk for row in rows])

    assert "Done: 2." in page.content.decode()
    assert InboxMessage.objects.filter(status=Status.WAITING, attempts=0).count() == 2
    assert AuditEntry.objects.filter(action="replay", actor__username="ana").count() == 2


def test_one_write_is_tried_again_after_a_question(channel: Channel, staff: Client) -> None:
    row = OutboxCommand.objects.create(
        channel=channel, lane="x", kind="stock", key="k", status=Status.PARKED, reason="why"
    )
    url = reverse("admin:sync_outboxcommand_change", args=[row.pk])
    url = url.replace("/change/", "/try-again/")

    question = staff.get(url)
    untouched = OutboxCommand.objects.get().status
    done = answer(staff, "outboxcommand", row.pk, "try-again")

    assert "why" in question.content.decode()
    assert untouched == Status.PARKED
    assert "HX-Redirect" in done
    assert OutboxCommand.objects.get().status == Status.WAITING


def test_who_may_only_look_can_decide_nothing(
    channel: Channel, reader: Client, correction: StockCorrection
) -> None:
    row = make_message(channel, status=Status.PARKED)

    assert reader.get(reverse("admin:sync_inboxmessage_changelist")).status_code == 200
    act(reader, "inboxmessage", "try_again", row.pk)
    act(reader, "divergence", "approve", correction.divergence.pk, confirmed="1")
    assert answer(reader, "inboxmessage", row.pk, "try-again").status_code == 403
    assert answer(reader, "divergence", correction.divergence.pk, "approve").status_code == 403

    row.refresh_from_db()
    correction.refresh_from_db()
    assert (row.status, correction.status) == (Status.PARKED, Decision.PROPOSED)
    assert not AuditEntry.objects.exists()


def test_a_stranger_is_sent_to_the_door(channel: Channel, client: Client) -> None:
    row = make_message(channel, status=Status.PARKED)

    assert answer(client, "inboxmessage", row.pk, "try-again").status_code == 302
    assert client.get("/admin/")["Location"].startswith("/admin/login/")


def test_a_correction_shows_before_and_after_and_is_approved(
    staff: Client, correction: StockCorrection
) -> None:
    key = correction.divergence.pk
    url = reverse("admin:sync_divergence_change", args=[key]).replace("/change/", "/approve/")

    question = staff.get(url).content.decode()
    answer(staff, "divergence", key, "approve")

    correction.refresh_from_db()
    assert re.search(r">\s*40\s*<", question)
    assert re.search(r">\s*12\s*<", question)
    assert correction.status == Decision.APPROVED
    assert correction.decided_by is not None
    assert InboxMessage.objects.get().topic == "person/stock"
    assert AuditEntry.objects.filter(action="approve").count() == 1


def test_the_second_of_two_people_is_told(staff: Client, correction: StockCorrection) -> None:
    key = correction.divergence.pk
    act(staff, "divergence", "approve", key, confirmed="1")

    page = act(staff, "divergence", "reject", key, confirmed="1")

    correction.refresh_from_db()
    assert correction.status == Decision.APPROVED
    assert "Somebody else had decided first: 1." in page.content.decode()


def test_many_are_decided_only_after_they_were_shown(
    staff: Client, correction: StockCorrection
) -> None:
    page = act(staff, "divergence", "approve", correction.divergence.pk).content.decode()
    correction.refresh_from_db()

    assert correction.status == Decision.PROPOSED
    assert "<td>40</td>" in page
    assert re.search(r"<td>\s*12\s*</td>", page)


def test_a_difference_without_a_proposal_is_not_called_decided(
    channel: Channel, staff: Client
) -> None:
    row = Divergence.objects.create(
        channel=channel, field="order.total", key="#1001", expected="1", found="2"
    )

    page = act(staff, "divergence", "approve", row.pk, confirmed="1").content.decode()
    act(staff, "divergence", "leave", row.pk, confirmed="1")

    row.refresh_from_db()
    assert "settle it in the ERP" in page
    assert row.status == Divergence.Status.DISMISSED


def test_an_order_is_sent_again(channel: Channel, staff: Client) -> None:
    order = make_order(channel, state=ShopOrder.State.HELD)

    answer(staff, "shoporder", order.pk, "send-again")

    message = InboxMessage.objects.get()
    assert (message.topic, message.key) == ("shopify/order", order.shopify_id)
    assert AuditEntry.objects.get().action == "send_order"


def test_a_position_is_looked_at_again(
    channel: Channel, staff: Client, correction: StockCorrection
) -> None:
    position = StockPosition.objects.get()

    act(staff, "stockposition", "look_again", position.pk)

    assert InboxMessage.objects.get().payload == {"positions": [position.pk]}
    assert AuditEntry.objects.get().action == "release"


def test_a_scheduled_job_is_run_now(channel: Channel, staff: Client) -> None:
    row = Recurring.objects.create(kind=Recurring.Kind.TIDY, seconds=3600)
    before = row.next_due

    act(staff, "recurring", "run_now", row.pk)

    row.refresh_from_db()
    assert row.next_due > before
    assert AuditEntry.objects.get().action == "run_now"
