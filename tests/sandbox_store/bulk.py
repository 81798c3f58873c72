"""Hands on bulk operations: start, wait, fetch the lines, upload variables."""

from __future__ import annotations

import json
import time
from typing import Any

from .shop import ShopClient

STATUS = """query($id: ID!) { bulkOperation(id: $id) { id type status errorCode objectCount
  rootObjectCount fileSize url partialDataUrl createdAt completedAt query } }"""
START = """mutation($q: String!, $g: Boolean!) { bulkOperationRunQuery(query: $q, groupObjects: $g)
  { bulkOperation { id status } userErrors { code field message } } }"""
CANCEL = """mutation($id: ID!) { bulkOperationCancel(id: $id)
  { bulkOperation { id status } userErrors { field message } } }"""
OPEN = ("CREATED", "RUNNING", "CANCELING")
STOCK = """{ inventoryItems { edges { node { id sku tracked inventoryLevels { edges { node {
  id updatedAt location { id }
  quantities(names: ["available", "on_hand"]) { name quantity } } } } } } } }"""


def start(shop: ShopClient, query: str, *, grouped: bool = False) -> dict[str, Any]:
    """The payload of the mutation that starts a bulk query."""
    payload: dict[str, Any] = shop.ask(START, q=query, g=grouped)["bulkOperationRunQuery"]
    return payload


def begin(shop: ShopClient, query: str, *, grouped: bool = False) -> str:
    """Start one that must be accepted; return its id."""
    payload = start(shop, query, grouped=grouped)
    assert payload["userErrors"] == []
    return str(payload["bulkOperation"]["id"])


def status(shop: ShopClient, operation: str) -> dict[str, Any]:
    found: dict[str, Any] = shop.ask(STATUS, id=operation)["bulkOperation"]
    return found


def wait(shop: ShopClient, operation: str, seconds: float = 30) -> dict[str, Any]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = status(shop, operation)
        if found["status"] not in OPEN:
            return found
        time.sleep(0.02)
    raise AssertionError(f"{operation} is still {found['status']}")


def lines(shop: ShopClient, url: str) -> list[dict[str, Any]]:
    answer = shop.http.get(url)
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def run(shop: ShopClient, query: str, *, grouped: bool = False) -> list[dict[str, Any]]:
    """Every line that a bulk query gives."""
    done = wait(shop, begin(shop, query, grouped=grouped))
    assert (done["status"], done["errorCode"]) == ("COMPLETED", None), done
    return lines(shop, done["url"]) if done["url"] else []


def target(shop: ShopClient) -> dict[str, Any]:
    row = {
        "resource": "BULK_MUTATION_VARIABLES",
        "filename": "variables.jsonl",
        "mimeType": "text/jsonl",
        "httpMethod": "POST",
    }
    found: dict[str, Any] = shop.run("staged_upload", input=[row])["stagedTargets"][0]
    return found


def post(shop: ShopClient, place: dict[str, Any], content: bytes, **changes: str) -> Any:
    form = {each["name"]: each["value"] for each in place["parameters"]} | changes
    files = {"file": ("variables.jsonl", content, "text/jsonl")}
    return shop.http.post(place["url"], data=form, files=files)


def upload(shop: ShopClient, content: bytes) -> str:
    """Upload variables; return the path that a bulk mutation takes."""
    place = target(shop)
    answer = post(shop, place, content)
    assert answer.status_code == 201, answer.text
    return next(str(each["value"]) for each in place["parameters"] if each["name"] == "key")


def mutate(shop: ShopClient, mutation: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Run one mutation for every row of variables; return the lines of the result."""
    content = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    payload = shop.run("bulk_mutation", m=mutation, p=upload(shop, content), c=None)
    assert payload["userErrors"] == []
    done = wait(shop, payload["bulkOperation"]["id"])
    assert done["status"] == "COMPLETED", done
    return lines(shop, done["url"])
