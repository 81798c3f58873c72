"""The post between the stores and the bridge. It loses, doubles and shuffles what it carries.

The store delivers here, over HTTP, and takes the notice for delivered. The bridge gets it
when the storm hands it over, in an order that the seed decides.
"""

import json
import random
import threading
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from operator import attrgetter
from typing import Any

from django.test import Client

LOST = 0.05
DOUBLED = 0.10
SHUFFLED = 0.10
# How late a shuffled notice, or the second copy of one, may come.
LATEST = 6.0


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One signed notice as the store sent it."""

    body: bytes
    headers: dict[str, str]
    sent_at: datetime
    due_at: datetime

    @property
    def order(self) -> tuple[Any, ...]:
        """The same on every day of one seed, however the store's couriers ran."""
        facts = json.loads(self.body)
        names = ("order_id", "id", "inventory_item_id", "location_id")
        shop, topic = self.headers["X-Shopify-Shop-Domain"], self.headers["X-Shopify-Topic"]
        return (self.sent_at, shop, topic, [str(facts.get(name)) for name in names])


class _Counter(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "_Office"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.take(body, dict(self.headers))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""


class _Office(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Counter)
        self._lock = threading.Lock()
        self._arrived: list[Letter] = []

    def take(self, body: bytes, headers: dict[str, str]) -> None:
        sent_at = datetime.fromisoformat(headers["X-Shopify-Triggered-At"])
        letter = Letter(body=body, headers=headers, sent_at=sent_at, due_at=sent_at)
        with self._lock:
            self._arrived.append(letter)

    def empty(self) -> list[Letter]:
        with self._lock:
            arrived, self._arrived = self._arrived, []
        return sorted(arrived, key=attrgetter("order"))


@dataclass(frozen=True, kw_only=True)
class Told:
    """What became of one notice. `about`: an order's number, or None for a level."""

    sent_at: datetime
    shop: str
    about: int | None
    lost: bool


@dataclass(kw_only=True)
class Post:
    """Carries notices. `honest` for as long as nothing shall go wrong with them."""

    chance: random.Random
    honest: bool = True
    lost: int = 0
    doubled: int = 0
    shuffled: int = 0
    carried: int = 0
    told: list[Told] = field(default_factory=list)
    _bag: list[Letter] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._office = _Office()
        self._thread = threading.Thread(target=self._office.serve_forever, daemon=True)
        self._thread.start()
        self._client = Client()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._office.server_address[1]}"

    def close(self) -> None:
        self._office.shutdown()
        self._office.server_close()

    def throw_away(self) -> None:
        """Forget everything that has come."""
        self._office.empty()
        self._bag.clear()

    def hand_over(self, now: datetime, *, everything: bool = False) -> int:
        """Give the bridge what is due. Return how many letters that were."""
        for letter in self._office.empty():
            self._bag += self._fate(letter)
        due = [each for each in self._bag if everything or each.due_at <= now]
        self._bag = [each for each in self._bag if not everything and each.due_at > now]
        for letter in sorted(due, key=attrgetter("due_at")):
            self._give(letter)
        return len(due)

    @property
    def waiting(self) -> int:
        return len(self._bag)

    def _fate(self, letter: Letter) -> list[Letter]:
        self.carried += 1
        luck = 1.0 if self.honest else self.chance.random()
        self.told.append(_told(letter, lost=luck < LOST))
        if luck < LOST:
            self.lost += 1
            return []
        if luck < LOST + DOUBLED:
            self.doubled += 1
            return [letter, self._later(letter)]
        if luck < LOST + DOUBLED + SHUFFLED:
            self.shuffled += 1
            return [self._later(letter)]
        return [letter]

    def _later(self, letter: Letter) -> Letter:
        late = timedelta(seconds=self.chance.uniform(0, LATEST))
        return replace(letter, due_at=letter.due_at + late)

    def _give(self, letter: Letter) -> None:
        headers = {k: v for k, v in letter.headers.items() if k.startswith("X-Shopify")}
        answer = self._client.post(
            "/shopify/webhooks",
            data=letter.body,
            content_type="application/json",
            headers=headers,
        )
        assert answer.status_code == 200, (answer.status_code, letter)


def _told(letter: Letter, *, lost: bool) -> Told:
    facts = json.loads(letter.body)
    topic = letter.headers["X-Shopify-Topic"]
    about = facts.get("order_id") or facts.get("id")
    return Told(
        sent_at=letter.sent_at,
        shop=letter.headers["X-Shopify-Shop-Domain"],
        about=None if topic.startswith("inventory") else about,
        lost=lost,
    )
