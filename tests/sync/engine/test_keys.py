"""A write has its key before it leaves, keeps it while its outcome is unknown, and reads when
the key is too old to be trusted."""

import json
import socket
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from mapping.documents import StockLevel
from mapping.models import Channel, WarehouseMapping
from sync import handlers, queue, stock_intake, worker
from sync.models import OutboxCommand, Recurring, Status, StockPosition
from tests.shopify_app.raw_server import RawServer, answer, data, reset
from tests.sync.makers import make_channel

pytestmark = pytest.mark.django_db(transaction=True)
PLACE = "gid://shopify/Location/1"
DONE: dict[str, Any] = {"inventorySetQuantities": {"userErrors": []}}


@pytest.fixture
def shopify(settings: Any) -> Iterator[RawServer]:
    server = RawServer()
    settings.SHOPIFY_BASE_URL = server.url + "/{shop}"
    settings.SYNC_COALESCE = timedelta(0)
    yield server
    server.close()


@pytest.fixture
def channel() -> Channel:
    """A store that shows 5 of one item of which the ERP has 9."""
    channel = make_channel()
    WarehouseMapping.objects.create(channel=channel, warehouse="CENTRAL", location=PLACE)
    follow(channel, "BOT-38", shown=5, on_hand=9)
    return channel


def follow(channel: Channel, sku: str, *, shown: int | None, on_hand: int, **more: Any) -> None:
    item = f"gid://shopify/InventoryItem/{sku}"
    StockPosition.objects.create(
        channel=channel, sku=sku, item=item, location=PLACE, mirror=shown, **more
    )
    now = timezone.now()
    level = StockLevel(sku=sku, warehouse="CENTRAL", on_hand=Decimal(on_hand), as_of=now)
    stock_intake.accept_levels(channel.company.erpconnection, [level], asked_at=now)


def send() -> OutboxCommand:
    """Let a worker run the write that is due, however long it would have to wait."""
    OutboxCommand.objects.filter(status=Status.WAITING).update(run_after="2000-01-01T00:00Z")
    assert worker.run_one(OutboxCommand, handlers.send)
    return OutboxCommand.objects.latest("pk")


def written(shopify: RawServer) -> list[dict[str, Any]]:
    return [each.variables for each in shopify.requests if b"SetQuantities" in each.body]


def row_as_others_see_it() -> tuple[Any, ...] | None:
    database = connection.settings_dict
    with psycopg.connect(
        user=database["USER"], dbname=database["NAME"], host=database["HOST"]
    ) as other:
        return other.execute(
            "SELECT c.idempotency_key, c.request, p.sent FROM sync_outboxcommand c"
            " JOIN sync_stockposition p ON p.command_id = c.id WHERE c.status = 'running'"
        ).fetchone()


def test_the_key_is_stored_for_all_to_see_when_the_request_arrives(
    shopify: RawServer, channel: Channel
) -> None:
    seen: list[Any] = []

    def look(line: socket.socket) -> None:
        seen.append(row_as_others_see_it())
        data(DONE)(line)

    shopify.script = [look]
    assert send().status == Status.DONE

    ((key, request, on_its_way),) = seen
    (arrived,) = written(shopify)
    assert str(key) == arrived["key"]
    assert (on_its_way, request["fields"]["rows"][0]["quantity"]) == (9, 9)


def test_a_lost_answer_is_asked_for_with_the_same_key_though_the_stock_has_moved(
    shopify: RawServer, channel: Channel
) -> None:
    shopify.script = [reset, data(DONE), data(DONE)]
    row = send()
    assert (row.status, row.request is not None) == (Status.WAITING, True)
    follow_up = StockLevel(
        sku="BOT-38", warehouse="CENTRAL", on_hand=Decimal(2), as_of=timezone.now()
    )
    stock_intake.accept_levels(channel.company.erpconnection, [follow_up], asked_at=timezone.now())
    send()
    send()

    first, second, third = written(shopify)
    assert first == second
    assert third["key"] != first["key"]
    (quantity,) = third["input"]["quantities"]
    assert (quantity["quantity"], quantity["changeFromQuantity"]) == (2, 9)
    assert StockPosition.objects.get().sent is None


