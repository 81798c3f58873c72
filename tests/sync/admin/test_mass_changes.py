from typing import Any

import pytest
from django.test import Client, RequestFactory

from mapping.models import Channel, WarehouseMapping
from sync import dashboard
from sync.models import AuditEntry, InboxMessage, MassChange, StockPosition
from tests.sync.admin.acting import answer, listed, opened

Status = MassChange.Status
PLACE = "gid://L/1"


@pytest.fixture
def held(channel: Channel) -> MassChange:
    WarehouseMapping.objects.create(
        channel=channel, warehouse="C", location=PLACE, location_name="Centro"
    )
    change = MassChange.objects.create(
        channel=channel, location=PLACE, to_zero=142, large=2, followed=400
    )
    for sku, shown, would in (("UP", 2, 40), ("DEEP", 90, 0), ("FLAT", 5, 0)):
        StockPosition.objects.create(
            channel=channel, sku=sku, item=sku, location=PLACE, mirror=shown, target=would,
            mass_change=change, dirty=False,
        )  # fmt: skip
    return change


def test_it_says_what_was_stopped_and_what_each_answer_means(
    held: MassChange, staff: Client
) -> None:
    page = opened(staff, "masschange", held.pk, "es")

    assert "142 artículos pasarían a 0: envío detenido" in page
    assert "La tienda se queda como está" in page
    assert page.index("DEEP") < page.index("FLAT") < page.index("UP")
    assert "Centro" in page
    assert "De 400 artículos con existencias" in page


def test_it_is_counted_beside_the_menu_until_somebody_answers(
    held: MassChange, staff: Client
) -> None:
    request = RequestFactory().get("/")
    page, badge = listed(staff, "masschange"), dashboard.held_mass_changes(request)

    answer(staff, "masschange", held.pk, "approve")

    held.refresh_from_db()
    assert "142 items would go to 0: sending stopped" in page
    assert (badge, dashboard.held_mass_changes(request)) == ("1", "")
    assert held.status == Status.APPROVED
    assert held.decided_by is not None
    assert InboxMessage.objects.get().topic == "person/mass_change"
    assert AuditEntry.objects.get().action == "approve_mass_change"


def test_rejected_it_lets_its_positions_go_and_writes_nothing(
    held: MassChange, staff: Client
) -> None:
    answer(staff, "masschange", held.pk, "reject")

    held.refresh_from_db()
    assert held.status == Status.REJECTED
    assert not StockPosition.objects.filter(mass_change=held).exists()
    assert not InboxMessage.objects.exists()
    assert "/approve/" not in opened(staff, "masschange", held.pk)


def test_the_second_of_two_people_is_told(held: MassChange, staff: Client) -> None:
    answer(staff, "masschange", held.pk, "reject")
    answer(staff, "masschange", held.pk, "approve")

    held.refresh_from_db()
    assert held.status == Status.REJECTED
    assert "Somebody else had decided first: 1." in listed(staff, "masschange")


def test_who_may_only_look_decides_nothing(held: MassChange, reader: Client) -> None:
    page: Any = answer(reader, "masschange", held.pk, "approve")

    held.refresh_from_db()
    assert page.status_code == 403
    assert held.status == Status.HELD
    assert "What each answer means" not in opened(reader, "masschange", held.pk)


def test_afterwards_it_shows_what_it_was(held: MassChange, staff: Client) -> None:
    held.status = Status.PASSED
    held.preview = [{"sku": "GONE", "shown": 9, "would": 0}]
    held.save()

    page = opened(staff, "masschange", held.pk)

    assert "GONE" in page
    assert "no longer needed" in page
