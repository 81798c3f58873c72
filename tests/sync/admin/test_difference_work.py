from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from mapping.models import Channel, WarehouseMapping
from sync import work_items
from sync.models import Attempt, AuditEntry, Divergence, OutboxCommand, StockPosition
from tests.sync.admin.acting import act, answer, listed, opened
from tests.sync.makers import make_channel


def make_difference(channel: Channel, sku: str, **options: Any) -> Divergence:
    values: dict[str, Any] = {
        "field": "variant.available",
        "key": f"{sku}@gid://L/1",
        "expected": "4",
        "found": "3",
        "cause": "hand_edit",
    }
    return Divergence.objects.create(channel=channel, **(values | options))


@pytest.fixture
def ana(staff: Client) -> User:
    return User.objects.get(username="ana")


@pytest.fixture
def luis(db: None) -> User:
    return User.objects.create_user("luis", is_staff=True)


def test_the_list_begins_with_what_is_dearest(channel: Channel, staff: Client) -> None:
    make_difference(channel, "CHEAP", units_at_risk=50, money_at_risk=10)
    make_difference(channel, "DEAR", units_at_risk=2, money_at_risk=900)

    page = listed(staff, "divergence")

    assert page.index("DEAR") < page.index("CHEAP")
    assert "changed the number in Shopify" in page


def test_what_is_put_off_leaves_the_list_and_is_never_lost(
    channel: Channel, staff: Client
) -> None:
    row = make_difference(channel, "LATER")
    make_difference(channel, "NOW")

    answer(staff, "divergence", row.pk, "put-off", pause="tomorrow")

    row.refresh_from_db()
    assert row.snoozed_until == work_items.end_of(work_items.Pause.TOMORROW)
    assert "LATER" not in listed(staff, "divergence")
    assert "LATER" in listed(staff, "divergence", standing="put_off")
    assert "LATER" in listed(staff, "divergence", standing="all")
    Divergence.objects.update(snoozed_until=timezone.now() - timedelta(seconds=1))
    assert "LATER" in listed(staff, "divergence")


def test_many_are_put_off_after_the_question_for_how_long(channel: Channel, staff: Client) -> None:
    rows = [make_difference(channel, sku) for sku in "AB"]
    keys = [row.pk for row in rows]

    question = act(staff, "divergence", "put_off", *keys).content.decode()
    untouched = Divergence.objects.filter(snoozed_until=None).count()
    act(staff, "divergence", "put_off", *keys, confirmed="1", pause="nonsense")
    still = Divergence.objects.filter(snoozed_until=None).count()
    page = act(staff, "divergence", "put_off", *keys, confirmed="1", pause="week")

    assert "Until tomorrow at 8:00" in question
    assert untouched == still == 2
    assert "Done: 2." in page.content.decode()
    assert not Divergence.objects.filter(snoozed_until=None).exists()


def test_mine_are_those_that_are_assigned_to_me(
    channel: Channel, staff: Client, ana: User, luis: User
) -> None:
    mine, his, free = (make_difference(channel, sku) for sku in ("MINE", "HIS", "FREE"))

    answer(staff, "divergence", mine.pk, "take")
    answer(staff, "divergence", his.pk, "assign", to=luis.pk)

    page = listed(staff, "divergence", standing="mine")
    assert "MINE" in page
    assert "HIS" not in page
    assert "FREE" in listed(staff, "divergence", standing="free")
    his.refresh_from_db()
    assert his.assigned_to == luis
    assert free.assigned_to is None


def test_many_are_assigned_and_seen(channel: Channel, staff: Client, luis: User) -> None:
    keys = [make_difference(channel, sku).pk for sku in "AB"]

    act(staff, "divergence", "assign", *keys, confirmed="1", to=luis.pk)
    act(staff, "divergence", "see", *keys)
    page = act(staff, "divergence", "take", *keys).content.decode()

    assert (
        Divergence.objects.filter(assigned_to=luis, acknowledged_by__username="ana").count() == 2
    )
    assert "Somebody else had decided first: 2." in page


def test_who_may_only_look_changes_nothing(channel: Channel, reader: Client) -> None:
    row = make_difference(channel, "A")

    for path in ("see", "take", "put-off", "assign"):
        assert answer(reader, "divergence", row.pk, path).status_code == 403
    act(reader, "divergence", "see", row.pk)

    row.refresh_from_db()
    assert (row.acknowledged_by, row.assigned_to, row.snoozed_until) == (None, None, None)
    assert not AuditEntry.objects.exists()


def test_its_page_tells_what_happened_to_it(channel: Channel, staff: Client, ana: User) -> None:
    row = make_difference(channel, "A")
    position = StockPosition.objects.create(
        channel=channel, sku="A", item="i", location="gid://L/1"
    )
    work_items.take(row, by=ana)
    command = OutboxCommand.objects.create(
        channel=channel, lane="x", kind="stock", key="gid://L/1", status="done",
        arguments={"positions": [position.pk]},
    )  # fmt: skip
    Attempt.objects.create(
        channel=channel, command=command, system="shopify", operation="set", is_write=True,
        outcome="ok", milliseconds=5, started_at=timezone.now(), request_id="request-7",
    )  # fmt: skip

    page = opened(staff, "divergence", row.pk)

    assert "The store shows 3, it should be 4" in page
    assert "assigned a difference" in page
    assert "request-7" in page
    assert f"/admin/sync/stockposition/{position.pk}/change/" in page
    assert f"/admin/sync/outboxcommand/{command.pk}/change/" in page


def test_a_closed_one_offers_no_answers(channel: Channel, staff: Client) -> None:
    row = make_difference(channel, "A", status=Divergence.Status.HEALED)

    assert "/put-off/" not in opened(staff, "divergence", row.pk)


def test_the_filters_narrow_by_place_cause_and_channel(channel: Channel, staff: Client) -> None:
    WarehouseMapping.objects.create(channel=channel, warehouse="C", location="gid://L/1")
    make_difference(channel, "HERE")
    make_difference(channel, "THERE", key="THERE@gid://L/2", cause="echo")
    make_difference(make_channel(), "OTHER")

    by_place = listed(staff, "divergence", place="gid://L/1", channel__id__exact=channel.pk)
    by_cause = listed(staff, "divergence", cause__exact="echo")

    assert "HERE" in by_place
    assert "THERE" not in by_place
    assert "OTHER" not in by_place
    assert "THERE" in by_cause
