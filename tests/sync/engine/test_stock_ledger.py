"""What a store may offer: the ERP's free units, less what the web has sold since."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from mapping.documents import StockLevel, dump
from mapping.models import Channel, FieldRule, WarehouseMapping
from mapping.ownership import STOCK
from sync import queue, stock_intake, stock_ledger
from sync.flows import stock
from sync.models import ErpStock, OutboxCommand, StockPosition, WebDemand
from sync.stock_figures import Reckoner
from tests.sync.makers import make_channel, make_message, make_order

pytestmark = pytest.mark.django_db
MADRID, ELCHE = "gid://shopify/Location/1", "gid://shopify/Location/2"
SKU, ITEM = "BOT-38", "gid://shopify/InventoryItem/7"
NOON = timezone.now().replace(microsecond=0) - timedelta(hours=1)


def shop_with(*warehouses: str, location: str = MADRID, **options: Any) -> Channel:
    channel = make_channel(**options)
    for number, warehouse in enumerate(warehouses):
        WarehouseMapping.objects.create(
            channel=channel, warehouse=warehouse, location=location, ships_orders=number == 0
        )
    return channel


def follow(channel: Channel, *, location: str = MADRID, **options: Any) -> StockPosition:
    values: dict[str, Any] = {"sku": SKU, "item": ITEM, "mirror": 0, "dirty": False}
    return StockPosition.objects.create(channel=channel, location=location, **(values | options))


def count(
    channel: Channel,
    on_hand: str,
    *,
    warehouse: str = "CENTRAL",
    asked_at: datetime = NOON,
    as_of: datetime = NOON,
    **less: str,
) -> int:
    units: dict[str, Any] = {name: Decimal(number) for name, number in less.items()}
    level = StockLevel(
        sku=SKU, warehouse=warehouse, on_hand=Decimal(on_hand), as_of=as_of, **units
    )
    erp = channel.company.erpconnection
    return stock_intake.accept_levels(erp, [level], asked_at=asked_at)


def sell(channel: Channel, units: int, *, location: str = MADRID, **options: Any) -> WebDemand:
    values = {"quantity": units, "unfulfilled": units, "item": ITEM, "sku": SKU}
    order = make_order(channel)
    return WebDemand.objects.create(
        order=order, channel=channel, location=location, **(values | options)
    )


def offered(row: StockPosition) -> int | None:
    reckoning = Reckoner(row.channel, row.location, [row]).reckon(row)
    return reckoning.target.quantity if reckoning else None


def waiting_writes(channel: Channel) -> list[str]:
    rows = OutboxCommand.objects.filter(channel=channel, status="waiting")
    return sorted(rows.values_list("key", flat=True))


def test_nothing_is_offered_of_an_item_the_erp_has_not_spoken_of() -> None:
    assert offered(follow(shop_with("CENTRAL"))) is None


def test_several_warehouses_feed_one_location_and_fractions_sell_nothing() -> None:
    channel = shop_with("CENTRAL", "TIENDA", stock_buffer=2)
    row = follow(channel)
    count(channel, "10.6", reserved="3", blocked="1")
    count(channel, "4.3", warehouse="TIENDA")
    count(channel, "99", warehouse="OUTLET")  # mapped to no location

    assert offered(row) == 10 - 2


@pytest.mark.parametrize(
    ("_case", "in_erp_at", "expected"),
    [
        ("the ERP does not have the order", None, 7),
        ("the ERP took it before it was asked", NOON - timedelta(seconds=1), 10),
        ("the ERP took it at the moment it was asked", NOON, 10),
        ("the ERP took it after it was asked", NOON + timedelta(seconds=1), 7),
    ],
)
def test_a_web_order_counts_until_the_erp_has_reserved_it(
    _case: str, in_erp_at: datetime | None, expected: int
) -> None:
    channel = shop_with("CENTRAL")
    row = follow(channel)
    count(channel, "10")
    sell(channel, 3, in_erp_at=in_erp_at, erp_quantity=3 if in_erp_at else 0)

    assert offered(row) == expected


def test_units_added_to_an_order_the_erp_has_still_count() -> None:
    channel = shop_with("CENTRAL")
    row = follow(channel)
    count(channel, "10")
    sell(channel, 5, in_erp_at=NOON - timedelta(minutes=1), erp_quantity=3)

    assert offered(row) == 8


def test_with_two_warehouses_the_oldest_answer_says_what_it_contains() -> None:
    channel = shop_with("CENTRAL", "TIENDA")
    row = follow(channel)
    count(channel, "5", asked_at=NOON)
    count(channel, "5", warehouse="TIENDA", asked_at=NOON + timedelta(minutes=5))
    sell(channel, 2, in_erp_at=NOON + timedelta(minutes=1), erp_quantity=2)

    assert offered(row) == 8


def test_an_order_nobody_knows_the_place_of_counts_at_every_place() -> None:
    channel = shop_with("CENTRAL")
    WarehouseMapping.objects.create(channel=channel, warehouse="ELCHE", location=ELCHE)
    here, there = follow(channel), follow(channel, location=ELCHE)
    count(channel, "10")
    count(channel, "10", warehouse="ELCHE")
    sell(channel, 1, location="")
    sell(channel, 2, location=ELCHE)

    assert (offered(here), offered(there)) == (9, 7)


def test_units_promised_to_orders_on_their_way_to_us_count() -> None:
    channel = shop_with("CENTRAL")
    row = follow(channel, unknown_web=4)
    count(channel, "3")

    assert offered(row) == 0


def test_a_figure_older_than_ours_changes_nothing_and_asks_for_nothing() -> None:
    channel = shop_with("CENTRAL")
    row = follow(channel)
    count(channel, "10")
    OutboxCommand.objects.all().delete()

    assert count(channel, "99", as_of=NOON - timedelta(seconds=1)) == 0
    assert (offered(row), waiting_writes(channel)) == (10, [])


def test_of_two_figures_of_one_second_the_one_asked_for_last_stays() -> None:
    channel = shop_with("CENTRAL")
    row = follow(channel)
    count(channel, "9", asked_at=NOON + timedelta(seconds=1))

    assert count(channel, "10", asked_at=NOON) == 0
    assert offered(row) == 9


def test_a_figure_pushed_by_an_erp_whose_clock_is_ahead_does_not_hide_an_order() -> None:
    channel = shop_with("CENTRAL")
    row = follow(channel)
    message = make_message(channel, created_at=timezone.now())
    level = StockLevel(
        sku=SKU,
        warehouse="CENTRAL",
        on_hand=Decimal(10),
        as_of=timezone.now() + timedelta(minutes=10),
    )
    message.payload = {"levels": [dump(level)]}
    stock.take_pushed(message)
    sell(channel, 3, in_erp_at=timezone.now(), erp_quantity=3)

    assert offered(row) == 7


def test_an_answer_without_rows_changes_nothing() -> None:
    channel = shop_with("CENTRAL")
    row = follow(channel)
    count(channel, "10")
    erp = channel.company.erpconnection

    assert stock_intake.accept_levels(erp, [], asked_at=timezone.now()) == 0
    assert offered(row) == 10


def test_two_stores_with_equal_skus_and_ids_know_nothing_of_each_other() -> None:
    ours, theirs = shop_with("CENTRAL"), shop_with("CENTRAL")
    row, other = follow(ours), follow(theirs)
    count(ours, "10")
    sell(ours, 4)

    assert (offered(row), offered(other)) == (6, None)
    assert (waiting_writes(ours), waiting_writes(theirs)) == ([MADRID], [])
    other.refresh_from_db()
    assert not other.dirty
    found = stock_ledger.known_open(theirs, [ITEM], MADRID)
    assert found == {}


def test_two_stores_of_one_company_both_hear_of_its_stock() -> None:
    ours = shop_with("CENTRAL")
    sister = make_channel(company=ours.company)
    WarehouseMapping.objects.create(channel=sister, warehouse="CENTRAL", location=MADRID)
    follow(ours)
    follow(sister)
    count(ours, "10")

    assert ErpStock.objects.count() == 1
    assert waiting_writes(ours) == waiting_writes(sister) == [MADRID]


@pytest.mark.parametrize("owner", [FieldRule.Owner.SHOPIFY, FieldRule.Owner.NOBODY])
def test_stock_that_the_erp_does_not_own_is_never_written(owner: str) -> None:
    channel = shop_with("CENTRAL")
    FieldRule.objects.create(channel=channel, field=STOCK, owner=owner)
    row = follow(channel)
    count(channel, "10")

    assert stock.decide(row, Reckoner(channel, MADRID, [row])) is None


def prepared(channel: Channel) -> list[tuple[int, int | None]]:
    """The quantities, new and old, of the write that would leave now."""
    stock_ledger.request_write(channel, MADRID, delay=timedelta(0))
    OutboxCommand.objects.filter(channel=channel).update(run_after=NOON)
    row = queue.claim(OutboxCommand)
    assert row is not None
    if not stock._prepare(row):
        return []
    assert row.request is not None
    return [(each["quantity"], each["change_from"]) for each in row.request["fields"]["rows"]]


def test_decreases_leave_first() -> None:
    channel = shop_with("CENTRAL")
    for number, (mirror, on_hand) in enumerate([(1, 9), (5, 7), (9, 2), (4, 3)]):
        sku = f"S-{number}"
        follow(channel, sku=sku, item=f"item-{number}", mirror=mirror, dirty=True)
        level = StockLevel(sku=sku, warehouse="CENTRAL", on_hand=Decimal(on_hand), as_of=NOON)
        erp = channel.company.erpconnection
        stock_intake.accept_levels(erp, [level], asked_at=NOON)

    assert prepared(channel) == [(2, 9), (3, 4), (7, 5), (9, 1)]
