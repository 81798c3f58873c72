"""What a person does in the back office: count stock, change a price, ship, cancel."""

import json
import random
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import psycopg

Connection = psycopg.Connection[Any]
REFUSED = "ER001"


class Refused(Exception):
    """The back office says no; the text says why, in its own words."""


def set_stock(connection: Connection, sku: str, warehouse: str, quantity: Decimal) -> None:
    """Write down a count. The item must already be kept in that warehouse."""
    changed = connection.execute(
        "UPDATE gestion.existencias SET fisico = %s WHERE sku = %s AND almacen = %s",
        [quantity, sku, warehouse],
    )
    # A count equal to the one before changes no row, and is no mistake.
    if not changed.rowcount and not _any(
        connection,
        "SELECT 1 FROM gestion.existencias WHERE sku = %s AND almacen = %s",
        sku,
        warehouse,
    ):
        raise Refused(f"No hay existencias de {sku} en {warehouse}.")


def set_price(connection: Connection, code: str, price_list: str, price: Decimal) -> None:
    """Change a price from one unit up: of a whole article, or of one item if given a SKU."""
    with connection.transaction():
        connection.execute(
            "UPDATE gestion.precios SET precio = %s"
            " WHERE tarifa = %s AND cantidad_minima = 1"
            " AND ((articulo = %s AND sku IS NULL) OR sku = %s)",
            [price, price_list, code, code],
        )
        found = _any(
            connection,
            "SELECT 1 FROM gestion.precios WHERE tarifa = %s AND cantidad_minima = 1"
            " AND ((articulo = %s AND sku IS NULL) OR sku = %s)",
            price_list,
            code,
            code,
        )
        if found:
            return
        added = connection.execute(
            "INSERT INTO gestion.precios (tarifa, articulo, sku, precio)"
            " SELECT t.codigo, v.articulo, v.sku, %s FROM gestion.tarifas t,"
            " gestion.articulos_variantes v WHERE t.codigo = %s AND v.sku = %s",
            [price, price_list, code],
        )
        if not added.rowcount:
            raise Refused(f"No existe el artículo {code} o la tarifa {price_list}.")


def ship(
    connection: Connection,
    order: str,
    *,
    carrier: str = "",
    tracking: str = "",
    lines: Mapping[str, Decimal] | None = None,
) -> str:
    """Send an order, or only so many of some SKUs; return the delivery note's number."""
    key = find_order(connection, order)
    parts = None if lines is None else json.dumps(_parts(connection, key, lines))
    return send(connection, key, carrier=carrier, tracking=tracking, parts=parts)


def send(
    connection: Connection, key: int, *, carrier: str, tracking: str, parts: str | None
) -> str:
    """Send `parts` of an order, JSON as the back office's procedure takes it, or all of it."""
    try:
        row = connection.execute(
            "SELECT gestion.enviar_pedido(%s, %s, %s, %s::jsonb)",
            [key, carrier, tracking, parts],
        ).fetchone()
    except psycopg.DatabaseError as error:
        raise _refusal(error) from None
    assert row is not None
    return str(row[0])


def cancel(connection: Connection, order: str) -> None:
    cancel_by_key(connection, find_order(connection, order))


def cancel_by_key(connection: Connection, key: int) -> None:
    try:
        connection.execute("SELECT gestion.anular_pedido(%s)", [key])
    except psycopg.DatabaseError as error:
        raise _refusal(error) from None


def bulk_stock(connection: Connection, count: int, *, seed: int | None = None) -> int:
    """Count that many levels anew in one transaction; each differs from before."""
    chance = random.Random(seed)  # noqa: S311  (test data)
    with connection.transaction():
        levels = connection.execute(
            "SELECT sku, almacen, fisico FROM gestion.existencias WHERE almacen <> 'TARAS'"
            " ORDER BY sku, almacen"
        ).fetchall()
        chosen = chance.sample(levels, min(count, len(levels)))
        new = [
            (now + chance.randint(1, 9) * (1 if now < 30 else -1), sku, warehouse)
            # In order of the key, so that two of these cannot block each other.
            for sku, warehouse, now in sorted(chosen)
        ]
        with connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE gestion.existencias SET fisico = %s WHERE sku = %s AND almacen = %s", new
            )
    return len(new)


def find_order(connection: Connection, order: str) -> int:
    """Return the key of the order with this number, web name or web reference."""
    row = connection.execute(
        "SELECT id FROM gestion.pedidos WHERE numero = %(o)s OR referencia_web = %(o)s"
        " OR pedido_web IN (%(o)s, '#' || %(o)s) ORDER BY id DESC LIMIT 1",
        {"o": order},
    ).fetchone()
    if row is None:
        raise Refused(f"No existe el pedido {order}.")
    return int(row[0])


def parse_lines(text: str) -> dict[str, Decimal]:
    """Read "SKU:2,OTHER:1"."""
    parts = [part for part in text.split(",") if part.strip()]
    if not all(re.fullmatch(r"\s*[^:,]+:\d+\s*", part) for part in parts):
        raise Refused(f"No se entienden las líneas «{text}»: SKU:2,OTRO:1.")
    pairs = (part.strip().rsplit(":", 1) for part in parts)
    return {sku: Decimal(quantity) for sku, quantity in pairs}


def _parts(
    connection: Connection, order: int, lines: Mapping[str, Decimal]
) -> list[dict[str, Any]]:
    """Spread the quantities over the order's lines, which may repeat a SKU."""
    left = dict(lines)
    parts = []
    for line, sku, pending in connection.execute(
        "SELECT linea, sku, cantidad - servida FROM gestion.pedidos_lineas"
        " WHERE pedido = %s AND sku IS NOT NULL ORDER BY linea",
        [order],
    ):
        if quantity := min(left.get(sku, Decimal(0)), pending):
            left[sku] -= quantity
            parts.append({"linea": line, "cantidad": int(quantity)})
    if missing := [sku for sku, quantity in left.items() if quantity]:
        raise Refused(f"El pedido no tiene pendiente tanto de: {', '.join(missing)}.")
    return parts


def _refusal(error: psycopg.DatabaseError) -> Exception:
    if error.sqlstate == REFUSED:
        return Refused(error.diag.message_primary or "")
    if error.sqlstate == "23503":
        return Refused("No existe esa agencia.")
    return error


def _any(connection: Connection, question: str, *values: str) -> bool:
    return connection.execute(question.encode(), values).fetchone() is not None
