"""What an operator says about an ERP that is a database: where it is, what its views are called.

Everything has a default: the names of a Spanish back office whose partner follows
ADDING_AN_ERP.md. A setting that is present replaces only itself.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec
import psycopg

from erp_connectors.contract import DeltaKind, Entity, PriceMode
from erp_connectors.errors import ErpMisconfigured
from erp_connectors.sql.names import COLUMNS, STAGING, VIEWS
from mapping.documents import AttributeKind

POSTGRESQL = "postgresql"
DIALECTS = (POSTGRESQL,)


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """An axis that tells the variants of a product apart, and the column it is in."""

    name: str
    column: str


class Attribute(msgspec.Struct, frozen=True, kw_only=True):
    """A typed attribute and the column of the products or variants view that holds it."""

    code: str
    column: str
    kind: AttributeKind = AttributeKind.TEXT
    on: str = "products"
    label: str = ""
    unit: str = ""


OPTIONS = (Option(name="Color", column="color"), Option(name="Talla", column="talla"))
ATTRIBUTES = (
    Attribute(code="temporada", column="temporada", kind=AttributeKind.OPTION),
    Attribute(code="genero", column="genero", kind=AttributeKind.OPTION, label="Género"),
    Attribute(code="composicion", column="composicion", label="Composición"),
    Attribute(
        code="altura_tacon",
        column="altura_tacon_mm",
        kind=AttributeKind.MEASURE,
        unit="mm",
        label="Altura del tacón",
    ),
    Attribute(code="impermeable", column="impermeable", kind=AttributeKind.BOOLEAN),
    Attribute(
        code="fecha_lanzamiento",
        column="fecha_lanzamiento",
        kind=AttributeKind.DATE,
        label="Fecha de lanzamiento",
    ),
    Attribute(code="tipo_iva", column="tipo_iva", kind=AttributeKind.DECIMAL, label="Tipo de IVA"),
    Attribute(code="color", column="color", kind=AttributeKind.COLOUR, on="variants"),
    Attribute(code="talla", column="talla", kind=AttributeKind.SIZE, on="variants"),
)


class States(msgspec.Struct, frozen=True, kw_only=True):
    """The ERP's words for what became of an order. Any other word means it holds the order."""

    waiting: tuple[str, ...] = ("RECIBIDO",)
    refused: tuple[str, ...] = ("ERROR",)
    cancelled: tuple[str, ...] = ("ANULADO",)


class SqlSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings of one connection, with the secrets left out."""

    host: str
    dbname: str
    user: str
    port: int = 5432
    sslmode: str = "prefer"
    dialect: str = POSTGRESQL
    schema: str = "puente"
    views: dict[str, str] = {}
    staging: dict[str, str] = {}
    columns: dict[str, dict[str, str]] = {}
    options: tuple[Option, ...] = OPTIONS
    # What an item without a colour or size is called where its siblings have one.
    blank_option: str = "Única"
    attributes: tuple[Attribute, ...] = ATTRIBUTES
    description: str = "text"
    currency: str = "EUR"
    delta: dict[str, DeltaKind] = {}
    overlap_seconds: float = 60
    unique_reference: bool = True
    states: States = States()
    price_mode: PriceMode = PriceMode.NET
    price_decimals: int = 4
    # Total and price figures that the ERP rounds for each line, or once for each tax rate.
    tax_rounding: str = "rate"
    settle_seconds: float = 5
    connect_timeout: int = 5
    statement_timeout: float = 30

    def view(self, name: str) -> tuple[str, str]:
        return self.schema, {**VIEWS, **self.views}[name]

    def stage(self, name: str) -> tuple[str, str]:
        return self.schema, {**STAGING, **self.staging}[name]

    def column(self, of: str, name: str) -> str:
        """Return what the ERP calls a column of ours."""
        return self.columns_of(of)[name]

    def columns_of(self, of: str) -> dict[str, str]:
        """Return our names and the ERP's. A column set to "" does not exist there."""
        merged = {**COLUMNS[of], **self.columns.get(of, {})}
        return {ours: theirs for ours, theirs in merged.items() if theirs}

    def delta_of(self, entity: Entity) -> DeltaKind:
        return self.delta.get(entity, DeltaKind.CURSOR)

    @property
    def overlap(self) -> timedelta:
        return timedelta(seconds=self.overlap_seconds)

    @property
    def cancels_orders(self) -> bool:
        return bool(self.stage("cancellations")[1])

    @property
    def looks_up_orders(self) -> bool:
        return "reference" in self.columns_of("orders")

    @property
    def lists_orders(self) -> bool:
        moments = {"placed_at", "received_at"} & self.columns_of("orders").keys()
        return self.looks_up_orders and bool(moments)


