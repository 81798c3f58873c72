"""A running store for the whole session, a fresh shop for every test, an ear for its webhooks."""

from __future__ import annotations

import re
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .shop import Ear, RunningStore, ShopClient, TestShop

ROOT = Path(__file__).resolve().parents[2]


def start(*options: str) -> RunningStore:
    """Start the store as a process of its own, as the demo does."""
    command = [sys.executable, "-m", "sandbox.shopify_store", "--port", "0", *options]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    plain = re.search(r"http://\S+", process.stdout.readline())
    assert plain is not None, "the store did not start"
    secure = None
    if "--tls-port" in options:
        secure = re.search(r"https://\S+", process.stdout.readline())
    return RunningStore(process=process, url=plain[0], tls_url=secure[0] if secure else "")


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStore]:
    folder = tmp_path_factory.mktemp("store")
    # Retries come twenty times faster here, so that eight of them fit in a test.
    options = ("--tls-port", "0", "--tls-dir", str(folder / "tls"), "--retry-scale", "0.05")
    running = start("--state", str(folder), *options)
    running.ca = folder / "tls" / "ca.pem"
    yield running
    running.stop()


@pytest.fixture
def start_store(tmp_path: Path) -> Iterator[Callable[[], RunningStore]]:
    """Starts stores that remember in one folder, for tests about restarts."""
    started: list[RunningStore] = []

    def again() -> RunningStore:
        started.append(start("--state", str(tmp_path / "memory"), "--retry-scale", "0.05"))
        return started[-1]

    yield again
    for running in started:
        running.stop()


@pytest.fixture
def ear() -> Iterator[Ear]:
    """An address that hears webhooks."""
    listening = Ear()
    yield listening
    listening.close()


@pytest.fixture
def open_shop(store: RunningStore) -> Callable[..., ShopClient]:
    def make(**options: object) -> ShopClient:
        domain = f"tienda-{secrets.token_hex(4)}.myshopify.com"
        return store.open(domain=domain, **options)

    return make


@pytest.fixture
def shop(open_shop: Callable[..., ShopClient]) -> TestShop:
    """A shop with two locations and one product in two sizes, ten of each in Madrid."""
    return TestShop.of(open_shop(locations=[{"name": "Madrid"}, {"name": "Valencia"}]))
