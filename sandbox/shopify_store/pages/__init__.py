"""Pages for people: the shop window, its orders, and a stand-in for the Shopify admin."""

from __future__ import annotations

from starlette.routing import BaseRoute

from ..store import Store


def routes(store: Store) -> list[BaseRoute]:
    return []
