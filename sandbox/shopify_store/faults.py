"""Faults on demand: each has a kind, a count, and perhaps the operation or topic it waits for."""

from __future__ import annotations

import itertools
import threading
from typing import Any

import msgspec

# On webhooks: what happens to the next `count` deliveries that match.
WEBHOOK_KINDS = ("webhook_drop", "webhook_double", "webhook_delay", "webhook_shuffle")
# Instead of an answer; nothing was done.
REFUSAL_KINDS = ("http_error", "throttled", "expired_token", "html_page", "closed", "api_error")
# After the work was done: the answer is lost, late or damaged.
LOST_KINDS = ("applied_then_timeout", "applied_then_error", "truncated_json", "slow")
# Inside the answer of one mutation: refused with this code, nothing done.
ANSWER_KINDS = ("user_error",)
# On a bulk operation: how it runs and ends; on its file: the address has run out.
BULK_KINDS = ("bulk_fail", "bulk_slow", "bulk_expired_url")
KINDS = WEBHOOK_KINDS + REFUSAL_KINDS + LOST_KINDS + ANSWER_KINDS + BULK_KINDS


class Fault(msgspec.Struct, kw_only=True):
    """`match` is an operation name, a root field or a webhook topic; empty matches all."""

    kind: str
    id: int = 0
    count: int = 1
    match: str = ""
    mutations_only: bool = False
    status: int = 500
    retry_after: float | None = None
    seconds: float = 0
    copies: int = 2
    code: str = "INTERNAL_SERVER_ERROR"
    # How many lines a bulk operation writes before it fails.
    lines: int = 0
    # Let this many matching calls pass first.
    skip: int = 0


class Faults:
    """The switches of one shop. Taking a fault uses it up by one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._active: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        if fault.kind not in KINDS:
            raise ValueError(f"unknown fault {fault.kind!r}; known: {', '.join(KINDS)}")
        with self._lock:
            fault.id = next(self._numbers)
            self._active.append(fault)
        return fault

    def list(self) -> list[Fault]:
        with self._lock:
            return list(self._active)

    def clear(self, number: int | None = None) -> int:
        with self._lock:
            kept = [fault for fault in self._active if number is not None and fault.id != number]
            gone = len(self._active) - len(kept)
            self._active = kept
        return gone

    def take(self, kinds: tuple[str, ...], names: set[str], *, mutation: bool) -> Fault | None:
        """Return the first fault that waits for one of these names, and count it down."""
        with self._lock:
            for fault in self._active:
                if fault.kind not in kinds or not _matches(fault, names, mutation):
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                fault.count -= 1
                if fault.count <= 0:
                    self._active.remove(fault)
                return fault
        return None


def _matches(fault: Fault, names: set[str], mutation: bool) -> bool:
    if fault.mutations_only and not mutation:
        return False
    return not fault.match or fault.match in names


def from_json(body: dict[str, Any]) -> Fault:
    return msgspec.convert(body, Fault)
