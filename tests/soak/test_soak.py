"""The soak itself: `SOAK_MINUTES=10 SOAK_SEED=7 make soak`."""

import json
import os
import random
import sys
import time
from pathlib import Path

import psycopg
import pytest

from tests.bench.installation import Installation, installation
from tests.end_to_end.world import CENTRAL, ROOT, SHOP_FLOOR
from tests.soak.checker import check
from tests.soak.record import HISTORY, collect
from tests.soak.trade import Trade

MINUTES = float(os.environ.get("SOAK_MINUTES", "10"))
SEED = int(os.environ.get("SOAK_SEED", str(int(time.time()))))
# Detection, company, the call, and a busy machine.
WINDOW = 6.0
RECONCILE = 10


def say(text: str) -> None:
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {text}\n")
    sys.stdout.flush()


def quiet(plant: Installation, cycles: int) -> None:
    """Let the scheduled comparisons come round so often, and their work be done."""
    time.sleep(cycles * RECONCILE + 2)
    plant.settle(seconds=300)


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_trade_under_faults_keeps_every_promise(tmp_path: Path) -> None:
    say(f"seed {SEED}, {MINUTES:g} minutes, load {os.getloadavg()}")
    settings = {
        "SYNC_RECONCILE_SECONDS": str(RECONCILE),
        "SYNC_LEASE_SECONDS": "15",
        "SYNC_BURST_MS": "500",
    }
    with installation(tmp_path, runq=("--idle-stall", "6"), **settings) as plant:
        plant.prepare(articles=6)
        plant.erp.query(HISTORY)
        plant.start_web()
        plant.start_worker()
        plant.settle(seconds=120, still=5)
        say("loaded")
        with psycopg.connect(plant.erp.url, autocommit=True) as erp:
            trade = Trade(plant=plant, chance=random.Random(SEED), erp=erp)  # noqa: S311
            trade.run(MINUTES * 60)
            trade.end_all_troubles()
        say(f"traded: {trade.done}")
        took = plant.settle(seconds=300, still=5)
        quiet(plant, 2)
        say(f"settled after {took:.0f} s")
        start = plant.shop.mark()
        quiet(plant, 3)
        record = collect(
            plant.shop,
            plant.erp.url,
            plant.database,
            {"CENTRAL": CENTRAL, "TIENDA": SHOP_FLOOR},
            outages=trade.outages,
            quiet_from=start,
            quiet_until=plant.shop.mark(),
        )
        kept = ROOT / ".local" / "soak" / f"{SEED}.json"
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(record.as_json()))
        for name in ("worker", "web"):
            (kept.parent / f"{SEED}.{name}.log").write_text(plant.log_of(name))
    found = check(record, window=WINDOW)
    say(f"{len(record.shop_orders)} orders, {len(record.log)} entries, kept in {kept}")
    for name, findings in found.items():
        say(f"{name}: {len(findings) or 'holds'}")
        for finding in findings[:10]:
            say(f"    {finding}")
    assert not any(found.values())
