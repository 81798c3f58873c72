"""The ERP as it is, for the screens on which a person maps it."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from psycopg import sql

from erp_connectors.contract import Description, Entity, FieldDescription
from erp_connectors.errors import ErpMisconfigured
from erp_connectors.sql import rows
from erp_connectors.sql.config import Attribute, SqlSettings
from erp_connectors.sql.names import OPTIONAL_VIEWS
from erp_connectors.sql.optional import absent
from erp_connectors.sql.session import Connection
from erp_connectors.sql.statements import Statements
from mapping.documents import AttributeKind

VIEW_OF = {
    Entity.PRODUCTS: "products",
    Entity.PRICES: "prices",
    Entity.STOCK: "stock",
    Entity.ORDERS: "orders",
    Entity.SHIPMENTS: "shipments",
}
READ = ("products", "variants", "prices", "stock", "shipments", "orders")
COUNTED = ("products", "variants", "prices", "stock")
LISTED = frozenset({AttributeKind.OPTION, AttributeKind.COLOUR, AttributeKind.SIZE})
MOST_VALUES = 200
MOST_SAMPLES = 50


def description(connection: Connection, settings: SqlSettings) -> Description:
    ask = Statements(settings)

    def codes(view: str, *names: str) -> list[dict[str, Any]]:
        wanted = {name: name for name in names if name in ask.columns(view)}
        return connection.execute(ask.distinct(view, wanted, limit=MOST_VALUES)).fetchall()

    price_lists = codes("prices", "price_list", "price_list_name", "tax_included")
    return Description(
        attributes=tuple(
            _attribute(connection, ask, place, each)
            for place, each in enumerate(settings.attributes)
        ),
        price_lists=tuple(map(_price_list, price_lists)),
        warehouses=tuple(_plain(row, "warehouse") for row in codes("warehouses", "code", "label")),
        tax_rates=tuple(map(_tax_rate, codes("tax_rates", "code", "label", "rate"))),
        counts={view: _count(connection, ask, view) for view in COUNTED},
    )


def _count(connection: Connection, ask: Statements, view: str) -> int:
    row = connection.execute(ask.count(view)).fetchone()
    return int(row["count"]) if row else 0


def _price_list(row: dict[str, Any]) -> FieldDescription:
    code = rows.text(row["price_list"])
    kind = "gross" if rows.flag(row.get("tax_included", True)) else "net"
    return FieldDescription(
        code=code, label=rows.text(row.get("price_list_name")) or code, kind=kind
    )


def _tax_rate(row: dict[str, Any]) -> FieldDescription:
    rate = rows.attribute_text(row["rate"], AttributeKind.DECIMAL)
    return FieldDescription(
        code=rows.text(row["code"]),
        label=rows.text(row.get("label")),
        kind="percent",
        values=(rate,),
    )


def _plain(row: dict[str, Any], kind: str) -> FieldDescription:
    code = rows.text(row["code"])
    return FieldDescription(code=code, label=rows.text(row.get("label")) or code, kind=kind)


def _attribute(
    connection: Connection, ask: Statements, place: int, attribute: Attribute
) -> FieldDescription:
    values: tuple[str, ...] = ()
    if attribute.kind in LISTED:
        statement = ask.distinct(attribute.on, {"value": f"attribute_{place}"}, limit=MOST_VALUES)
        found = (rows.text(row["value"]) for row in connection.execute(statement))
        values = tuple(value for value in found if value)
    label = attribute.label or attribute.code.replace("_", " ").capitalize()
    return FieldDescription(
        code=attribute.code, label=label, kind=attribute.kind.value, values=values
    )


def sample(
    connection: Connection, settings: SqlSettings, entity: Entity, count: int
) -> list[dict[str, Any]]:
    count = max(1, min(count, MOST_SAMPLES))
    found = connection.execute(Statements(settings).every(VIEW_OF[entity], count)).fetchall()
    return [{name: _plain_value(value) for name, value in row.items()} for row in found]


def _plain_value(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if isinstance(value, datetime | date) else value


def check(connection: Connection, settings: SqlSettings) -> str:
    """Return the server's version if every view and table can be used as it must."""
    ask = Statements(settings, absent(connection, settings))
    for view in (*READ, *filter(ask.has, OPTIONAL_VIEWS)):
        connection.execute(ask.probe(view))
    _check_staging(connection, settings, "orders", "staged_order")
    _check_staging(connection, settings, "lines", "staged_line")
    if settings.cancels_orders:
        _check_staging(connection, settings, "cancellations", "staged_cancellation")
    row = connection.execute("SELECT current_setting('server_version') AS version").fetchone()
    assert row is not None
    return f"PostgreSQL {str(row['version']).split(' ')[0]}"


def _check_staging(connection: Connection, settings: SqlSettings, table: str, of: str) -> None:
    name = sql.Identifier(*settings.stage(table)).as_string(connection)
    for column in settings.columns_of(of).values():
        row = connection.execute(
            "SELECT has_column_privilege(%s, %s, 'INSERT') AS allowed", [name, column]
        ).fetchone()
        if row is None or not row["allowed"]:
            raise ErpMisconfigured(f"The ERP does not let its user write {column} of {name}.")
