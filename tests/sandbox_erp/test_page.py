"""The back office's page, over real HTTP."""

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import psycopg
import pytest
import uvicorn

from sandbox.erp.page import make_app

Owner = psycopg.Connection[Any]
SKU = "ZAP1001-NEG-41"


@pytest.fixture
def page(dsn: str) -> Iterator[httpx2.Client]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(make_app(dsn), log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with httpx2.Client(base_url=address, follow_redirects=True) as client:
        yield client
    server.should_exit = True
    thread.join()
    listener.close()


@pytest.mark.parametrize("path", ["/", "/precios", "/pedidos", "/albaranes"])
def test_each_tab_opens_in_both_languages(page: httpx2.Client, path: str) -> None:
    spanish, english = page.get(path), page.get(path, params={"lang": "en"})

    assert spanish.status_code == english.status_code == 200
    assert "Existencias" in spanish.text
    assert "Delivery notes" in english.text
    assert "://" not in spanish.text.replace("https://www.seur.com", "")


def test_a_level_is_changed_in_its_row(page: httpx2.Client, erp: Owner) -> None:
    row = {"sku": SKU, "almacen": "CENTRAL", "q": "oxford"}

    done = page.post("/existencias", data={**row, "cantidad": "17"})
    wrong = page.post("/existencias", data={**row, "cantidad": "muchos"})

    assert "Hecho" in done.text
    assert "no es un número" in wrong.text
    found = erp.execute(
        "SELECT fisico FROM gestion.existencias WHERE sku = %s AND almacen = 'CENTRAL'", [SKU]
    ).fetchone()
    assert found == (17,)


def test_a_price_may_be_typed_with_a_comma(page: httpx2.Client, erp: Owner) -> None:
    key = erp.execute(
        "SELECT id FROM gestion.precios WHERE articulo = 'ZAP1001' AND tarifa = 'PVP'"
    ).fetchone()
    assert key is not None

    page.post("/precios", data={"id": str(key[0]), "precio": "99,95"})

    found = erp.execute("SELECT precio::text FROM gestion.precios WHERE id = %s", key).fetchone()
    assert found == ("99.9500",)


def test_an_order_is_sent_in_part_from_its_card(
    page: httpx2.Client, erp: Owner, order: str
) -> None:
    shown = page.get("/pedidos").text
    sent = page.post(
        "/pedidos/1/enviar", data={"linea_1": "2", "agencia": "SEUR", "seguimiento": "T-77"}
    )

    assert "359,85 €" in shown
    assert "&lt;b&gt;Ana&lt;/b&gt;" in shown
    assert "Enviado en parte" in sent.text
    assert "T-77" in page.get("/albaranes").text


def test_an_order_is_cancelled_from_its_card(page: httpx2.Client, order: str) -> None:
    assert "Anulado" in page.post("/pedidos/1/anular").text


def test_what_the_back_office_refuses_is_shown(page: httpx2.Client, order: str) -> None:
    answer = page.post("/pedidos/1/enviar", data={"linea_1": "9", "agencia": "SEUR"})

    assert "quedan 3" in answer.text


def test_orders_are_refreshed_without_the_rest_of_the_page(
    page: httpx2.Client, order: str
) -> None:
    part = page.get("/pedidos", headers={"X-Part": "pedidos"}).text

    assert "W26/000001" in part
    assert "<html" not in part


def test_another_site_cannot_post_here(page: httpx2.Client) -> None:
    answer = page.post(
        "/existencias",
        data={"sku": SKU, "almacen": "CENTRAL", "cantidad": "0"},
        headers={"Sec-Fetch-Site": "cross-site"},
    )

    assert answer.status_code == 403


def test_a_huge_form_is_refused(page: httpx2.Client) -> None:
    assert page.post("/existencias", content=b"a=" + b"x" * 100_000).status_code == 413