DELTA_KINDS = (DeltaKind.CURSOR, DeltaKind.SINCE, DeltaKind.SNAPSHOT)
DELTA_ENTITIES = frozenset({Entity.PRODUCTS, Entity.PRICES, Entity.STOCK, Entity.SHIPMENTS})
# What an address may say. "service" or "passfile" would read files of this machine.
DSN_WORDS = frozenset({"host", "port", "dbname", "user", "sslmode"})


def read_settings(raw: Mapping[str, Any]) -> SqlSettings:
    """Return the checked settings, or raise ErpMisconfigured naming the one that is wrong."""
    try:
        found = msgspec.convert(_with_dsn_spelt_out(raw), SqlSettings, strict=False)
    except msgspec.ValidationError as error:
        raise ErpMisconfigured(f"The connection's settings are wrong: {error}") from None
    for problem in _problems(found):
        raise ErpMisconfigured(f"The connection's settings are wrong: {problem}")
    return found


def _with_dsn_spelt_out(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Replace "dsn" by its parts; a part given by itself wins."""
    rest = {key: value for key, value in raw.items() if key != "dsn"}
    if "dsn" not in raw:
        return rest
    try:
        parts = psycopg.conninfo.conninfo_to_dict(str(raw["dsn"]))
    except psycopg.ProgrammingError:
        # Its own message would quote the address.
        raise ErpMisconfigured("The connection's dsn cannot be read.") from None
    if "password" in parts:
        raise ErpMisconfigured("The password belongs among the secrets, not in the dsn.")
    if unknown := set(parts) - DSN_WORDS:
        raise ErpMisconfigured(f"The connection's dsn may not say {', '.join(sorted(unknown))}.")
    return {**{key: value for key, value in parts.items() if value is not None}, **rest}


def _problems(found: SqlSettings) -> list[str]:
    checks = [
        (found.dialect in DIALECTS, f"dialect must be one of {', '.join(DIALECTS)}"),
        (set(found.views) <= set(VIEWS), f"views may name {', '.join(VIEWS)}"),
        (set(found.staging) <= set(STAGING), f"staging may name {', '.join(STAGING)}"),
        (set(found.columns) <= set(COLUMNS), f"columns may name {', '.join(COLUMNS)}"),
        (set(found.delta) <= DELTA_ENTITIES, "delta names something that is not read"),
        (set(found.delta.values()) <= set(DELTA_KINDS), "delta is cursor, since or snapshot"),
        (found.description in {"text", "html"}, "description is text or html"),
        (0 < found.connect_timeout <= 60, "connect_timeout is 1 to 60 seconds"),
        (0 < found.statement_timeout <= 600, "statement_timeout is up to 600 seconds"),
        (0 <= found.overlap_seconds <= 86400, "overlap_seconds is up to a day"),
        (len(found.attributes) <= 100, "there are more than 100 attributes"),
        (all(each.on in {"products", "variants"} for each in found.attributes), "on is wrong"),
    ]
    problems = [text for is_right, text in checks if not is_right]
    for of, names in found.columns.items():
        if of in COLUMNS and (unknown := set(names) - set(COLUMNS[of])):
            problems.append(f"columns.{of} may not name {', '.join(sorted(unknown))}")
    return problems
