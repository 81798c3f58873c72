"""What the back office's page shows."""

from typing import Any

import psycopg
from psycopg.rows import dict_row

Row = dict[str, Any]
MOST_ROWS = 300
Connection = psycopg.Connection[Any]


def stock(connection: Connection, search: str) -> list[Row]:
    return _all(
        connection,
        "SELECT e.sku, a.descripcion, e.almacen, e.fisico, e.reservado, e.bloqueado,"
        " e.fisico - e.reservado - e.bloqueado AS disponible, e.modificado_en"
        " FROM gestion.existencias e JOIN gestion.articulos_variantes v USING (sku)"
        " JOIN gestion.articulos a ON a.codigo = v.articulo"
        " WHERE e.sku ILIKE %(s)s OR a.descripcion ILIKE %(s)s OR v.ean = %(exact)s"
        # A kit is found by what it takes from the shelf.
        " OR e.sku IN (SELECT componente FROM gestion.componentes WHERE kit ILIKE %(s)s)"
        " ORDER BY v.articulo, v.orden, e.almacen LIMIT %(most)s",
        search,
    )


def prices(connection: Connection, search: str) -> list[Row]:
    return _all(
        connection,
        "SELECT p.id, coalesce(p.sku, p.articulo) AS codigo, a.descripcion, p.tarifa,"
        " t.iva_incluido, p.cantidad_minima, p.precio, p.modificado_en"
        " FROM gestion.precios p JOIN gestion.articulos a ON a.codigo = p.articulo"
        " JOIN gestion.tarifas t ON t.codigo = p.tarifa"
        " WHERE p.articulo ILIKE %(s)s OR p.sku ILIKE %(s)s OR a.descripcion ILIKE %(s)s"
        " ORDER BY p.articulo, p.sku NULLS FIRST, t.iva_incluido DESC, p.tarifa,"
        " p.cantidad_minima LIMIT %(most)s",
        search,
    )


def orders(connection: Connection, search: str) -> list[Row]:
    """Return the newest web orders, each with its lines under "lineas"."""
    found = _all(
        connection,
        "SELECT p.id, p.numero, p.fecha, p.pedido_web, p.referencia_web, p.estado, p.almacen,"
        " p.base, p.cuota_iva, p.redondeo, p.total, p.destinatario, p.direccion_envio,"
        " c.codigo AS cliente, c.nombre, c.nif"
        " FROM gestion.pedidos p JOIN gestion.clientes c ON c.codigo = p.cliente"
        " WHERE p.referencia_web <> '' AND (p.numero ILIKE %(s)s OR p.pedido_web ILIKE %(s)s"
        " OR c.nombre ILIKE %(s)s) ORDER BY p.id DESC LIMIT %(most)s",
        search,
    )
    lines: dict[int, list[Row]] = {order["id"]: [] for order in found}
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(
            "SELECT l.*, (SELECT string_agg(trim_scale(u.cantidad)::text || ' x ' || u.sku, ', '"
            " ORDER BY u.sku) FROM gestion.pedidos_unidades u WHERE u.pedido = l.pedido"
            " AND u.linea = l.linea AND u.sku <> l.sku) AS contenido"
            " FROM gestion.pedidos_lineas l WHERE pedido = ANY(%s) ORDER BY pedido, linea",
            [list(lines)],
        )
        for line in cursor:
            lines[line["pedido"]].append(line)
    return [{**order, "lineas": lines[order["id"]]} for order in found]


def refused(connection: Connection) -> list[Row]:
    return _all(
        connection,
        "SELECT recibido_en, pedido_web, referencia, mensaje FROM puente.e_pedidos"
        " WHERE estado = 'ERROR' ORDER BY recibido_en DESC LIMIT 20",
    )


def notes(connection: Connection, search: str) -> list[Row]:
    return _all(
        connection,
        "SELECT a.numero, a.fecha, p.numero AS pedido, p.pedido_web, a.almacen,"
        " coalesce(g.nombre, '') AS agencia, a.seguimiento,"
        " replace(g.url_seguimiento, '{}', a.seguimiento) AS url,"
        " string_agg(trim_scale(l.cantidad)::text || ' x ' || l.sku, ', ' ORDER BY l.linea)"
        " AS contenido"
        " FROM gestion.albaranes a JOIN gestion.pedidos p ON p.id = a.pedido"
        " JOIN gestion.albaranes_lineas l ON l.albaran = a.id"
        " LEFT JOIN gestion.agencias g ON g.codigo = a.agencia"
        " WHERE a.numero ILIKE %(s)s OR p.numero ILIKE %(s)s OR a.seguimiento ILIKE %(s)s"
        " GROUP BY a.id, p.id, g.codigo ORDER BY a.id DESC LIMIT %(most)s",
        search,
    )


def carriers(connection: Connection) -> list[Row]:
    return _all(connection, "SELECT codigo, nombre FROM gestion.agencias ORDER BY nombre DESC")


def _all(connection: Connection, question: str, search: str = "") -> list[Row]:
    literal = search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    values = {"s": f"%{literal}%", "exact": search, "most": MOST_ROWS}
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(question.encode(), values).fetchall()
