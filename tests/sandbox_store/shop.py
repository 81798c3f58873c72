"""Hands on a shop: GraphQL as an app, the control API as a merchant, an ear for webhooks."""

from __future__ import annotations

import secrets
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2

OPERATIONS = Path(__file__).with_name("operations")
ADDRESS = {
    "first_name": "Ana",
    "last_name": "Pérez",
    "address1": "Calle Mayor 1",
    "city": "Madrid",
    "province_code": "M",
    "zip": "28013",
}


def operation(name: str) -> str:
    return (OPERATIONS / f"{name}.graphql").read_text()


@dataclass(kw_only=True)
class RunningStore:
    process: subprocess.Popen[str]
    url: str
    tls_url: str = ""
    ca: Path | None = None
    http: httpx2.Client = field(default_factory=lambda: httpx2.Client(timeout=30, trust_env=False))

    def open(self, **options: object) -> ShopClient:
        answer = self.http.post(f"{self.url}/control/shops", json=options)
        assert answer.status_code == 200, answer.text
        return ShopClient(url=self.url, http=self.http, facts=answer.json())

    def stop(self) -> int:
        self.http.close()
        if self.process.poll() is None:
            self.process.terminate()
        code = self.process.wait(timeout=20)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code


@dataclass(kw_only=True)
class ShopClient:
    """One shop: what its owner told us when it was opened, and calls to it."""

    url: str
    http: httpx2.Client
    facts: dict[str, Any]

    @property
    def domain(self) -> str:
        return str(self.facts["domain"])

    def post(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        *,
        token: str | None = None,
        debug: bool = False,
    ) -> httpx2.Response:
        headers = {"X-Shopify-Access-Token": token or self.facts["access_token"]}
        if debug:
            headers["Shopify-GraphQL-Cost-Debug"] = "1"
        body = {"query": query, "variables": variables or {}}
        return self.http.post(self.facts["graphql_url"], json=body, headers=headers)

    def answer(self, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The whole answer, errors and all."""
        answer: dict[str, Any] = self.post(query, variables).json()
        return answer

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of an answer that must have no errors."""
        answer = self.answer(query, variables)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    def run(self, name: str, **variables: Any) -> dict[str, Any]:
        """The first root field of one of the operation documents."""
        data = self.ask(operation(name), **variables)
        found: dict[str, Any] = next(iter(data.values()))
        return found

    def control(self, method: str, path: str, body: object = None) -> Any:
        answer = self.http.request(
            method, f"{self.url}/control/shops/{self.domain}{path}", json=body
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, path: str, body: object) -> str:
        answer = self.http.post(f"{self.url}/control/shops/{self.domain}{path}", json=body)
        assert answer.status_code in (400, 404, 422), answer.text
        return str(answer.json()["error"])

    def fault(self, kind: str, **options: object) -> None:
        self.control("POST", "/faults", {"kind": kind, **options})

    def log(self, kind: str) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self.control("GET", f"/log?kind={kind}")["entries"]
        return entries

    def order(self, *lines: tuple[str, int], **more: object) -> dict[str, Any]:
        body = {"lines": [{"sku": sku, "quantity": count} for sku, count in lines], **more}
        placed: dict[str, Any] = self.control("POST", "/orders", body)
        return placed

    def order_state(self, number: int) -> dict[str, Any]:
        orders = self.control("GET", "/state?parts=orders")["orders"]
        found: dict[str, Any] = next(each for each in orders if each["id"] == number)
        return found

    def location(self, place: int = 0) -> str:
        return str(self.facts["locations"][place]["gid"])

    def subscribe(self, topic: str, uri: str) -> dict[str, Any]:
        return self.run("webhook_create", topic=topic, sub={"uri": uri})

    def flush(self) -> dict[str, int]:
        found: dict[str, int] = self.control("POST", "/webhooks/flush", {"all": True})
        return found


@dataclass(kw_only=True)
class TestShop(ShopClient):
    """A shop with a product, whose ids tests need all the time."""

    __test__ = False
    product: dict[str, Any]

    @classmethod
    def of(cls, opened: ShopClient) -> TestShop:
        made = cls(url=opened.url, http=opened.http, facts=opened.facts, product={})
        made.product = made.set_product()["product"]
        return made

    def set_product(self, **changes: Any) -> dict[str, Any]:
        data = product_input(self.location()) | changes
        identifier = {"handle": data["handle"]}
        return self.run("product_set", identifier=identifier, input=data, sync=True)

    def item(self, place: int = 0) -> str:
        return str(self.product["variants"]["nodes"][place]["inventoryItem"]["id"])

    def variant(self, place: int = 0) -> str:
        return str(self.product["variants"]["nodes"][place]["id"])

    def set_stock(self, quantity: int, *, was: int | None, key: str = "", place: int = 0) -> Any:
        row = {
            "inventoryItemId": self.item(place),
            "locationId": self.location(),
            "quantity": quantity,
            "changeFromQuantity": was,
        }
        data = {"name": "available", "reason": "correction", "quantities": [row]}
        return self.run("inventory_set", input=data, key=key or secrets.token_hex(8))

    def levels(self, place: int = 0, location: int = 0) -> dict[str, int]:
        """All named quantities of an item at a location, read through the API."""
        query = """query Level($item: ID!, $place: ID!) { inventoryItem(id: $item) {
          inventoryLevel(locationId: $place) { quantities(names: ["available", "on_hand",
            "committed", "incoming", "reserved", "damaged", "safety_stock", "quality_control"])
            { name quantity } } } }"""
        data = self.ask(query, item=self.item(place), place=self.location(location))
        level = data["inventoryItem"]["inventoryLevel"]
        return {row["name"]: row["quantity"] for row in level["quantities"]} if level else {}


def product_input(location: str, **changes: Any) -> dict[str, Any]:
    return {
        "title": "Camiseta",
        "handle": "camiseta",
        "status": "ACTIVE",
        "productOptions": [{"name": "Talla", "values": [{"name": "S"}, {"name": "M"}]}],
        "variants": [variant_input(size, location) for size in ("S", "M")],
    } | changes


def variant_input(size: str, location: str, **changes: Any) -> dict[str, Any]:
    return {
        "optionValues": [{"optionName": "Talla", "name": size}],
        "price": "19.95",
        "inventoryItem": {"sku": f"CAM-{size}", "tracked": True},
        "inventoryQuantities": [{"locationId": location, "name": "available", "quantity": 10}],
    } | changes


@dataclass(frozen=True, kw_only=True)
class Heard:
    headers: dict[str, str]
    body: bytes


class Ear:
    """Hears webhooks over real HTTP, and answers what it is told to answer."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.status = 200
        ear = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                names = {name.lower(): value for name, value in self.headers.items()}
                ear.heard.append(Heard(headers=names, body=body))
                self.send_response(ear.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/shopify/webhooks"

    def topics(self) -> list[str]:
        return [each.headers["x-shopify-topic"] for each in self.heard]

    def wait(self, count: int, seconds: float = 10) -> list[Heard]:
        end = time.monotonic() + seconds
        while len(self.heard) < count and time.monotonic() < end:
            time.sleep(0.02)
        return self.heard

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
