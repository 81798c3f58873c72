"""A mass change stops and asks, and what was held goes on by the answer."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.contrib.auth.models import User

from mapping.documents import StockLevel
from mapping.models import Channel, WarehouseMapping
from sync import brakes, handlers, stock_intake, stock_ledger, worker
from sync.flows import stock
from sync.models import AuditEntry, InboxMessage, MassChange, OutboxCommand, StockPosition
from tests.sync.engine.test_stock_ledger import MADRID, NOON
from tests.sync.makers import make_channel

pytestmark = pytest.mark.django_db
Status = MassChange.Status


def store_with(items: int, *, shown: int = 20, least: int = 3) -> Channel:
    channel = make_channel(
        brake_zero_percent=0, brake_zero_least=least, brake_move_percent=0, brake_move_least=least
    )
    WarehouseMapping.objects.create(channel=channel, warehouse="CENTRAL", location=MADRID)
    StockPosition.objects.bulk_create(
        StockPosition(
            channel=channel,
            sku=f"S-{number}",
            item=f"item-{number}",
            location=MADRID,
            mirror=shown,
            dirty=False,
        )
        for number in range(items)
    )
    return channel


def count(channel: Channel, units: int, *, skus: range, minute: int = 0) -> None:
    moment = NOON.replace(minute=minute)
    levels = [
        StockLevel(sku=f"S-{n}", warehouse="CENTRAL", on_hand=Decimal(units), as_of=moment)
        for n in skus
    ]
    stock_intake.accept_levels(channel.company.erpconnection, levels, asked_at=moment)


def prepare(channel: Channel) -> list[int]:
    """Prepare the next write, and return the quantities in it."""
    row = OutboxCommand.objects.filter(channel=channel, kind="stock", status="waiting").latest(
        "pk"
    )
    OutboxCommand.objects.filter(pk=row.pk).update(
        status="running", claims=1, lease_until="2100-01-01T00:00Z"
    )
    row.refresh_from_db()
    stock._prepare(row)
    OutboxCommand.objects.filter(pk=row.pk).update(status="done", lease_until=None)
    return [each["quantity"] for each in row.request["fields"]["rows"]] if row.request else []


def land(channel: Channel) -> None:
    """The writes under way arrived."""
    for row in StockPosition.objects.filter(channel=channel, sent__isnull=False):
        row.mirror, row.sent, row.command = row.sent, None, None
        row.save()


def test_as_many_as_are_allowed_go_to_zero() -> None:
    channel = store_with(10)

    count(channel, 0, skus=range(3))

    assert prepare(channel) == [0, 0, 0]
    assert not MassChange.objects.exists()


def test_more_are_held_with_a_preview_and_the_rest_goes_through() -> None:
    channel = store_with(10)
    count(channel, 0, skus=range(4))
    count(channel, 19, skus=range(4, 10))

    assert prepare(channel) == [19] * 6

    change = MassChange.objects.get()
    assert (change.status, change.to_zero, change.large, change.followed) == ("held", 4, 0, 10)
    assert change.preview[0] == {"sku": "S-0", "shown": 20, "would": 0}
    assert not StockPosition.objects.filter(channel=channel, dirty=True).exists()


def test_what_went_to_zero_within_the_hour_counts() -> None:
    channel = store_with(10)
    count(channel, 0, skus=range(2))
    assert prepare(channel) == [0, 0]
    land(channel)

    count(channel, 0, skus=range(2, 4))

    assert prepare(channel) == []
    assert MassChange.objects.get().to_zero == 2


def test_large_moves_are_held_also_upwards() -> None:
    channel = store_with(10)

    count(channel, 400, skus=range(4))

    assert prepare(channel) == []
    assert MassChange.objects.get().large == 4


def test_first_figures_of_new_items_are_no_mass_change() -> None:
    channel = store_with(10)
    StockPosition.objects.update(mirror=None, never_stocked=True)

    count(channel, 500, skus=range(10))

    assert prepare(channel) == [500] * 10


def test_a_change_that_the_erp_takes_back_releases_itself() -> None:
    channel = store_with(10)
    count(channel, 0, skus=range(6))
    prepare(channel)

    count(channel, 20, skus=range(6), minute=1)

    assert prepare(channel) == []
    assert MassChange.objects.get().status == Status.PASSED
    assert not StockPosition.objects.exclude(mass_change=None).exists()


def test_approved_it_goes_and_is_not_held_again(admin: Callable[[], User]) -> None:
    channel = store_with(10)
    count(channel, 0, skus=range(6))
    prepare(channel)
    change = MassChange.objects.get()

    assert brakes.approve(change, by=admin())
    handle_what_waits()

    assert prepare(channel) == [0] * 6
    assert MassChange.objects.get().status == Status.APPROVED
    assert AuditEntry.objects.get().action == "approve_mass_change"


def test_a_figure_that_comes_before_the_approval_is_handled_is_not_held(
    admin: Callable[[], User],
) -> None:
    channel = store_with(10)
    count(channel, 0, skus=range(6))
    prepare(channel)

    assert brakes.approve(MassChange.objects.get(), by=admin())
    count(channel, 1, skus=range(6), minute=1)

    assert prepare(channel) == [1] * 6
    assert MassChange.objects.count() == 1


def test_rejected_the_store_stays_until_the_erp_says_something_else(
    admin: Callable[[], User],
) -> None:
    channel = store_with(10)
    count(channel, 0, skus=range(6))
    prepare(channel)

    assert brakes.reject(MassChange.objects.get(), by=admin())
    assert not StockPosition.objects.filter(dirty=True).exists()
    # A comparison, or a rule that changes, has them looked at again: no is no.
    stock_ledger.mark_dirty(channel, StockPosition.objects.all())
    assert prepare(channel) == []
    assert MassChange.objects.count() == 1

    count(channel, 19, skus=range(6), minute=1)
    assert prepare(channel) == [19] * 6


def test_only_one_of_two_people_decides(admin: Callable[[], User]) -> None:
    channel = store_with(10)
    count(channel, 0, skus=range(6))
    prepare(channel)
    change = MassChange.objects.get()

    assert brakes.reject(change, by=admin())
    assert not brakes.approve(MassChange.objects.get(), by=admin())
    assert MassChange.objects.get().status == Status.REJECTED


def test_more_than_fit_in_one_call_are_weighed_together() -> None:
    channel = store_with(600, least=10)
    count(channel, 0, skus=range(600))

    row = OutboxCommand.objects.get(kind="stock", status="waiting")
    stock._weigh(channel, MADRID)
    OutboxCommand.objects.filter(pk=row.pk).update(status="waiting")

    assert prepare(channel) == []
    held = MassChange.objects.get()
    assert held.to_zero == 250
    assert StockPosition.objects.filter(dirty=True).count() == 350


def handle_what_waits() -> None:
    while worker.run_one(InboxMessage, handlers.handle):
        pass


@pytest.fixture
def admin() -> Callable[[], User]:
    return lambda: User.objects.get_or_create(username="ana")[0]
