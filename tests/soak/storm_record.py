"""What happened in the storm, as both sides tell it. Nothing of it is the bridge's."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import groupby
from typing import Any

import psycopg

from tests.end_to_end.world import SandboxShop
from tests.soak.storm_post import Told

# Triggers write down whoever changes stock, at the storm's time.
WITNESS = """
CREATE SCHEMA testigo;
CREATE TABLE testigo.reloj (ahora timestamptz NOT NULL);
INSERT INTO testigo.reloj VALUES ('2030-01-15 10:00Z');
CREATE FUNCTION testigo.hora() RETURNS timestamptz LANGUAGE sql
SECURITY DEFINER AS 'SELECT ahora FROM testigo.reloj';
CREATE TABLE testigo.existencias (
    n bigint GENERATED ALWAYS AS IDENTITY, xid text DEFAULT pg_current_xact_id()::text,
    en timestamptz DEFAULT testigo.hora(), sku text, almacen text, libre int);
CREATE TABLE testigo.lineas (
    n bigint GENERATED ALWAYS AS IDENTITY, xid text DEFAULT pg_current_xact_id()::text,
    en timestamptz DEFAULT testigo.hora(), pedido bigint, linea int,
    referencia text, almacen text, sku text, cantidad int, anulado boolean);

CREATE FUNCTION testigo.anotar_existencias() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER AS $$ BEGIN
    INSERT INTO testigo.existencias (sku, almacen, libre)
    VALUES (NEW.sku, NEW.almacen, floor(NEW.fisico - NEW.reservado - NEW.bloqueado));
    RETURN NULL;
END $$;
CREATE FUNCTION testigo.anotar_linea() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER AS $$ BEGIN
    INSERT INTO testigo.lineas (pedido, linea, referencia, almacen, sku, cantidad, anulado)
    SELECT p.id, NEW.linea, p.referencia_web, p.almacen, NEW.sku, NEW.cantidad,
           p.estado = 'ANULADO'
    FROM gestion.pedidos p WHERE p.id = NEW.pedido AND NEW.sku IS NOT NULL;
    RETURN NULL;
END $$;
CREATE FUNCTION testigo.anotar_anulacion() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER AS $$ BEGIN
    INSERT INTO testigo.lineas (pedido, linea, referencia, almacen, sku, cantidad, anulado)
    SELECT NEW.id, l.linea, NEW.referencia_web, NEW.almacen, l.sku, l.cantidad, true
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
INSERT INTO testigo.existencias (sku, almacen, libre)
    SELECT sku, almacen, floor(fisico - reservado - bloqueado) FROM gestion.existencias;
"""

_COUNTED = "SELECT n, xid, en, sku, almacen, libre FROM testigo.existencias ORDER BY n"
_BOOKED = (
    "SELECT n, xid, en, pedido, linea, referencia, almacen, sku, cantidad, anulado"
    " FROM testigo.lineas ORDER BY n"
)
_PLACED = {"placed", "edited", "refunded", "cancelled"}


@dataclass(frozen=True, kw_only=True)
class Move:
    """One quantity of one item that an action in a store changed."""

    sku: str
    place: str
    name: str
    before: int
    after: int


@dataclass(frozen=True, kw_only=True)
class Action:
    """What one call or click did in one store. `order`: whose units it moved, if any."""

    at: datetime
    shop: str
    why: str
    order: int | None
    moves: tuple[Move, ...]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One transaction of the ERP: what is free now, and what orders hold now."""

    at: datetime
    counted: tuple[dict[str, Any], ...]
    booked: tuple[dict[str, Any], ...]


@dataclass(kw_only=True)
class StormRecord:
    """Both histories, and what was broken on purpose and when."""

    actions: list[Action]
    entries: list[Entry]
    writes: list[dict[str, Any]]
    shares: dict[tuple[str, str], int]
    outages: list[tuple[datetime, datetime]] = field(default_factory=list)
    # What became of each notice, as the post tells it.
    told: list[Told] = field(default_factory=list)

    def unheard(self, action: "Action | Entry") -> bool:
        """Return whether every notice of what happened to an order was lost.

        Its order's notices as well as those of the levels it moved: one of either tells.
        """
        if isinstance(action, Entry) or action.order is None:
            return False
        # The store tells whole seconds of when it sent a notice.
        second = int(action.at.timestamp())
        ours = [
            each
            for near in (second - 1, second, second + 1)
            for each in self._by_second.get((action.shop, near), ())
            if each.about in (None, action.order)
        ]
        return bool(ours) and all(each.lost for each in ours)

    @cached_property
    def _by_second(self) -> dict[tuple[str, int], list[Told]]:
        found: dict[tuple[str, int], list[Told]] = defaultdict(list)
        for each in self.told:
            found[each.shop, int(each.sent_at.timestamp())].append(each)
        return found


def collect(
    shops: Sequence[SandboxShop], erp: str, warehouses: Mapping[str, str], **more: Any
) -> StormRecord:
    actions: list[Action] = []
    writes: list[dict[str, Any]] = []
    for shop in shops:
        named = {name: code for code, name in warehouses.items()}
        places = shop.get("state", parts="locations")["locations"]
        codes = {each["id"]: named[each["name"]] for each in places if each["name"] in named}
        actions += _actions(shop, codes)
        calls = shop.get("log", kind="api", limit=10**7)["entries"]
        writes += [
            {"shop": shop.domain, "at": each["at"], "operation": each["operation"]}
            for each in calls
            if each["mutation"] and each["executed"]
        ]
    return StormRecord(
        actions=sorted(actions, key=lambda each: each.at),
        entries=_entries(erp),
        writes=writes,
        **more,
    )


def _actions(shop: SandboxShop, codes: Mapping[int, str]) -> list[Action]:
    rows = [
        row
        for kind in ("level", "order")
        for row in shop.get("log", kind=kind, limit=10**7)["entries"]
    ]
    rows.sort(key=lambda row: row["n"])
    # The store gives everything that one call did the same moment and the same cause.
    groups = groupby(rows, key=lambda row: (row["at"], row["why"]))
    return [_action(shop.domain, list(group), codes) for _, group in groups]


def _action(shop: str, rows: list[dict[str, Any]], codes: Mapping[int, str]) -> Action:
    orders = [e["order"] for e in rows if e["kind"] == "order" and e["event"] in _PLACED]
    return Action(
        at=datetime.fromisoformat(rows[0]["at"]),
        shop=shop,
        why=rows[0]["why"],
        order=orders[0] if orders else None,
        moves=tuple(
            Move(
                sku=e["sku"],
                place=codes[e["location"]],
                name=e["name"],
                before=e["before"],
                after=e["after"],
            )
            for e in rows
            if e["kind"] == "level" and e["location"] in codes
        ),
    )


def _entries(erp: str) -> list[Entry]:
    with psycopg.connect(erp, row_factory=psycopg.rows.dict_row) as connection:
        counted = connection.execute(_COUNTED.encode()).fetchall()
        booked = connection.execute(_BOOKED.encode()).fetchall()
    found: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {}
    for row in counted:
        found.setdefault(row["xid"], ([], []))[0].append(row)
    for row in booked:
        found.setdefault(row["xid"], ([], []))[1].append(row)
    entries = [
        Entry(
            at=max(row["en"] for row in (*levels, *lines)),
            counted=tuple(levels),
            booked=tuple(lines),
        )
        for levels, lines in found.values()
    ]
    return sorted(entries, key=lambda each: each.at)
