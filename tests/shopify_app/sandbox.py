"""The sandbox store as a process of its own, and the hands of its customers and staff."""

import subprocess
import sys
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx2

from shopify_app.scopes import SCOPES

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running process that can hold any number of stores."""

    process: subprocess.Popen[str]
    url: str

    @classmethod
    def start(cls) -> "Sandbox":
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox.shopify_store", "--port", "0"],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        return cls(process, process.stdout.readline().split()[-1])

    def stop(self) -> None:
        self.process.terminate()
        self.process.communicate(timeout=20)

    def open_store(self, **wishes: Any) -> "Store":
        domain = f"sandbox-{next(_numbers)}.myshopify.com"
        app = {"client_id": "client-1", "client_secret": "s" * 40, "scopes": list(SCOPES)}
        made = self._call("POST", "/control/shops", {"domain": domain, "app": app} | wishes)
        return Store(self, domain, made)

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        response = httpx2.request(method, self.url + path, json=body, timeout=20)
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found


@dataclass(frozen=True, slots=True)
class Store:
    sandbox: Sandbox
    domain: str
    made: dict[str, Any]

    @property
    def location(self) -> str:
        return str(self.made["locations"][0]["gid"])

    @property
    def publication(self) -> str:
        return str(self.made["publications"][0]["gid"])

    def ask(self, point: str, **body: Any) -> dict[str, Any]:
        """Do what a customer, the staff or a fault would do."""
        return self.sandbox._call("POST", f"/control/shops/{self.domain}/{point}", body)

    def look(self, point: str) -> dict[str, Any]:
        return self.sandbox._call("GET", f"/control/shops/{self.domain}/{point}")

    def change(self, **body: Any) -> dict[str, Any]:
        return self.sandbox._call("PATCH", f"/control/shops/{self.domain}", body)
