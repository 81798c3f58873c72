"""Fill a new back office: the same articles, prices and stock every time."""

import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import psycopg
from psycopg import sql

from sandbox.erp.catalogue import COLOURS, FAMILIES, GRIDS, Article, articles
from sandbox.erp.ean import ean13

PARAMETERS = [("almacen_web", "CENTRAL"), ("redondeo_maximo", "0.05")]
TAXES = [
    ("GENERAL", "IVA general", Decimal(21)),
    ("REDUCIDO", "IVA reducido", Decimal(10)),
    ("SUPERREDUCIDO", "IVA superreducido", Decimal(4)),
    ("EXENTO", "Exento", Decimal(0)),
]
PRICE_LISTS = [
    ("PVP", "Precio de venta al público", True),
    ("REBAJAS", "Rebajas", True),
    ("MAYORISTA", "Mayorista, sin IVA", False),
]
WAREHOUSES = [
    ("CENTRAL", "Almacén central (Getafe)"),
    ("TIENDA", "Tienda de Madrid, c/ Fuencarral"),
    ("TARAS", "Taras y devoluciones: no se vende en la web"),
]
CARRIERS = [
    ("SEUR", "SEUR", "https://www.seur.com/livetracking/?segOnlineIdentificador={}"),
    ("CEX", "Correos Express", "https://s.correosexpress.com/SeguimientoSinCP/search?n={}"),
    ("MRW", "MRW", "https://www.mrw.es/seguimiento_envios/?enviament={}"),
]
# What a wholesaler pays of the net price, from so many units up.
WHOLESALE = [(1, Decimal("0.62")), (12, Decimal("0.57")), (48, Decimal("0.52"))]
LAUNCHED = {"PV26": date(2026, 2, 16), "OI26": date(2026, 9, 1), "OI24": date(2024, 9, 2)}

# Cases that every shop has and every integration must survive.
SOLD_OUT = {"ZAP1003-CUE-42", "BOT3002-NEG-38", "VES7001-ROJ-S", "BOL9001-BUR", "SAN4004-NEG-43"}
WITHOUT_EAN = {"CUI9802", "CUI9803", "COM9504-BEI", "BOL9004-BEI", "SAN4003-MOS-39"}
OVERSOLD = "DEP2001-BLA-42"
LARGE_SIZE = ("ABR8003-AZM-XL", Decimal("189.00"))


def fill(connection: psycopg.Connection[Any]) -> None:
    """Write everything into the empty tables, in the caller's transaction."""
    _insert(connection, "parametros", PARAMETERS)
    _insert(connection, "tipos_iva", TAXES)
    _insert(connection, "familias", FAMILIES)
    _insert(connection, "colores", [(code, *rest) for code, rest in COLOURS.items()])
    _insert(connection, "tallajes", _sizes())
    _insert(connection, "tarifas", PRICE_LISTS)
    _insert(connection, "almacenes", WAREHOUSES)
    _insert(connection, "agencias", CARRIERS)
    _insert(connection, "clientes", [("430000000", "CLIENTE WEB VARIOS")], "codigo nombre")
    everything = articles()
    _insert(connection, "articulos", map(_article_row, everything), _ARTICLE)
    variants = list(_variant_rows(everything))
    _insert(connection, "articulos_variantes", variants, "sku articulo color talla orden ean")
    prices: list[tuple[Any, ...]] = [row for each in everything for row in _price_rows(each)]
    prices.append(("PVP", LARGE_SIZE[0].split("-")[0], LARGE_SIZE[0], 1, LARGE_SIZE[1]))
    _insert(connection, "precios", prices, "tarifa articulo sku cantidad_minima precio")
    kits = {each.code for each in everything if each.components}
    kept = [row[0] for row in variants if row[1] not in kits]
    _insert(connection, "existencias", _stock_rows(kept), _STOCK)
    _insert(connection, "componentes", _component_rows(everything))


_ARTICLE = (
    "codigo descripcion descripcion_larga familia marca temporada genero composicion "
    "altura_tacon_mm impermeable fecha_lanzamiento tallaje tipo_iva peso_gramos activo_web"
)
_STOCK = "sku almacen fisico reservado bloqueado pendiente_recibir"


def _insert(
    connection: psycopg.Connection[Any],
    table: str,
    rows: Iterable[Sequence[Any]],
    columns: str = "",
) -> None:
    names = sql.SQL(", ").join(map(sql.Identifier, columns.split()))
    target = sql.SQL("({})").format(names) if columns else sql.SQL("")
    statement = sql.SQL("COPY {} {} FROM STDIN").format(sql.Identifier("gestion", table), target)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def _sizes() -> Iterator[tuple[str, str, int]]:
    for grid, sizes in GRIDS.items():
        for order, size in enumerate(sizes.split(), start=1):
            yield grid, size, order


def _article_row(article: Article) -> tuple[Any, ...]:
    return (
        article.code,
        article.name,
        f"{article.name}, de {article.brand}.\n\n{article.composition}.",
        article.family,
        article.brand,
        article.season,
        article.gender,
        article.composition,
        article.heel_mm,
        article.waterproof,
        LAUNCHED.get(article.season),
        article.grid,
        article.tax,
        article.grams,
        article.on_web,
    )


def _variant_rows(everything: list[Article]) -> Iterator[tuple[Any, ...]]:
    serial = 0
    for article in everything:
        for order, (colour, size) in enumerate(_axes(article), start=1):
            serial += 1
            sku = "-".join(part for part in (article.code, colour, size) if part)
            ean = "" if sku in WITHOUT_EAN else ean13(serial)
            yield sku, article.code, colour or None, size, order, ean


def _axes(article: Article) -> Iterator[tuple[str, str]]:
    for colour in article.colours or ("",):
        for size in article.sizes or ("",):
            yield colour, size


def _component_rows(everything: list[Article]) -> Iterator[tuple[str, str, int]]:
    """Yield what kits are made of: each comes in one size and colour, and is its own item."""
    for article in everything:
        for sku, quantity in article.components:
            yield article.code, sku, quantity


def _price_rows(article: Article) -> Iterator[tuple[str, str, None, int, Decimal]]:
    yield "PVP", article.code, None, 1, article.price
    if article.season != "Todo el año":
        # Shops end their sale prices in ,95 or ,99.
        lowered = (article.price * Decimal("0.7")).to_integral_value() - Decimal("0.05")
        yield "REBAJAS", article.code, None, 1, lowered
    net = article.price / (Decimal("1.04") if article.tax == "SUPERREDUCIDO" else Decimal("1.21"))
    for quantity, share in WHOLESALE:
        price = (net * share).quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)
        yield "MAYORISTA", article.code, None, quantity, price


def _stock_rows(skus: list[str]) -> Iterator[tuple[str, str, int, int, int, int]]:
    chance = random.Random(2026)  # noqa: S311  (the same stock every time is the point)
    for sku in skus:
        central, shop = chance.randint(4, 40), chance.randint(0, 6)
        reserved = min(chance.choice([0, 0, 0, 1, 2]), central)
        faulty = chance.choice([0, 0, 0, 0, 1, 2])
        incoming = chance.choice([0, 0, 0, 12, 24])
        blocked = chance.choice([0] * 12 + [1])
        if sku in SOLD_OUT:
            central = shop = reserved = blocked = 0
        if sku == OVERSOLD:
            central, reserved, shop = 1, 3, 0
        yield sku, "CENTRAL", central, reserved, blocked, incoming
        yield sku, "TIENDA", shop, 0, 0, 0
        if faulty:
            yield sku, "TARAS", faulty, 0, 0, 0
