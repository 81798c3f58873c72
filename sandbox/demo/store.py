"""The sandbox store, as the demo starts it and looks into it."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx2

from sandbox.demo.children import Children
from sandbox.demo.product import STORE, python
from sandbox.demo.web import answers, client

# What a merchant lets the app do when installing it.
SCOPES = [
    "read_customers",
    "read_locations",
    "read_orders",
    "write_inventory",
    "write_merchant_managed_fulfillment_orders",
    "write_products",
    "write_publications",
]


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
        return f"{self.points} points, {self.calls} calls, {self.mutations} of them writes"


@dataclass(frozen=True, kw_only=True)
class Contents:
    """How much there is in the store."""

    products: int
    variants: int
    metafields: int
    levels: int

    @classmethod
    def of(cls, products: list[dict[str, Any]]) -> Self:
        variants = [variant for product in products for variant in product["variants"]]
        return cls(
            products=len(products),
            variants=len(variants),
            metafields=sum(len(each["metafields"]) for each in (*products, *variants)),
            levels=sum(len(variant["levels"]) for variant in variants),
        )

    def __str__(self) -> str:
        return (
            f"{self.products} products with {self.variants} variants, {self.metafields} typed "
            f"attributes and {self.levels} stock figures"
        )

    def least_points(self) -> float:
        """What Shopify must be paid to load all this by the leanest calls we know.

        A product in one call of 10, and for each variant 0.2 and the two ids that come
        back; 0.4 for a metafield; 10 for every 250 stock figures.
        """
        per_product = 10 * self.products + 2.2 * self.variants + 0.4 * self.metafields
        return per_product + 10 * math.ceil(self.levels / 250)


class SandboxStore:
    """One shop in the sandbox; its state survives the demo."""

    def __init__(self, *, port: int, state: Path, keys: Mapping[str, str], app_url: str) -> None:
        self._port = port
        self._state = state
        self._keys = keys
        self._app_url = app_url
        self._base = f"http://127.0.0.1:{port}"
        self.address_of_shops = f"{self._base}/shops/{{shop}}"
        self.page = f"{self._base}/shops/{STORE}/"
        self.embedded_page = f"{self.page}admin/apps/puente"
        self.origin = self._base
        self.app_bridge = f"{self._base}/app-bridge.js"
        self.log = state / f"{STORE}.log.jsonl"

    def start(self, children: Children) -> None:
        where = ("--port", str(self._port), "--state", str(self._state))
        children.start("store", python("-m", "sandbox.shopify_store", *where))

    def open(self, children: Children, locations: Collection[str]) -> None:
        """Wait until the store answers, and make its shop or tell it where the app is now."""
        children.wait_until(lambda: answers(f"{self._base}/health"), what="The store", seconds=60)
        if self._control("GET").status_code == httpx2.codes.NOT_FOUND:
            self._open_shop(locations)
        else:
            self._control("POST", "/app", {"app_url": self._app_url}).raise_for_status()

    def spent(self) -> Spent:
        found = self._control("GET", "/counters").raise_for_status().json()
        return Spent(
            calls=found["calls"], mutations=found["mutations"], points=found["points_actual"]
        )

    def contents(self) -> Contents:
        found = self._control("GET", "/state?parts=products").raise_for_status().json()
        return Contents.of(found["products"])

    def _open_shop(self, locations: Collection[str]) -> None:
        shop = {
            "domain": STORE,
            "name": "Calzados Puente",
            "locations": [{"name": name} for name in dict.fromkeys(locations)],
            "app": {
                "client_id": self._keys["SHOPIFY_CLIENT_ID"],
                "client_secret": self._keys["SHOPIFY_CLIENT_SECRET"],
                "scopes": SCOPES,
                "app_url": self._app_url,
            },
        }
        client.post(f"{self._base}/control/shops", json=shop).raise_for_status()

    def _control(self, method: str, path: str = "", body: Any = None) -> httpx2.Response:
        url = f"{self._base}/control/shops/{STORE}{path}"
        return client.request(method, url, json=body)
