"""All shops of this process: their memory, their locks, and the file they survive in."""

from __future__ import annotations

import secrets
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from . import snapshots
from .bucket import Bucket
from .clock import Clock
from .faults import Faults
from .journal import Journal
from .records import Shop

# A save may take one part in so many of the time.
SAVING_SHARE = 20
Announce = Callable[["Action", str, Any], None]


@dataclass(kw_only=True)
class OpenShop:
    """A shop with what only lives in this process: its lock, its bucket, its switches."""

    shop: Shop
    journal: Journal
    bucket: Bucket
    faults: Faults = field(default_factory=Faults)
    lock: threading.RLock = field(default_factory=threading.RLock)
    dirty: bool = True


class Store:
    """The shops by domain. Changes reach the disk on a clean stop, and within a second.

    Except in very large shops: those are saved more seldom while they run.
    """

    def __init__(
        self, directory: Path | None, *, announce: Announce, retry_scale: float = 1.0
    ) -> None:
        self.clock = Clock()
        self.announce = announce
        self.retry_scale = retry_scale
        self.deliver: threading.Event = threading.Event()
        self.base_url = ""
        self._directory = directory
        self._scratch = None if directory else tempfile.TemporaryDirectory(prefix="sandbox-")
        # Where files lie that are too large for memory; without a state folder, for this run.
        self.folder = directory or Path(self._scratch.name if self._scratch else "")
        self._lock = threading.Lock()
        self._shops: dict[str, OpenShop] = {}
        self._stop = threading.Event()
        self._saved_offset = 0.0
        if directory is not None:
            directory.mkdir(parents=True, exist_ok=True)
            self._load(directory)
        self._saver = threading.Thread(target=self._save_for_ever, name="saver", daemon=True)
        self._saver.start()

    def _load(self, directory: Path) -> None:
        clock = directory / "clock.json"
        if clock.exists():
            self.clock.advance(msgspec.json.decode(clock.read_bytes(), type=float))
        for path in sorted(directory.glob("*.shop.json")):
            self._open(snapshots.load(path))

    def _open(self, shop: Shop) -> OpenShop:
        log = self._directory / f"{shop.domain}.log.jsonl" if self._directory else None
        opened = OpenShop(
            shop=shop,
            journal=Journal(log),
            bucket=Bucket(self.clock, size=shop.bucket_size, rate=shop.restore_rate),
        )
        self._shops[shop.domain] = opened
        return opened

    def add(self, shop: Shop) -> OpenShop:
        with self._lock:
            if shop.domain in self._shops:
                raise ValueError(f"there is already a shop {shop.domain}")
            return self._open(shop)

    def get(self, domain: str) -> OpenShop | None:
        return self._shops.get(domain)

    def at_host(self, host: str) -> OpenShop | None:
        """The shop that a Host header names, else the only shop there is."""
        name = host.rsplit(":", 1)[0]
        if found := self._shops.get(host) or self._shops.get(name):
            return found
        return next(iter(self._shops.values()), None)

    def all(self) -> list[OpenShop]:
        return list(self._shops.values())

    def save(self) -> None:
        if self._directory is None:
            return
        for opened in self.all():
            if opened.dirty:
                self._save_shop(self._directory, opened)
        offset = self.clock.offset.total_seconds()
        if offset != self._saved_offset:
            self._saved_offset = offset
            _replace(self._directory / "clock.json", msgspec.json.encode(offset))

    def _save_shop(self, directory: Path, opened: OpenShop) -> None:
        with opened.lock:
            opened.dirty = False
            text = msgspec.json.encode(opened.shop)
        _replace(directory / f"{opened.shop.domain}.shop.json", text)

    def _save_for_ever(self) -> None:
        pause = 0.5
        while not self._stop.wait(pause):
            began = time.monotonic()
            self.save()
            # A shop of a million items takes seconds to write, under its lock: less often then.
            pause = max(0.5, SAVING_SHARE * (time.monotonic() - began))

    def close(self) -> None:
        self._stop.set()
        self._saver.join(timeout=10)
        self.save()
        for opened in self.all():
            opened.journal.close()
        if self._scratch is not None:
            self._scratch.cleanup()

    @contextmanager
    def action(self, opened: OpenShop, why: str, *, writes: bool = True) -> Iterator[Action]:
        """One thing that happens in a shop: under its lock, told to its subscribers at the end."""
        with opened.lock:
            act = Action(store=self, opened=opened, why=why)
            try:
                yield act
            finally:
                opened.dirty = opened.dirty or writes
                act.finish()
        if writes:
            self.deliver.set()


def _replace(path: Path, content: bytes) -> None:
    draft = path.with_suffix(f".{secrets.token_hex(4)}.draft")
    draft.write_bytes(content)
    draft.replace(path)


class Action:
    """What one call or click does: one time, one event id, one cause, and news at the end."""

    def __init__(self, *, store: Store, opened: OpenShop, why: str) -> None:
        self.store = store
        self.opened = opened
        self.shop = opened.shop
        self.now: datetime = store.clock.now()
        self.event_id = str(uuid.uuid4())
        self.why = why
        self._news: dict[tuple[str, int], Any] = {}

    def later(self, seconds: float) -> datetime:
        return self.now + timedelta(seconds=seconds)

    def tell(self, topic: str, record: Any, key: int | None = None) -> None:
        """Announce a topic for a record once per action, with its state at the end."""
        self._news[topic, record.id if key is None else key] = record

    def log(self, kind: str, **facts: Any) -> None:
        self.opened.journal.write(kind, self.now, why=self.why, **facts)

    def finish(self) -> None:
        news, self._news = self._news, {}
        for (topic, _), record in news.items():
            self.store.announce(self, topic, record)


def pause(seconds: float) -> None:
    """Simulated latency, outside any lock."""
    if seconds > 0:
        time.sleep(seconds)