def level(available: int) -> dict[str, Any]:
    now = timezone.now().isoformat()
    names = {"available": available, "on_hand": available, "committed": 0}
    return {
        "nodes": [
            {
                "id": "gid://shopify/InventoryItem/BOT-38",
                "tracked": True,
                "inventoryLevel": {
                    "updatedAt": now,
                    "quantities": [
                        {"name": name, "quantity": units} for name, units in names.items()
                    ],
                },
            }
        ]
    }


def test_after_23_hours_the_store_is_read_before_anything_is_written(
    shopify: RawServer, channel: Channel
) -> None:
    shopify.script = [reset, data(level(5)), data(DONE)]
    row = send()
    old = timezone.now() - timedelta(hours=23, seconds=1)
    OutboxCommand.objects.filter(pk=row.pk).update(sent_at=old)
    send()
    assert len(shopify.requests) == 1
    send()

    first, second = written(shopify)
    assert first["key"] != second["key"]
    assert b"SetQuantities" not in shopify.requests[1].body


def test_a_call_refused_as_a_whole_leaves_nothing_on_its_way(
    shopify: RawServer, channel: Channel
) -> None:
    shopify.script = [answer({"errors": [{"message": "Variable $input is not valid"}]})]
    row = send()

    position = StockPosition.objects.get()
    assert (row.status, row.request) == (Status.PARKED, None)
    assert (position.sent, position.command) == (None, None)
    assert position.set_aside


def test_what_the_first_look_left_out_is_looked_at_too(
    shopify: RawServer, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand items that need no write must not hide the one that does."""
    monkeypatch.setattr("sync.flows.stock.BATCH", 2)
    StockPosition.objects.all().delete()
    for number in range(9):
        follow(channel, f"S-{number}", shown=3, on_hand=3)
    follow(channel, "BOT-38", shown=5, on_hand=9)
    OutboxCommand.objects.filter(status=Status.DONE).delete()
    shopify.otherwise = data(DONE)
    while OutboxCommand.objects.filter(status=Status.WAITING).exists():
        send()

    (only,) = written(shopify)
    assert only["input"]["quantities"][0]["quantity"] == 9
    assert not StockPosition.objects.filter(dirty=True).exists()


def test_a_batch_refused_without_naming_the_offender_is_narrowed_down_to_it(
    shopify: RawServer, channel: Channel
) -> None:
    for number in range(3):
        follow(channel, f"S-{number}", shown=1, on_hand=2)

    def judge(line: socket.socket) -> None:
        body = json.loads(shopify.requests[-1].body)["variables"]["input"]
        items = [each["inventoryItemId"] for each in body["quantities"]]
        bad = any(each.endswith("BOT-38") for each in items)
        errors = [{"code": "INVALID", "field": None, "message": "No"}] if bad else []
        data({"inventorySetQuantities": {"userErrors": errors}})(line)

    shopify.otherwise = judge
    for _ in range(20):
        if not OutboxCommand.objects.filter(status=Status.WAITING).exists():
            break
        send()

    aside = StockPosition.objects.exclude(set_aside="")
    assert [each.sku for each in aside] == ["BOT-38"]
    right = StockPosition.objects.filter(set_aside="")
    assert {each.mirror for each in right} == {2}
    assert len(written(shopify)) <= 8


def test_a_worker_that_lost_its_row_sends_nothing(shopify: RawServer, channel: Channel) -> None:
    OutboxCommand.objects.update(run_after="2000-01-01T00:00Z")
    zombie = queue.claim(OutboxCommand)
    assert zombie is not None
    OutboxCommand.objects.update(lease_until="2000-01-01T00:00Z")
    queue.release_expired(OutboxCommand)

    with pytest.raises(queue.LeaseLost):
        handlers.send(zombie)
    assert shopify.requests == []
    assert StockPosition.objects.get().sent is None
    assert not Recurring.objects.exists()
