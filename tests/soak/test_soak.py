"""The soak itself: `SOAK_MINUTES=10 SOAK_SEED=7 make soak`."""

import json
import os
import random
import sys
import time
from pathlib import Path
from typing import Any

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
    settle(plant)


def settle(plant: Installation) -> None:
    """Wait for the work to be done; if it never is, the checker has something to say."""
    try:
        say(f"settled after {plant.settle(seconds=120, still=5):.0f} s")
    except AssertionError as late:
        say(str(late))


def memory(plant: Installation) -> dict[str, Any]:
    """Return what Puente itself believes."""
    tables = (
        *("sync_recurring", "sync_erpstock", "sync_stockposition", "sync_inboxmessage"),
        *("sync_outboxcommand", "sync_attempt", "sync_shoporder", "erp_connectors_erpconnection"),
    )
    return {name: plant.ours(f"SELECT * FROM {name} ORDER BY id") for name in tables}


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_trade_under_faults_keeps_every_promise(tmp_path: Path) -> None:
    say(f"seed {SEED}, {MINUTES:g} minutes, load {os.getloadavg()}")
    settings = {
        "SYNC_RECONCILE_SECONDS": str(RECONCILE),
        "SYNC_LEASE_SECONDS": "15",
        "SYNC_BURST_MS": "500",
    }
    with installation(tmp_path, runq=("--idle-stall", "12"), **settings) as plant:
        plant.prepare(articles=6)
        plant.erp.query(HISTORY)
        plant.start_web()
        plant.start_worker()
        plant.settle(seconds=120, still=5)
        say("loaded")
        with psycopg.connect(plant.erp.url, autocommit=True) as erp:
            trade = Trade(plant=plant, chance=random.Random(SEED), erp=erp)
            trade.run(MINUTES * 60)
            trade.end_all_troubles()
        say(f"traded: {trade.done}")
        settle(plant)
        quiet(plant, 2)
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
        kept = ROOT / ".local" / "soak" / f"{SEED}.json.gz"
        kept.parent.mkdir(parents=True, exist_ok=True)
        record.save(kept)
        for name in ("worker", "web"):
            (kept.parent / f"{SEED}.{name}.log").write_text(plant.log_of(name))
        # Not for the checker: for whoever has to find out why.
        (kept.parent / f"{SEED}.ours.json").write_text(json.dumps(memory(plant), default=str))
    found = check(record, window=WINDOW)
    say(f"{len(record.shop_orders)} orders, {len(record.log)} entries, kept in {kept}")
    for name, findings in found.items():
        say(f"{name}: {len(findings) or 'holds'}")
        for finding in findings[:10]:
            say(f"    {finding}")
    assert not any(found.values())
