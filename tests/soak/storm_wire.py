"""The wires of the bridge, on which things happen while a call is on its way.

Another worker takes the next piece of work, a customer buys, a notice arrives: between
the moment a call leaves and the moment its answer is read. In one thread, at places
that the seed decides, so that what went wrong once goes wrong again.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from erp_connectors.sql.connector import SqlConnector
from shopify_app import transport

ERP_CALLS = ("pull_stock", "read_stock", "push_order", "cancel_order", "lookup_order")
# What may happen on a wire is told: which one it is, and whether the work is done by now.
Meanwhile = Callable[[str, bool], None]


def tap(
    monkeypatch: pytest.MonkeyPatch, *, before_erp: Callable[[], None], meanwhile: Meanwhile
) -> None:
    """Have `meanwhile` called before and after each call to either side."""
    _tap_store(monkeypatch, meanwhile)
    for name in ERP_CALLS:
        _tap_erp(monkeypatch, name, before_erp, meanwhile)


def _tap_store(monkeypatch: pytest.MonkeyPatch, meanwhile: Meanwhile) -> None:
    real = transport.post

    def post(url: str, **call: Any) -> transport.Response:
        if connection.in_atomic_block or b"query" not in (call.get("content") or b""):
            # A token is renewed under a lock: nothing else can happen there.
            return real(url, **call)
        name = "write" if b"inventorySetQuantities" in call["content"] else "store"
        meanwhile(name, False)
        try:
            return real(url, **call)
        finally:
            meanwhile(name, True)

    monkeypatch.setattr(transport, "post", post)


def _tap_erp(
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    before_erp: Callable[[], None],
    meanwhile: Meanwhile,
) -> None:
    real = getattr(SqlConnector, name)

    def call(connector: SqlConnector, *words: Any, **more: Any) -> Any:
        meanwhile(name, False)
        # The last thing before the call, so that what it does bears the right time.
        before_erp()
        try:
            return real(connector, *words, **more)
        finally:
            meanwhile(name, True)

    monkeypatch.setattr(SqlConnector, name, call)
