"""What can go wrong between the two sides, and what must still be true afterwards."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from sync import queue
from sync.models import Attempt, InboxMessage, OutboxCommand, ShopOrder, StockPosition
from tests.end_to_end.test_first_light import a_sku_with
from tests.end_to_end.world import ROOT, SqlErp, World

DRAIN = "import django; django.setup(); from sync import worker; worker.drain()"


@contextmanager
def worker_process() -> Iterator["subprocess.Popen[bytes]"]:
    """A worker of its own, on the database of this test, that can be killed."""
    database = connection.settings_dict
    address = f"postgresql://{database['USER']}@/{database['NAME']}?host={database['HOST']}"
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": address,
        "APP_URL": settings.APP_URL,
        "SHOPIFY_BASE_URL": settings.SHOPIFY_BASE_URL,
        "SHOPIFY_CLIENT_ID": settings.SHOPIFY_CLIENT_ID,
        "SHOPIFY_CLIENT_SECRETS": ",".join(settings.SHOPIFY_CLIENT_SECRETS),
        "ERP_ALLOWED_NETWORKS": ",".join(settings.ERP_ALLOWED_NETWORKS),
    }
    process = subprocess.Popen([sys.executable, "-c", DRAIN], cwd=ROOT, env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_until(true: Callable[[], bool], *, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def leases_run_out() -> None:
    for model in (InboxMessage, OutboxCommand):
        model.objects.filter(status="running").update(lease_until="2000-01-01T00:00Z")
        queue.release_expired(model)


def our_database() -> psycopg.Connection[Any]:
    database = connection.settings_dict
    return psycopg.connect(user=database["USER"], dbname=database["NAME"], host=database["HOST"])


@pytest.mark.parametrize(
    ("_case", "table"),
    [
        ("while the ERP is entering the order", "gestion.pedidos"),
        ("after the ERP has it and before we know", None),
    ],
)
def test_a_worker_killed_during_an_order_leaves_one_erp_order(
    world: World[SqlErp], _case: str, table: str | None
) -> None:
    world.load()
    placed = world.buy((a_sku_with(world, 3), 1))
    world.deliver()
    blocked_at = psycopg.connect(world.erp.url) if table else our_database()
    with blocked_at as lock:
        # The worker runs into this lock and is killed while it waits.
        lock.execute(f"LOCK TABLE {table or 'mapping_recordlink'} IN ACCESS EXCLUSIVE MODE")
        with worker_process() as process:
            wait_until(lambda: ShopOrder.objects.filter(state="unknown").exists())
            if table is None:
                wait_until(lambda: len(world.erp.orders()) == 1)
            time.sleep(0.5)
            process.send_signal(signal.SIGKILL)
            process.wait()
    leases_run_out()
    world.work()

    (booked,) = world.erp.orders()
    assert ShopOrder.objects.get().erp_number == booked["numero"]
    assert str(booked["total"]) == placed["total"]


def test_a_write_that_was_applied_and_not_answered_is_not_made_twice(world: World[SqlErp]) -> None:
    world.load()
    sku = a_sku_with(world, 3)
    world.shop.post(
        "faults", {"kind": "applied_then_timeout", "match": "SetQuantities", "count": 1}
    )
    world.erp.run("stock", sku, "CENTRAL", "33")
    world.work()

    assert world.available(sku) == world.erp.free(sku, "CENTRAL")
    lost = Attempt.objects.get(operation="set_quantities", outcome="unknown")
    repeated = Attempt.objects.get(operation="set_quantities", outcome="ok", pk__gt=lost.pk)
    assert repeated.idempotency_key == lost.idempotency_key != ""
    assert StockPosition.objects.filter(sent__isnull=False).count() == 0


def test_a_product_created_without_an_answer_exists_once(world: World[SqlErp]) -> None:
    world.shop.post("faults", {"kind": "applied_then_timeout", "match": "ProductSet", "count": 3})
    world.load()

    skus = [
        variant["sku"]
        for product in world.shop.state()["products"]
        for variant in product["variants"]
    ]
    assert len(skus) == len(set(skus)) > 0


def test_a_fulfilment_without_an_answer_is_recorded_once(world: World[SqlErp]) -> None:
    world.load()
    world.buy((a_sku_with(world, 3), 2))
    world.work()
    world.shop.post(
        "faults", {"kind": "applied_then_timeout", "match": "CreateFulfilment", "count": 1}
    )
    number = world.erp.orders()[0]["numero"]
    world.erp.run("ship", number, "--tracking", "SEUR9", "--carrier", "SEUR")
    world.work()

    (order,) = world.shop.state()["orders"]
    assert len(order["fulfillments"]) == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "http_error", "status": 500, "count": 3},
        {"kind": "http_error", "status": 429, "retry_after": 0.2, "count": 3},
        {"kind": "throttled", "count": 3},
        {"kind": "truncated_json", "count": 2},
        {"kind": "html_page", "count": 2},
        {"kind": "expired_token", "count": 1},
    ],
    ids=lambda fault: f"{fault['kind']}-{fault.get('status', '')}",
)
def test_the_sides_agree_after_shopify_was_in_trouble(
    world: World[SqlErp], fault: dict[str, Any]
) -> None:
    world.load()
    sku = a_sku_with(world, 3)
    world.shop.post("faults", fault)
    world.erp.run("stock", sku, "CENTRAL", "27")
    world.buy((sku, 1))
    world.work(seconds=60)

    assert len(world.erp.orders()) == 1
    assert world.available(sku) == world.erp.free(sku, "CENTRAL")


def test_an_order_waits_for_an_erp_that_is_away(world: World[SqlErp]) -> None:
    world.load()
    sku = a_sku_with(world, 3)
    erp = world.channel.company.erpconnection
    there = erp.settings
    erp.settings = {**there, "host": "127.0.0.1", "port": 1}
    erp.save()
    world.buy((sku, 1))
    world.deliver()
    with pytest.raises(AssertionError):
        world.work(seconds=3)
    assert ShopOrder.objects.get().state == ShopOrder.State.UNKNOWN

    erp.settings = there
    erp.save()
    world.work(seconds=60)

    assert len(world.erp.orders()) == 1


def test_a_hand_made_surplus_is_taken_back_and_a_shortage_asks(world: World[SqlErp]) -> None:
    world.load()
    sku = a_sku_with(world, 12)
    right = world.available(sku)
    world.shop.post("inventory", {"sku": sku, "location": "Almacén central", "available": 99})
    world.work()
    assert world.available(sku) == right

    world.shop.post("inventory", {"sku": sku, "location": "Almacén central", "available": 1})
    world.work()

    assert world.available(sku) == 1
    assert StockPosition.objects.filter(sku=sku, held=True).exists()
