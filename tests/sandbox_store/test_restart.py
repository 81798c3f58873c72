"""A store that is stopped and started again remembers everything."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from .conftest import ROOT
from .shop import Ear, RunningStore, ShopClient, TestShop

UNITS = ("available", "committed")


def test_a_restarted_store_goes_on_where_it_stopped(
    start_store: Callable[[], RunningStore],
) -> None:
    first = start_store()
    shop = TestShop.of(first.open(domain="memoria.myshopify.com", locations=[{"name": "Madrid"}]))
    shop.set_stock(7, was=10, key="clave")
    placed = shop.order(("CAM-S", 2))
    shop.subscribe("ORDERS_CREATE", "http://127.0.0.1:9/nadie")
    before = shop.control("GET", "/state")
    last = shop.control("GET", "/counters")["last"]

    assert first.stop() == 0
    second = start_store()
    facts = shop.facts | {"graphql_url": shop.facts["graphql_url"].replace(first.url, second.url)}
    again = TestShop(url=second.url, http=second.http, facts=facts, product=shop.product)

    assert again.control("GET", "/state") == before
    assert again.control("GET", "/counters")["last"] == last
    assert again.levels()["available"] == 5
    assert again.set_stock(7, was=10, key="clave")["userErrors"] == []
    assert again.levels()["available"] == 5
    assert again.order(("CAM-S", 1))["name"] == "#1002"
    assert again.order(("CAM-S", 1))["id"] > placed["id"]


def test_a_folder_of_the_first_version_is_understood(
    start_store: Callable[[], RunningStore], tmp_path: Path
) -> None:
    first = start_store()
    shop = TestShop.of(first.open(domain="memoria.myshopify.com", locations=[{"name": "Madrid"}]))
    shop.order(("CAM-S", 2))
    before = shop.control("GET", "/state?parts=products")
    first.stop()
    file = tmp_path / "memory" / "memoria.myshopify.com.shop.json"
    content = json.loads(file.read_text())
    content["levels"] = {
        f"{item}/{place}": {key: value for key, value in level.items() if key not in UNITS}
        | {"units": {name: level.get(name, 0) for name in UNITS}}
        for place, held in content["levels"].items()
        for item, level in held.items()
    }
    file.write_text(json.dumps(content))

    second = start_store()

    again = ShopClient(url=second.url, http=second.http, facts=shop.facts)
    assert again.control("GET", "/state?parts=products") == before


def test_a_killed_store_loses_at_most_its_last_moment(
    start_store: Callable[[], RunningStore], tmp_path: Path
) -> None:
    first = start_store()
    shop = first.open(domain="golpe.myshopify.com")
    shop.control("POST", "/products", {"title": "Gorra"})
    wait_for_snapshot(tmp_path, b"Gorra")
    first.process.send_signal(signal.SIGKILL)
    first.process.wait(timeout=10)

    second = start_store()
    again = ShopClient(url=second.url, http=second.http, facts=shop.facts)

    assert [each["title"] for each in again.control("GET", "/state")["products"]] == ["Gorra"]


def wait_for_snapshot(folder: Path, word: bytes) -> None:
    """The snapshot is written every half second."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if any(word in file.read_bytes() for file in folder.rglob("*.shop.json")):
            return
        time.sleep(0.05)
    raise AssertionError("no snapshot was written")


def test_ctrl_c_stops_it_cleanly(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sandbox.shopify_store", "--state", str(tmp_path)]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()

    os.kill(process.pid, signal.SIGINT)
    _, complaints = process.communicate(timeout=15)

    assert complaints == ""
    assert process.returncode == 0


def test_a_webhook_on_its_way_survives_a_restart(
    start_store: Callable[[], RunningStore], ear: Ear
) -> None:
    first = start_store()
    shop = TestShop.of(first.open(domain="camino.myshopify.com"))
    shop.subscribe("ORDERS_CREATE", ear.url)
    shop.fault("webhook_delay", seconds=2)
    shop.order(("CAM-S", 1))

    first.stop()
    heard_before = len(ear.heard)
    start_store()
    ear.wait(1, seconds=15)

    assert (heard_before, ear.topics()) == (0, ["orders/create"])
