"""`make bench`: a table on the terminal and numbers in .local/bench/.

Counters are exact and asserted. Times depend on the machine: read them as ratios within
this run, beside the load that is printed with them.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.bench import doors, latency, minimum
from tests.bench.installation import DOMAIN, Installation, installation
from tests.bench.many_levels import add_levels, drift, leave_alone
from tests.end_to_end.world import ROOT

DEAREST = 1.2
ROUNDS = 3
# Levels changed by hand, and the calls that the store takes them back in.
DRIFT, FEWEST_WRITES = 100, 2
SIZES = (10_000, 100_000, 1_000_000)
# `BENCH_LEVELS=100000 make bench` is done in two minutes; a million takes ten.
MOST_LEVELS = int(os.environ.get("BENCH_LEVELS", str(SIZES[-1])))
Note = Callable[..., None]
pytestmark = pytest.mark.timeout(900)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@pytest.fixture(scope="module")
def note() -> Iterator[Note]:
    """Takes a line of the table."""
    lines: dict[str, dict[str, Any]] = {}

    def take(name: str, **numbers: Any) -> None:
        lines[name] = numbers | {"load": round(os.getloadavg()[0], 2)}
        say(f"\n{name:<28}" + "  ".join(f"{key} {value}" for key, value in lines[name].items()))

    yield take
    target = ROOT / ".local" / "bench" / f"{time.strftime('%Y-%m-%d-%H%M%S')}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(lines, indent=1))
    say(f"\n{target}")


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("measured")
    with installation(folder, SYNC_RECONCILE_SECONDS="3600") as made:
        made.prepare()
        made.start_web()
        yield made


def test_initial_load(plant: Installation, note: Note) -> None:
    start = plant.shop.mark()
    plant.start_worker()
    seconds = plant.settle(seconds=600, still=6)
    state = plant.shop.state()["products"]
    least = minimum.catalogue(state)
    used = plant.shop.get("counters", since=start)
    note(
        "initial load",
        products=len(state),
        variants=sum(len(each["variants"]) for each in state),
        calls=used["calls"],
        least_calls=least.calls,
        points=used["points_actual"],
        least_points=round(least.points, 1),
        ratio=round(used["points_actual"] / least.points, 2),
        throttled=used["throttled"],
        seconds=round(seconds, 1),
    )
    assert used["points_actual"] <= DEAREST * least.points


def test_second_run(plant: Installation, note: Note) -> None:
    start = plant.shop.mark()
    for stream in ("catalogue", "prices", "stock"):
        plant.manage("sync", stream, "--store", DOMAIN, "--wait")
    plant.manage("reconcile", "--store", DOMAIN, "--wait")
    used = plant.shop.get("counters", since=start)
    note("second run", mutations=used["mutations"], points=used["points_actual"])
    assert used["mutations"] == 0


@pytest.mark.parametrize("changes", [100, 1000])
def test_stock_changes(plant: Installation, note: Note, changes: int) -> None:
    start = plant.shop.mark()
    plant.erp.run("bulk-stock", str(changes), "--seed", "7")
    time.sleep(2)
    plant.settle(seconds=120)
    levels = plant.shop.get("log", since=start, kind="level", limit=10**6)["entries"]
    places = {(each["sku"], each["location"]) for each in levels if each["name"] == "available"}
    least = minimum.stock(Counter(location for _, location in places).values())
    used = plant.shop.get("counters", since=start)
    ratio = used["points_actual"] / least.points
    note(
        f"{changes} stock changes asked",
        written=len(places),
        calls=used["calls"],
        least_calls=least.calls,
        points=used["points_actual"],
        ratio=round(ratio, 2),
    )
    assert ratio <= DEAREST


def test_latency(plant: Installation, note: Note) -> None:
    note("ERP stock to store", **latency.stock(plant))
    note("order to ERP", **latency.orders(plant))
    note("shipment to fulfilment", **latency.shipments(plant))


def test_queue(plant: Installation, note: Note) -> None:
    plant.stop_worker()
    for each in json.loads(_apart(plant, "tests.bench.queue_speed")):
        note(f"queue at {each.pop('depth'):,}", **each)


def _apart(plant: Installation, module: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", module],
        cwd=ROOT,
        env=plant.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_webhook_door(plant: Installation, note: Note) -> None:
    ratios, rates, statuses, accepted = [], [], Counter[int](), 0
    for _ in range(ROUNDS):
        idle = doors.knock(f"{plant.url}/health/live")
        door = doors.knock(f"{plant.url}/shopify/webhooks", DOMAIN)
        ratios.append(door.rate / idle.rate)
        rates.append(door.rate)
        statuses += idle.statuses + door.statuses
        accepted += door.statuses[200]
    kept = plant.ours("SELECT count(*) AS n FROM sync_inboxmessage WHERE key LIKE '%%Item/1@%%'")
    note(
        "webhook door",
        per_second=round(statistics.median(rates)),
        ratio_to_noop=round(statistics.median(ratios), 2),
        answers=dict(statuses),
    )
    assert set(statuses) == {200}
    assert kept[0]["n"] == accepted


@pytest.fixture
def large(tmp_path: Path) -> Iterator[Installation]:
    """Both sides without an article of their own, to be filled with very many."""
    with installation(tmp_path) as made:
        made.prepare(articles=0, saved=False)
        leave_alone(made)
        made.start_worker()
        yield made


@pytest.mark.timeout(3600)
def test_full_comparison(large: Installation, note: Note) -> None:
    """Everything of both sides, with a hundred levels changed by hand: exactly those are
    written, and a hundred times the levels take no more memory.
    """
    peaks: dict[int, int] = {}
    for levels in (each for each in SIZES if each <= MOST_LEVELS):
        add_levels(large, levels)
        drift(large, DRIFT, levels)
        start = large.shop.mark()
        seconds, peaks[levels] = _compare(large)
        used = large.shop.get("counters", since=start)
        rows = large.shop.get("log", since=start, kind="level", limit=10**6)["entries"]
        written = [each["sku"] for each in rows if each["name"] == "available"]
        note(
            f"full comparison of {levels:,}",
            written=len(written),
            writes=used["operations"]["SetQuantities"]["calls"],
            calls=used["calls"],
            points=used["points_actual"],
            seconds=round(seconds, 1),
            peak_mb=peaks[levels],
        )
        assert len(written) == len(set(written)) == DRIFT
        assert used["operations"]["SetQuantities"]["calls"] <= FEWEST_WRITES
    smallest, largest = min(peaks), max(peaks)
    assert peaks[largest] <= DEAREST * peaks[smallest]


def _compare(plant: Installation) -> tuple[float, int]:
    """Return the seconds it took and the peak, which the kernel tells in kilobytes."""
    command = [sys.executable, "manage.py", "reconcile", "--store", DOMAIN, "--full"]
    started = time.monotonic()
    process = subprocess.Popen(
        [*command, "--stream", "stock", "--wait", "--skip-checks"],
        cwd=ROOT,
        env=plant.environment,
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return time.monotonic() - started, used.ru_maxrss // 1024
