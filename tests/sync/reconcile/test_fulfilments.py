"""Shipments that went astray arrive all the same, and what was sent by hand is told."""

from datetime import UTC, datetime, timedelta

from sync import polling
from sync.models import InboxMessage, Recurring
from sync.reconcile.marks import Marks
from tests.end_to_end.test_first_light import a_sku_with
from tests.end_to_end.world import SqlErp, World
from tests.sync.reconcile.rounds import compare, open_differences, writes


def test_a_shipment_that_went_astray_is_shown_once(world: World[SqlErp]) -> None:
    world.load()
    by_erp, by_hand = (world.buy((a_sku_with(world, 3), 1)) for _ in range(2))
    world.work()
    number = world.erp.query(
        "SELECT numero FROM gestion.pedidos WHERE referencia_web = %s",
        f"{world.shop.domain}/{by_erp['id']}",
    )[0]["numero"]
    world.erp.run("ship", number, "--tracking", "SEUR1", "--carrier", "SEUR")
    # As if a poll had passed it over: its cursor has gone by, and nobody was told.
    polling.poll(Recurring.objects.get(kind=Recurring.Kind.POLL_SHIPMENTS))
    InboxMessage.objects.filter(topic="erp/shipment").delete()
    world.shop.post(f"orders/{by_hand['id']}/fulfil")
    world.work()
    start = world.shop.mark()
    counts = compare(world, "fulfilments", full=True)

    assert counts["shipments_found"] == 1
    assert writes(world, start) == ["CreateFulfilment"]
    assert open_differences(world) == {("fulfilment.missing_in_erp", by_hand["name"])}
    assert compare(world, "fulfilments", full=True)["shipments_found"] == 0


NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
MONTH = timedelta(days=30)


def test_the_last_weeks_are_read_from_the_youngest_mark_that_is_old_enough() -> None:
    marks = Marks()
    for day in range(60):
        marks = marks.moved(f"day {day}").leave(NOON + timedelta(days=day), needed=MONTH)

    assert marks.before(NOON + timedelta(days=59) - MONTH) == "day 28"
    assert len(marks.left) <= 6
    assert Marks.read(marks.dump()) == marks


def test_a_list_without_an_old_mark_is_read_from_its_beginning() -> None:
    marks = Marks().moved("now").leave(NOON, needed=MONTH)

    assert marks.before(NOON - MONTH) == ""
    assert Marks.read("").before(NOON) == ""
