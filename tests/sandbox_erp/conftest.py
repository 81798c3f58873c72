from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from sandbox.erp import database
from tests.erp_connectors import sql_server


@pytest.fixture(scope="module")
def original() -> Iterator[str]:
    with sql_server.template() as name:
        yield name


@pytest.fixture
def dsn(original: str) -> Iterator[str]:
    with sql_server.copy_of(original) as address:
        yield address


@pytest.fixture
def erp(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with database.connect(dsn) as connection:
        yield connection


@pytest.fixture
def order(erp: psycopg.Connection[Any]) -> str:
    """An order from the web for three pairs, left as a web shop would; returns its reference."""
    with erp.transaction():
        erp.execute(
            "INSERT INTO puente.e_pedidos (envio, referencia, pedido_web, fecha, iva_incluido,"
            " cliente_nombre, cliente_email, total_web) VALUES (gen_random_uuid(), 'tienda/1',"
            " '#1001', now(), true, '<b>Ana</b>', 'ana@example.com', 359.85)"
        )
        erp.execute(
            "INSERT INTO puente.e_pedidos_lineas (envio, linea, sku, descripcion, cantidad,"
            " precio, tipo_iva) SELECT envio, 1, 'ZAP1001-NEG-41', 'Oxford', 3, 119.95, 21"
            " FROM puente.e_pedidos"
        )
    return "tienda/1"
