"""Knock at the web server from many threads and count what it answers."""

import http.client
import json
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from shopify_app.webhooks import sign
from tests.end_to_end.world import CLIENT_SECRET

CLIENTS, SECONDS = 8, 3.0
BODY = json.dumps(
    {"inventory_item_id": 1, "location_id": 1, "available": 4, "filling": "x" * 5000}
).encode()


@dataclass
class Answers:
    seconds: float = 0
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        return sum(self.statuses.values()) / self.seconds


def notice(domain: str) -> dict[str, str]:
    """Return the headers of a delivery that nobody has had before."""
    return {
        "Content-Type": "application/json",
        "X-Shopify-Topic": "inventory_levels/update",
        "X-Shopify-Hmac-Sha256": sign(BODY, CLIENT_SECRET),
        "X-Shopify-Shop-Domain": domain,
        "X-Shopify-Webhook-Id": str(uuid.uuid4()),
    }


def knock(url: str, domain: str = "") -> Answers:
    """Post notices for a while; without a domain, look at the page and do nothing."""
    found = Answers()
    lock = threading.Lock()
    end = time.monotonic() + SECONDS
    where = urlsplit(url)

    def one() -> None:
        line = http.client.HTTPConnection(where.hostname or "", where.port, timeout=10)
        seen: Counter[int] = Counter()
        while time.monotonic() < end:
            if domain:
                line.request("POST", where.path, BODY, notice(domain))
            else:
                line.request("GET", where.path)
            answer = line.getresponse()
            answer.read()
            seen[answer.status] += 1
        line.close()
        with lock:
            found.statuses.update(seen)

    started = time.monotonic()
    threads = [threading.Thread(target=one) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found.seconds = time.monotonic() - started
    return found
