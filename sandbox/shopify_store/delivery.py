"""The threads that carry webhooks out, beside the API and never in its way."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlsplit

import httpx2

from . import webhooks
from .records import Delivery, Shop
from .store import OpenShop, Store

WORKERS = 8
# Growing by this factor the eight retries take seconds here; Shopify spreads them over 4 hours.
FIRST_DELAY = 0.25
GROWTH = 1.6


class Courier:
    """Delivers what is due, oldest first, with at most eight on the road."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._on_the_road: set[int] = set()
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="courier")
        timeout = httpx2.Timeout(5.0, connect=1.0)
        # Loopback subscribers may show a certificate of their own making.
        self._local = httpx2.Client(timeout=timeout, verify=False, trust_env=False)
        self._client = httpx2.Client(timeout=timeout)
        self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._store.deliver.set()
        self._thread.join(timeout=10)
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._local.close()
        self._client.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._store.deliver.wait(0.1)
            self._store.deliver.clear()
            for opened in self._store.all():
                for delivery in self._due(opened):
                    self._pool.submit(self._attempt, opened, delivery)

    def _due(self, opened: OpenShop) -> list[Delivery]:
        now = self._store.clock.now()
        with opened.lock, self._lock:
            due = [
                each
                for each in opened.shop.deliveries
                if each.due_at <= now and id(each) not in self._on_the_road
            ]
            due.sort(key=lambda each: each.due_at)
            self._on_the_road.update(id(each) for each in due)
        return due

    def _attempt(self, opened: OpenShop, delivery: Delivery) -> None:
        started = time.monotonic()
        status, answer = self._post(opened.shop, delivery)
        took = round(time.monotonic() - started, 3)
        with opened.lock:
            delivery.attempts += 1
            opened.dirty = True
            opened.journal.write(
                "webhook",
                self._store.clock.now(),
                topic=delivery.topic,
                webhook_id=delivery.id,
                event_id=delivery.event_id,
                uri=delivery.uri,
                attempt=delivery.attempts,
                status=status,
                outcome=answer,
                seconds=took,
            )
            self._settle(opened, delivery, ok=status is not None and 200 <= status < 300)
            with self._lock:
                self._on_the_road.discard(id(delivery))

    def _post(self, shop: Shop, delivery: Delivery) -> tuple[int | None, str]:
        secret = shop.app.client_secret if shop.app else ""
        client = (
            self._local if webhooks.is_loopback(urlsplit(delivery.uri).hostname) else self._client
        )
        try:
            answer = client.post(
                delivery.uri,
                content=delivery.body.encode(),
                headers=webhooks.headers(shop.domain, secret, delivery),
                follow_redirects=False,
            )
        except httpx2.HTTPError as error:
            return None, type(error).__name__
        return answer.status_code, "delivered" if answer.is_success else "refused"

    def _settle(self, opened: OpenShop, delivery: Delivery, *, ok: bool) -> None:
        shop = opened.shop
        listener = shop.subscriptions.get(delivery.subscription_id)
        if ok:
            shop.deliveries = [each for each in shop.deliveries if each is not delivery]
            if listener is not None:
                listener.failures = 0
            return
        if listener is not None:
            listener.failures += 1
        if delivery.attempts <= webhooks.RETRIES:
            delay = FIRST_DELAY * GROWTH ** (delivery.attempts - 1) * self._store.retry_scale
            delivery.due_at = self._store.clock.now() + timedelta(seconds=delay)
            return
        shop.deliveries = [each for each in shop.deliveries if each is not delivery]
        if listener is not None and listener.failures >= webhooks.RETRIES:
            with self._store.action(opened, "8 consecutive failures") as act:
                webhooks.unsubscribe(act, listener, "8 consecutive failures")

    def flush(self, opened: OpenShop, *, everything: bool, seconds: float) -> dict[str, int]:
        """Deliver what is due (or all there is) and wait for the outcome."""
        before = opened.journal.last
        if everything:
            with opened.lock:
                for each in opened.shop.deliveries:
                    each.due_at = min(each.due_at, self._store.clock.now())
        end = time.monotonic() + seconds
        while time.monotonic() < end and self._waiting(opened):
            self._store.deliver.set()
            time.sleep(0.02)
        tried = opened.journal.since(before, "webhook", 10**6)
        good = sum(entry.get("outcome") == "delivered" for entry in tried)
        return {
            "delivered": good,
            "failed": len(tried) - good,
            "pending": len(opened.shop.deliveries),
        }

    def _waiting(self, opened: OpenShop) -> bool:
        now = self._store.clock.now()
        with opened.lock:
            return any(each.due_at <= now for each in opened.shop.deliveries)
