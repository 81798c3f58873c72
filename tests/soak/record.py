"""What happened on both sides, as the sides themselves tell it. Nothing of it is Puente's."""

import gzip
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tests.end_to_end.world import SandboxShop

# Written by triggers, so that whoever changes stock is in the history: staff, orders, anybody.
HISTORY = """
CREATE SCHEMA IF NOT EXISTS testigo;
CREATE TABLE testigo.existencias (
    n bigint GENERATED ALWAYS AS IDENTITY, xid text DEFAULT pg_current_xact_id()::text,
    en timestamptz DEFAULT clock_timestamp(),
    sku text, almacen text, fisico int, reservado int, bloqueado int);
CREATE TABLE testigo.lineas (
    n bigint GENERATED ALWAYS AS IDENTITY, xid text DEFAULT pg_current_xact_id()::text,
    en timestamptz DEFAULT clock_timestamp(),
    referencia text, almacen text, sku text, cantidad int, servida int, anulado boolean);
CREATE TABLE testigo.personal (sku text, almacen text, unidades int);

CREATE FUNCTION testigo.anotar_existencias() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER AS $$ BEGIN
    INSERT INTO testigo.existencias (sku, almacen, fisico, reservado, bloqueado)
    VALUES (NEW.sku, NEW.almacen, NEW.fisico, NEW.reservado, NEW.bloqueado);
    RETURN NULL;
END $$;
CREATE FUNCTION testigo.anotar_linea() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER AS $$ BEGIN
    INSERT INTO testigo.lineas (referencia, almacen, sku, cantidad, servida, anulado)
    SELECT p.referencia_web, p.almacen, NEW.sku, NEW.cantidad, NEW.servida,
           p.estado = 'ANULADO'
    FROM gestion.pedidos p WHERE p.id = NEW.pedido AND NEW.sku IS NOT NULL;
    RETURN NULL;
END $$;
CREATE FUNCTION testigo.anotar_anulacion() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER AS $$ BEGIN
    INSERT INTO testigo.lineas (referencia, almacen, sku, cantidad, servida, anulado)
    SELECT NEW.referencia_web, NEW.almacen, l.sku, l.cantidad, l.servida, true
    FROM gestion.pedidos_lineas l WHERE l.pedido = NEW.id AND l.sku IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER testigo AFTER INSERT OR UPDATE ON gestion.existencias
    FOR EACH ROW EXECUTE FUNCTION testigo.anotar_existencias();
CREATE TRIGGER testigo AFTER INSERT OR UPDATE ON gestion.pedidos_lineas
    FOR EACH ROW EXECUTE FUNCTION testigo.anotar_linea();
CREATE TRIGGER testigo AFTER UPDATE ON gestion.pedidos
    FOR EACH ROW WHEN (NEW.estado = 'ANULADO' AND OLD.estado <> 'ANULADO')
    EXECUTE FUNCTION testigo.anotar_anulacion();
INSERT INTO testigo.existencias (sku, almacen, fisico, reservado, bloqueado)
    SELECT sku, almacen, fisico, reservado, bloqueado FROM gestion.existencias;
"""

_ERP_QUERIES = {
    "erp_orders": "SELECT id, numero, referencia_web, estado, total::text, almacen"
    " FROM gestion.pedidos WHERE referencia_web <> '' ORDER BY id",
    "erp_lines": "SELECT p.referencia_web, p.almacen, p.estado, l.sku, l.cantidad::int,"
    " l.servida::int FROM gestion.pedidos_lineas l JOIN gestion.pedidos p ON p.id = l.pedido"
    " WHERE p.referencia_web <> '' AND l.sku IS NOT NULL",
    "erp_notes": "SELECT a.numero, a.seguimiento, p.referencia_web FROM gestion.albaranes a"
    " JOIN gestion.pedidos p ON p.id = a.pedido WHERE p.referencia_web <> '' ORDER BY a.id",
    "erp_stock": "SELECT sku, almacen, fisico::int, reservado::int, bloqueado::int"
    " FROM gestion.existencias",
    "erp_prices": "SELECT sku, precio::numeric(12,2)::text AS precio FROM puente.v_precios"
    " WHERE tarifa = 'PVP' AND cantidad_minima = 1",
    "erp_stock_history": "SELECT xid, en::text, sku, almacen, fisico, reservado, bloqueado"
    " FROM testigo.existencias ORDER BY n",
    "erp_line_history": "SELECT xid, en::text, referencia, almacen, sku, cantidad, servida,"
    " anulado FROM testigo.lineas ORDER BY n",
    "staff_moves": "SELECT sku, almacen, sum(unidades)::int AS unidades FROM testigo.personal"
    " GROUP BY sku, almacen",
}

_LOOKED_AT = {
    *("n", "at", "kind", "event", "order", "sku", "location", "name", "before", "after"),
    *("operation", "mutation", "executed", "topic", "webhook_id", "outcome"),
}


@dataclass(kw_only=True)
class Record:
    """Everything the checker may look at."""

    domain: str
    # ERP warehouse -> the store's location.
    warehouses: dict[str, str]
    log: list[dict[str, Any]]
    shop_orders: list[dict[str, Any]]
    variants: list[dict[str, Any]]
    locations: list[dict[str, Any]]
    erp_orders: list[dict[str, Any]]
    erp_lines: list[dict[str, Any]]
    erp_notes: list[dict[str, Any]]
    erp_stock: list[dict[str, Any]]
    erp_prices: list[dict[str, Any]]
    erp_stock_history: list[dict[str, Any]]
    erp_line_history: list[dict[str, Any]]
    staff_moves: list[dict[str, Any]]
    # Used for one question only: is every notice we said yes to kept, and is it finished?
    inbox: list[dict[str, Any]]
    outbox: list[dict[str, Any]]
    # From when to when something was broken on purpose, in seconds since the epoch.
    outages: list[tuple[float, float]] = field(default_factory=list)
    # The log's number when the last change had long settled.
    quiet_from: int = 0
    quiet_until: int = 0

    def save(self, path: Path) -> None:
        """Write it down without what the checker does not look at."""
        whole = asdict(self)
        whole["log"] = [
            {name: value for name, value in entry.items() if name in _LOOKED_AT}
            for entry in self.log
        ]
        path.write_bytes(gzip.compress(json.dumps(whole).encode(), mtime=0))

    @classmethod
    def load(cls, path: Path) -> "Record":
        whole = json.loads(gzip.decompress(path.read_bytes()))
        whole["outages"] = [(begin, end) for begin, end in whole["outages"]]
        return cls(**whole)


def collect(
    shop: SandboxShop, erp: str, ours: str, warehouses: dict[str, str], **more: Any
) -> Record:
    state = shop.state()
    with psycopg.connect(erp, row_factory=psycopg.rows.dict_row) as connection:
        answers: dict[str, Any] = {
            name: connection.execute(question.encode()).fetchall()
            for name, question in _ERP_QUERIES.items()
        }
    with psycopg.connect(ours, row_factory=psycopg.rows.dict_row) as connection:
        rows: dict[str, Any] = {
            name: connection.execute(question).fetchall()
            for name, question in {
                "inbox": b"SELECT message_id, topic, status, reason FROM sync_inboxmessage",
                "outbox": b"SELECT kind, key, status, reason FROM sync_outboxcommand",
            }.items()
        }
    variants = [variant for product in state["products"] for variant in product["variants"]]
    return Record(
        domain=shop.domain,
        warehouses=warehouses,
        log=shop.get("log", limit=10**7)["entries"],
        shop_orders=state["orders"],
        variants=variants,
        locations=state["locations"],
        **answers,
        **rows,
        **more,
    )
