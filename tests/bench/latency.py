"""How long until the other side knows. Times are taken from both sides' own records."""

import itertools
import statistics
import time
from datetime import datetime
from typing import Any

import psycopg

from sandbox.erp import operations
from tests.bench.installation import Installation

CHANGES_A_SECOND, SECONDS = 20, 30
CODES = {"Almacén central": "CENTRAL", "Tienda Madrid": "TIENDA"}


def summary(waits: list[float], wanted: int) -> dict[str, float]:
    if len(waits) < 2:
        return {"of": wanted, "arrived": len(waits)}
    parts = statistics.quantiles(waits, n=100, method="inclusive")
    return {
        "of": wanted,
        "arrived": len(waits),
        "p50": round(parts[49], 2),
        "p95": round(parts[94], 2),
        "max": round(max(waits), 2),
    }


def stock(plant: Installation) -> dict[str, float]:
    """Change one figure after the other; none comes round again before it must have arrived."""
    start = plant.shop.mark()
    made: list[tuple[float, str, str]] = []
    with psycopg.connect(plant.erp.url, autocommit=True) as erp:
        places = erp.execute(
            "SELECT e.sku, e.almacen FROM gestion.existencias e JOIN puente.v_variantes v"
            " USING (sku) WHERE v.activo AND e.almacen IN ('CENTRAL', 'TIENDA')"
            " AND e.fisico - e.reservado - e.bloqueado >= 0 ORDER BY e.sku, e.almacen"
        ).fetchall()
        begin = time.monotonic()
        for number, (sku, warehouse) in zip(
            range(CHANGES_A_SECOND * SECONDS), itertools.cycle(places), strict=False
        ):
            time.sleep(max(0, begin + number / CHANGES_A_SECOND - time.monotonic()))
            erp.execute(
                "UPDATE gestion.existencias SET fisico = fisico + 1"
                " WHERE sku = %s AND almacen = %s",
                [sku, warehouse],
            )
            made.append((time.time(), sku, warehouse))
    plant.settle(seconds=120)
    seen = _levels(plant, start)
    waits = []
    for at, sku, warehouse in made:
        later = [moment for moment in seen.get((sku, warehouse), []) if moment >= at]
        waits += [later[0] - at] if later else []
    return summary(waits, len(made))


def _levels(plant: Installation, start: int) -> dict[tuple[str, str], list[float]]:
    places = {each["id"]: CODES[each["name"]] for each in plant.shop.state()["locations"]}
    found: dict[tuple[str, str], list[float]] = {}
    for entry in plant.shop.get("log", since=start, kind="level", limit=10**6)["entries"]:
        if entry["name"] == "available":
            key = (entry["sku"], places[entry["location"]])
            found.setdefault(key, []).append(_seconds(entry["at"]))
    return found


def orders(plant: Installation, count: int = 40) -> dict[str, float]:
    rows = plant.erp.query(
        "SELECT e.sku FROM puente.v_existencias e JOIN puente.v_variantes v USING (sku)"
        " WHERE v.activo AND e.almacen = 'CENTRAL'"
        " AND e.fisico - e.reservado - e.bloqueado >= 5 ORDER BY e.sku LIMIT %s",
        count,
    )
    placed: dict[str, float] = {}
    for row in rows:
        lines = [{"sku": row["sku"], "quantity": 1}]
        answer = plant.shop.post("orders", {"lines": lines})
        placed[f"{plant.shop.domain}/{answer['id']}"] = time.time()
        time.sleep(0.25)
    plant.settle(seconds=120)
    booked = plant.erp.query(
        "SELECT referencia_web, extract(epoch FROM fecha)::float8 AS en FROM gestion.pedidos"
        " WHERE referencia_web = ANY(%s)",
        list(placed),
    )
    return summary([row["en"] - placed[row["referencia_web"]] for row in booked], len(placed))


def shipments(plant: Installation, count: int = 20) -> dict[str, float]:
    start = plant.shop.mark()
    waiting = plant.erp.query(
        "SELECT id, referencia_web FROM gestion.pedidos WHERE estado = 'PENDIENTE'"
        " AND referencia_web <> '' ORDER BY id LIMIT %s",
        count,
    )
    sent: dict[int, float] = {}
    with psycopg.connect(plant.erp.url, autocommit=True) as erp:
        for number, row in enumerate(waiting):
            operations.send(erp, row["id"], carrier="SEUR", tracking=f"B{number}", parts=None)
            sent[int(row["referencia_web"].rpartition("/")[2])] = time.time()
            time.sleep(0.25)
    plant.settle(seconds=120)
    told: list[dict[str, Any]] = plant.shop.get("log", since=start, kind="order", limit=10**5)[
        "entries"
    ]
    waits = [
        _seconds(each["at"]) - sent[each["order"]]
        for each in told
        if each["event"] == "fulfilled" and each["order"] in sent
    ]
    return summary(waits, len(sent))


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
