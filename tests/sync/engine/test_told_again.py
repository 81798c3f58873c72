"""What was told and done once is not done again, nor taken for trouble."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from mapping.documents import dump
from mapping.links import Kind
from mapping.models import RecordLink
from sync import runs
from sync.acknowledge import Acknowledged, acknowledge_order
from sync.models import InboxMessage, OutboxCommand, ShopOrder, Status, SyncJob
from tests.end_to_end.test_first_light import a_sku_with
from tests.end_to_end.world import SqlErp, World
from tests.sync.engine.rows import ask_for
from tests.sync.makers import make_channel, make_document, make_order


def test_a_run_over_shipments_the_store_shows_already_writes_nothing(world: World[SqlErp]) -> None:
    world.load()
    world.buy((a_sku_with(world, 3), 2))
    world.work()
    number = world.erp.orders()[0]["numero"]
    world.erp.run("ship", number, "--tracking", "SEUR1", "--carrier", "SEUR")
    world.work()
    start = world.shop.mark()
    runs.start(world.channel, SyncJob.Kind.FULFILMENTS)
    world.work()

    assert world.shop.mutations(since=start) == []
    assert not OutboxCommand.objects.filter(status=Status.PARKED).exists()
    assert RecordLink.objects.filter(kind=Kind.SHIPMENT).count() == 1


@pytest.mark.django_db
def test_a_shipment_told_again_with_its_tracking_is_sent_with_it() -> None:
    channel = make_channel()
    for tracking in ("", "SEUR1"):
        row = ask_for(channel, "ALB-1", kind="fulfilment", arguments={"shipment": tracking})

    assert OutboxCommand.objects.count() == 1
    assert row.arguments == {"shipment": "SEUR1"}


def cancelled_order() -> ShopOrder:
    channel = make_channel()
    order = make_order(channel)
    document = dump(make_document(order.reference, order.name))
    document["cancelled_at"] = (timezone.now() - timedelta(minutes=1)).isoformat()
    ShopOrder.objects.filter(pk=order.pk).update(document=document)
    return order


@pytest.mark.django_db
def test_an_order_cancelled_before_the_erp_said_it_has_it_is_looked_at_again() -> None:
    order = cancelled_order()
    accepted = acknowledge_order(order, erp_number="P1", erp_total=None)

    assert accepted is Acknowledged.ACCEPTED
    message = InboxMessage.objects.get()
    assert (message.topic, message.key) == ("shopify/order", order.shopify_id)


@pytest.mark.django_db
def test_one_web_order_is_one_erp_order() -> None:
    channel = make_channel()
    first, second = make_order(channel), make_order(channel)
    total = Decimal("94.90")

    answers = [
        acknowledge_order(first, erp_number="P1", erp_total=total),
        acknowledge_order(first, erp_number="P1", erp_total=total),
        acknowledge_order(first, erp_number="P2", erp_total=total),
        acknowledge_order(second, erp_number="P1", erp_total=total),
    ]

    assert answers == ["accepted", "already", "conflict", "conflict"]
    first.refresh_from_db()
    assert (first.erp_number, first.proof["verdict"]) == ("P1", "equal")


@pytest.mark.django_db
def test_equal_erp_numbers_in_two_stores_do_not_meet() -> None:
    orders = [make_order(make_channel()) for _ in range(2)]
    for order in orders:
        assert acknowledge_order(order, erp_number="P1", erp_total=None) == "accepted"
