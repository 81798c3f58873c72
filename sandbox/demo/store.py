"""The sandbox store, as the demo starts it and looks into it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx2

from sandbox.demo.children import Child, Children
from sandbox.demo.product import STORE, python


@dataclass(frozen=True, kw_only=True)
class Spent:
    """What a stretch of work asked of Shopify."""

    calls: int
    mutations: int
    points: int

    def __sub__(self, other: Self) -> "Spent":
        return Spent(
            calls=self.calls - other.calls,
            mutations=self.mutations - other.mutations,
            points=self.points - other.points,
        )

    def __str__(self) -> str:
        return f"{self.points} points, {self.calls} calls, {self.mutations} of them writes,"


class SandboxStore:
    """One shop in the sandbox; its state survives the demo."""

    def __init__(self, *, port: int, state: Path, keys: Mapping[str, str]) -> None:
        self._port = port
        self._state = state
        self._keys = keys
        self._base = f"http://127.0.0.1:{port}"
        self.address_of_shops = f"{self._base}/shops/{{shop}}"
        self.page = f"{self._base}/shops/{STORE}/"
        self.embedded_page = f"{self._base}/shops/{STORE}/admin/apps/puente"
        self.log = state / f"{STORE}.log.jsonl"

    def start(self, children: Children) -> Child:
        return children.start(
            "store",
            python("-m", "sandbox.shopify_store", "--port", str(self._port))
            + ["--state", str(self._state)],
        )
