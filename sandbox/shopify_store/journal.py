"""The shop's append-only log: what was asked, what changed, what was told to whom."""

from __future__ import annotations

import json
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec


class Journal:
    """One JSON line per event, on disk and in memory; its numbers survive a restart."""

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.Lock()
        self._entries: list[dict[str, Any]] = []
        if path is not None and path.exists():
            self._entries = [json.loads(line) for line in _whole_lines(path)]
        self._file = path.open("ab") if path is not None else None

    def write(self, kind: str, at: datetime, **facts: Any) -> None:
        with self._lock:
            entry = {"n": len(self._entries) + 1, "at": at.isoformat(), "kind": kind, **facts}
            self._entries.append(entry)
            if self._file is not None:
                self._file.write(msgspec.json.encode(entry) + b"\n")
                self._file.flush()

    def since(self, number: int, kind: str | None, limit: int) -> list[dict[str, Any]]:
        with self._lock:
            entries = self._entries[max(number, 0) :]
        chosen = [entry for entry in entries if kind is None or entry["kind"] == kind]
        return chosen[:limit]

    @property
    def last(self) -> int:
        return len(self._entries)

    def clear(self) -> None:
        """Forget everything; only `reset` may."""
        with self._lock:
            self._entries.clear()
            if self._file is not None:
                self._file.truncate(0)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def counters(self, since: int = 0) -> dict[str, Any]:
        """Sum the API calls: how many, what they cost, per operation."""
        totals: dict[str, Any] = {
            "calls": 0,
            "queries": 0,
            "mutations": 0,
            "user_errors": 0,
            "throttled": 0,
            "points_requested": 0,
            "points_actual": 0,
            "operations": {},
        }
        for entry in self.since(since, "api", limit=10**9):
            _count(totals, entry)
            name = entry["operation"] or ",".join(entry["roots"]) or "?"
            each = totals["operations"].setdefault(name, dict.fromkeys(_PER_OPERATION, 0))
            _count(each, entry)
        return totals


_PER_OPERATION = ("calls", "points_requested", "points_actual", "user_errors", "throttled")


def _count(totals: dict[str, Any], entry: dict[str, Any]) -> None:
    totals["calls"] += 1
    totals["points_requested"] += entry["requested"] or 0
    totals["points_actual"] += entry["actual"] or 0
    totals["user_errors"] += bool(entry["user_errors"])
    totals["throttled"] += entry["outcome"] == "THROTTLED"
    if "queries" in totals and entry["executed"]:
        totals["mutations" if entry["mutation"] else "queries"] += 1


def _whole_lines(path: Path) -> list[str]:
    """A line that was being written when the process died is dropped, from the file too."""
    data = path.read_bytes()
    end = data.rfind(b"\n") + 1
    if end != len(data):
        path.write_bytes(data[:end])
    return data[:end].decode().splitlines()
