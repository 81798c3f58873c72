"""A visitor can play the company: by its page and by the command line."""

import asyncio
import os
import subprocess
import sys
from decimal import Decimal
from typing import Any

import httpx2
import psycopg
import pytest

from sandbox.tryton import clerk
from sandbox.tryton.page import application
from sandbox.tryton.rpc import Rpc
from sandbox.tryton.server import RunningTryton, running_tryton

pytestmark = [pytest.mark.tryton, pytest.mark.timeout(600)]


def browse(tryton: RunningTryton, method: str, path: str, **options: Any) -> httpx2.Response:
    app = application(tryton.url, tryton.database, tryton.admin_password)

    async def ask() -> httpx2.Response:
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://page") as client:
            return await client.request(method, path, **options)

    return asyncio.run(ask())


def stock_in(tryton: RunningTryton, sku: str, warehouse: str) -> Decimal:
    def read(rpc: Rpc) -> Decimal:
        domain = [["type", "=", "warehouse"], ["code", "=", warehouse]]
        places = rpc.call("stock.location.search", domain, 0, 1, None)
        items = rpc.call("product.product.search", [["code", "=", sku]], 0, 1, None)
        (row,) = rpc.call("product.product.read", items, ["quantity"], locations=places)
        return Decimal(str(row["quantity"]))

    found = clerk.as_staff(tryton.url, tryton.database, tryton.admin_password, read)
    assert isinstance(found, Decimal)
    return found


def test_the_page_speaks_spanish_and_on_request_english(tryton: RunningTryton) -> None:
    assert "Envíos pendientes" in browse(tryton, "GET", "/").text
    assert "Shipments to send" in browse(tryton, "GET", "/?lang=en").text


def test_a_count_on_the_page_becomes_the_stock(tryton: RunningTryton) -> None:
    form = {"sku": "SA001-CAM-37", "warehouse": "BCN", "quantity": "21"}

    answer = browse(tryton, "POST", "/do/stock", data=form)

    assert answer.status_code == 303
    assert "ok=1" in answer.headers["location"]
    assert stock_in(tryton, "SA001-CAM-37", "BCN") == 21


@pytest.mark.parametrize(
    ("action", "form"),
    [
        ("stock", {"sku": "NOPE", "warehouse": "MAD", "quantity": "1"}),
        ("stock", {"sku": "SA001-CAM-37", "warehouse": "MAD", "quantity": "-1"}),
        ("stock", {"sku": "SA001-CAM-37", "warehouse": "MAD", "quantity": "many"}),
        ("price", {"code": "ZM001"}),
        ("ship", {"shipment": "999999"}),
    ],
)
def test_a_wrong_form_is_answered_and_changes_nothing(
    action: str, form: dict[str, str], tryton: RunningTryton
) -> None:
    answer = browse(tryton, "POST", f"/do/{action}", data=form)

    assert answer.status_code == 303
    assert "ok=0" in answer.headers["location"]


def test_a_foreign_site_cannot_use_the_page(tryton: RunningTryton) -> None:
    answer = browse(tryton, "POST", "/do/price", data={}, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403


def test_what_the_page_shows_is_escaped(tryton: RunningTryton) -> None:
    assert "<script>" not in browse(tryton, "GET", "/?said=<script>").text


def test_the_command_line_plays_the_company_too(tryton: RunningTryton) -> None:
    command = [sys.executable, "-m", "sandbox.tryton", "stock", "SA002-NEG-37", "TIENDA", "5",
               "--url", tryton.url, "--database", tryton.database]  # fmt: skip

    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)

    assert done.returncode == 0, done.stderr
    assert stock_in(tryton, "SA002-NEG-37", "TIENDA") == 5


def test_a_copy_is_its_own_and_is_cleared_away(pg_url: str, tryton: RunningTryton) -> None:
    with running_tryton(pg_url) as other:
        with Rpc(other.url, other.database) as rpc:
            rpc.login(other.user, other.password)
        assert other.database != tryton.database

    with psycopg.connect(pg_url) as connection:
        query = "SELECT 1 FROM pg_database WHERE datname = %s"
        assert connection.execute(query, [other.database]).fetchone() is None
    with pytest.raises(ProcessLookupError):
        os.kill(other.pid, 0)
