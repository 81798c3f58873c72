"""Clients that nobody here wrote find a Shopify store: two npm packages and one from PyPI."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import shopify
import shopify.session_token

from .conftest import ROOT, start
from .shop import Ear, RunningStore, TestShop

TAG = """mutation T($id: ID!) {
  tagsAdd(id: $id, tags: ["desde-python"]) { userErrors { message } } }"""
CLIENTS = Path(__file__).with_name("clients")


@pytest.fixture(scope="session")
def node_folder() -> Path:
    """The pinned npm packages, installed once per lock file. No npm is a failure, not a skip."""
    lock = (CLIENTS / "package-lock.json").read_bytes()
    folder = ROOT / ".local" / f"npm-clients-{hashlib.sha256(lock).hexdigest()[:12]}"
    if not (folder / "done").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(CLIENTS / name, folder)
        command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=110)
        (folder / "done").touch()
    for script in CLIENTS.glob("*.mjs"):
        shutil.copy(script, folder)
    return folder


def node(folder: Path, script: str, **environment: str) -> Any:
    done = subprocess.run(
        ["node", script],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def shop_at(store: RunningStore, address: str) -> TestShop:
    """A shop whose domain is the address itself, for clients that build the URL from it."""
    return TestShop.of(store.open(domain=address, locations=[{"name": "Madrid"}]))


def test_the_npm_admin_client_queries_and_writes_over_https(
    store: RunningStore, node_folder: Path
) -> None:
    address = store.tls_url.removeprefix("https://")
    shop = shop_at(store, address)

    told = node(
        node_folder,
        "admin_api_client.mjs",
        STORE_DOMAIN=address,
        ACCESS_TOKEN=shop.facts["access_token"],
        NODE_EXTRA_CA_CERTS=str(store.ca),
    )

    assert told["query"]["data"]["shop"]["myshopifyDomain"] == address
    assert told["query"]["extensions"]["cost"]["requestedQueryCost"] > 0
    assert told["mutation"]["data"]["tagsAdd"]["userErrors"] == []
    assert told["refused"]["errors"]["graphQLErrors"][0]["extensions"]["code"] == "undefinedField"
    assert shop.control("GET", "/state?parts=products")["products"][0]["tags"] == ["desde-node"]


@pytest.fixture
def honest_store(tmp_path: Path) -> Any:
    """A store whose clock nobody has moved: foreign checks use the machine's."""
    running = start("--state", str(tmp_path))
    yield running
    running.stop()


def test_shopifys_libraries_accept_our_webhooks_and_id_tokens(
    honest_store: RunningStore, node_folder: Path, ear: Ear
) -> None:
    opened = honest_store.open(domain=f"t-{secrets.token_hex(4)}.myshopify.com")
    shop = TestShop.of(opened)
    shop.subscribe("ORDERS_CREATE", ear.url)
    shop.order(("CAM-S", 1))
    heard = ear.wait(1)[0]
    app = shop.facts["app"]
    token = shop.control("POST", "/session-token", {})["id_token"]
    webhook = {"headers": heard.headers, "body": heard.body.decode(), "id_token": token}

    told = node(
        node_folder,
        "webhook_check.mjs",
        CLIENT_ID=app["client_id"],
        CLIENT_SECRET=app["client_secret"],
        WEBHOOK=json.dumps(webhook),
    )
    claims = shopify.session_token.decode_from_header(
        f"Bearer {token}", api_key=app["client_id"], secret=app["client_secret"]
    )

    assert told["good"]["valid"] is True
    assert told["good"]["topic"] == "ORDERS_CREATE"
    assert told["good"]["domain"] == shop.domain
    assert told["forged"]["valid"] is False
    assert told["claims"]["dest"] == claims["dest"] == f"https://{shop.domain}"
    assert claims["exp"] > time.time()


@pytest.fixture
def python_session(store: RunningStore) -> Any:
    """PyPI's shopifyapi pointed at this machine; it puts host and port together by itself."""
    port = store.url.rsplit(":", 1)[1]
    shop = shop_at(store, f"127.0.0.1:{port}")
    was = {
        name: getattr(shopify.Session, name) for name in ("protocol", "myshopify_domain", "port")
    }
    shopify.Session.setup(protocol="http", myshopify_domain="0.0.1", port=int(port))
    session = shopify.Session("127", "2026-10", shop.facts["access_token"])
    shopify.ShopifyResource.activate_session(session)
    yield shop
    shopify.ShopifyResource.clear_session()
    shopify.Session.setup(**was)


def test_the_pypi_client_queries_and_writes(python_session: TestShop) -> None:
    client = shopify.GraphQL()

    found = json.loads(
        client.execute("{ shop { name } products(first: 5) { nodes { id title } } }")
    )
    tagged = json.loads(
        client.execute(TAG, variables={"id": found["data"]["products"]["nodes"][0]["id"]})
    )

    assert found["data"]["products"]["nodes"][0]["title"] == "Camiseta"
    assert tagged["data"]["tagsAdd"]["userErrors"] == []
    state = python_session.control("GET", "/state?parts=products")
    assert state["products"][0]["tags"] == ["desde-python"]


def test_the_launch_of_the_app_is_signed_as_shopify_signs_it(
    honest_store: RunningStore,
) -> None:
    shop = TestShop.of(honest_store.open(domain="lanzar.myshopify.com"))
    shop.control("POST", "/app", {"app_url": "http://127.0.0.1:8000"})
    url = shop.control("POST", "/session-token", {})["app_url"]

    shopify.Session.setup(api_key="x", secret=shop.facts["app"]["client_secret"])

    assert shopify.Session.validate_params(dict(parse_qsl(urlsplit(url).query))) is True
