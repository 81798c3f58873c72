"""Pages for people: Spanish first, nothing from elsewhere, and a token for the embedded app."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from .conftest import ROOT
from .shop import TestShop

PAGES_FOLDER = ROOT / "sandbox" / "shopify_store" / "pages"
PAGES = ["/", "/orders", "/admin", "/admin/apps/puente"]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(("lang", "word"), [("es", "Pedidos"), ("en", "Orders")])
def test_a_page_speaks_both_languages(shop: TestShop, page: str, lang: str, word: str) -> None:
    answer = shop.http.get(f"{shop.url}/shops/{shop.domain}{page}?lang={lang}")

    assert answer.status_code == 200
    assert word in answer.text
    assert not re.search(r"\$[a-z_]+", answer.text), "a word is missing"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_asks_nothing_from_elsewhere(shop: TestShop, page: str) -> None:
    text = shop.http.get(f"{shop.url}/shops/{shop.domain}{page}").text

    assert re.findall(r"""(?:src|href)=["'](?:https?:)?//[^"']+""", text) == []
    for name in re.findall(r"/static/[\w.-]+", text):
        assert shop.http.get(f"{shop.url}{name}").status_code == 200


def test_the_front_page_lists_the_shops(shop: TestShop) -> None:
    assert shop.domain in shop.http.get(f"{shop.url}/").text


def test_a_shop_that_is_not_there_is_404(shop: TestShop) -> None:
    assert shop.http.get(f"{shop.url}/shops/nadie.myshopify.com/").status_code == 404


def test_the_embedded_app_gets_all_it_needs(shop: TestShop) -> None:
    shop.control("POST", "/app", {"app_url": "http://127.0.0.1:8000"})

    url = shop.control("POST", "/session-token", {"locale": "es"})["app_url"]

    assert url.startswith("http://127.0.0.1:8000/shopify/?")
    for name in ("shop", "host", "id_token", "embedded", "hmac", "timestamp", "session", "locale"):
        assert f"{name}=" in url
    page = shop.http.get(f"{shop.url}/shops/{shop.domain}/admin/apps/puente").text
    assert '"app_origin": "http://127.0.0.1:8000"' in page


def test_app_bridge_offers_id_token(shop: TestShop) -> None:
    script = shop.http.get(f"{shop.url}/app-bridge.js")

    assert script.headers["content-type"].startswith("text/javascript")
    assert "idToken" in script.text


def test_a_name_cannot_break_out_of_the_page(shop: TestShop) -> None:
    evil = shop.http.post(
        f"{shop.url}/control/shops",
        json={"domain": f"x{shop.domain}", "name": "</script><script>alert(1)</script>"},
    ).json()

    page = shop.http.get(evil["page_url"]).text

    assert "<script>alert(1)" not in page


@pytest.mark.parametrize("script", sorted(PAGES_FOLDER.glob("*.js")), ids=lambda path: path.name)
def test_a_script_is_sound(script: Path) -> None:
    kind = "commonjs" if script.name == "app-bridge.js" else "module"
    command = ["node", f"--input-type={kind}", "--check"]

    checked = subprocess.run(command, input=script.read_bytes(), capture_output=True, check=False)

    assert checked.returncode == 0, checked.stderr.decode()
