"""Points are shared: between calls, threads and processes, and never spent twice."""

import multiprocessing
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone

from shopify_app import limiter
from shopify_app.limiter import Priority
from shopify_app.models import RateBudget, Shop
from tests.shopify_app.conftest import make_shop


def budget(shop: Shop, available: float, *, rate: float = 0.001) -> None:
    """Set the budget; the tiny rate keeps the clock out of the sums."""
    values = {"available": available, "restore_rate": rate, "maximum": 2000}
    RateBudget.objects.update_or_create(
        shop=shop, defaults=values | {"updated_at": timezone.now()}
    )


def left(shop: Shop) -> float:
    return RateBudget.objects.get(shop=shop).available


def test_a_new_store_starts_with_a_budget(shop: Shop) -> None:
    assert limiter.reserve(shop, 13) == 0
    assert 986 < left(shop) < 988


@pytest.mark.parametrize(
    ("priority", "taken"),
    [
        (Priority.STOCK, True),
        (Priority.ORDERS, True),
        (Priority.NORMAL, True),
        (Priority.BULK, False),
    ],
)
def test_bulk_leaves_a_fifth_for_stock_and_orders(
    shop: Shop, priority: Priority, taken: bool
) -> None:
    budget(shop, 405)

    wait = limiter.reserve(shop, 10, priority)

    assert (wait == 0) is taken


def test_stock_may_take_the_last_point(shop: Shop) -> None:
    budget(shop, 10)

    assert limiter.reserve(shop, 10, Priority.ORDERS) > 0
    assert limiter.reserve(shop, 10, Priority.STOCK) == 0


def test_the_wait_is_what_the_refill_takes(shop: Shop) -> None:
    budget(shop, 0, rate=100)

    assert 0.05 < limiter.reserve(shop, 10, Priority.STOCK) <= 0.1
    time.sleep(0.11)
    assert limiter.reserve(shop, 10, Priority.STOCK) == 0


def test_a_call_as_large_as_the_bucket_is_possible(shop: Shop) -> None:
    budget(shop, 2000)

    assert limiter.reserve(shop, 1990, Priority.BULK) == 0


def test_a_clock_set_back_neither_gives_nor_takes(shop: Shop) -> None:
    budget(shop, 5, rate=100)
    RateBudget.objects.update(updated_at=timezone.now() + timedelta(hours=1))

    assert limiter.reserve(shop, 10, Priority.STOCK) == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("_case", "ours", "refund", "shown", "expected"),
    [
        ("others of our app spent some", 1000, 0, 700, 700),
        ("calls on their way are not in Shopify's figure yet", 500, 0, 900, 500),
        ("what was reserved and not spent comes back", 500, 90, 900, 590),
    ],
)
def test_shopifys_answer_corrects_the_budget(
    shop: Shop, _case: str, ours: float, refund: float, shown: float, expected: float
) -> None:
    budget(shop, ours)
    status = {"maximumAvailable": 4000.0, "currentlyAvailable": shown, "restoreRate": 200.0}

    limiter.settle(shop, status, refund=refund)

    row = RateBudget.objects.get(shop=shop)
    assert row.available == pytest.approx(expected, abs=1)
    assert (row.maximum, row.restore_rate) == (4000, 200)


@pytest.mark.django_db(transaction=True)
def test_threads_never_spend_the_same_points() -> None:
    shop = make_shop()
    budget(shop, 500)
    barrier = threading.Barrier(8)

    def spend(_: int) -> int:
        barrier.wait()
        taken = sum(limiter.reserve(shop, 10, Priority.STOCK) == 0 for _ in range(20))
        connection.close()
        return taken

    with ThreadPoolExecutor(8) as pool:
        taken = sum(pool.map(spend, range(8)))

    assert taken == 50
    assert left(shop) == pytest.approx(0, abs=1)


@pytest.mark.django_db(transaction=True)
def test_the_first_calls_of_a_store_make_one_budget() -> None:
    shop = make_shop()
    barrier = threading.Barrier(8)

    def spend(_: int) -> float:
        barrier.wait()
        wait = limiter.reserve(shop, 10, Priority.STOCK)
        connection.close()
        return wait

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(spend, range(8))) == [0.0] * 8

    assert left(shop) == pytest.approx(920, abs=30)


def _spend_in_a_process(shop_id: int, taken: "multiprocessing.Queue[int]") -> None:
    connections.close_all()
    shop = Shop.objects.get(pk=shop_id)
    taken.put(sum(limiter.reserve(shop, 10, Priority.STOCK) == 0 for _ in range(30)))
    connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_processes_never_spend_the_same_points() -> None:
    shop = make_shop()
    budget(shop, 700)
    connections.close_all()
    context = multiprocessing.get_context("fork")
    taken: multiprocessing.Queue[int] = context.Queue()
    workers = [
        context.Process(target=_spend_in_a_process, args=[shop.pk, taken]) for _ in range(4)
    ]
    for worker in workers:
        worker.start()
    total = sum(taken.get(timeout=30) for _ in workers)
    for worker in workers:
        worker.join()

    assert total == 70
    assert left(shop) == pytest.approx(0, abs=1)
