"""The questions we ask the ERP's views. Names are quoted as names and values sent as values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql

from erp_connectors.contract import DeltaKind, Entity
from erp_connectors.errors import ErpMisconfigured
from erp_connectors.sql.config import SqlSettings
from erp_connectors.sql.optional import NOTHING, Absent


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where changes of an entity show: views, with the column that names the record.

    `is_whole`: one changed row is a document; otherwise the record is read again.
    """

    views: Mapping[str, str]
    keys: tuple[str, ...]
    is_whole: bool


SOURCES = {
    Entity.PRODUCTS: Source(
        views={"products": "code", "variants": "product_code"}, keys=("code",), is_whole=False
    ),
    Entity.PRICES: Source(
        views={"prices": "sku"}, keys=("sku", "price_list", "min_quantity"), is_whole=True
    ),
    Entity.STOCK: Source(views={"stock": "sku"}, keys=("sku", "warehouse"), is_whole=True),
    Entity.SHIPMENTS: Source(views={"shipments": "number"}, keys=("number",), is_whole=False),
}


class Statements:
    """Builds SELECTs in the ERP's names that answer in ours."""

    def __init__(self, settings: SqlSettings, absent: Absent = NOTHING) -> None:
        self._settings = settings
        self._absent = absent

    def has(self, view: str) -> bool:
        return (view, "") not in self._absent

    def position_column(self, entity: Entity) -> str:
        is_since = self._settings.delta_of(entity) is DeltaKind.SINCE
        return "modified" if is_since else "version"

    def horizon(self, entity: Entity) -> sql.Composed:
        """Ask for the newest change and the open transactions, as of one moment."""
        column = self.position_column(entity)
        newest = sql.SQL(" UNION ALL ").join(
            sql.SQL("SELECT max({}) AS position FROM {}").format(
                self.name(view, column), self.view(view)
            )
            for view in SOURCES[entity].views
        )
        return sql.SQL(
            "SELECT max(position) AS newest,"
            " pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS oldest,"
            " pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next"
            " FROM ({}) AS positions"
        ).format(newest)

    def changes(self, entity: Entity) -> sql.Composed:
        """Ask for changes in their order, with all that share the last position.

        Each comes with its `positions`; a record that is read again comes once, at the
        last of them. Takes the values `low`, `after`, `until`, `limit` and `seen`.
        """
        source = SOURCES[entity]
        rows = sql.SQL(" UNION ALL ").join(
            self._changed_rows(entity, view, key) for view, key in source.views.items()
        )
        shape = sql.SQL("SELECT *, ARRAY[position] AS positions FROM ({}) AS r")
        if not source.is_whole:
            shape = sql.SQL(
                "SELECT key, max(position) AS position, array_agg(position) AS positions"
                " FROM ({}) AS r GROUP BY key"
            )
        return sql.SQL(
            "SELECT * FROM ({}) AS changes WHERE position > %(after)s"
            " ORDER BY position FETCH FIRST %(limit)s ROWS WITH TIES"
        ).format(shape.format(rows))

    def _changed_rows(self, entity: Entity, view: str, key: str) -> sql.Composed:
        column = self.position_column(entity)
        is_whole = SOURCES[entity].is_whole
        names = {"position": column} | (self.all_names(view) if is_whole else {"key": key})
        unseen = "" if column == "modified" else "AND NOT {}::bigint <@ %(seen)s::int8multirange"
        position = self.name(view, column)
        return sql.SQL("SELECT {} FROM {} WHERE {} > %(low)s AND {} <= %(until)s {}").format(
            self._aliased(view, names),
            self.view(view),
            position,
            position,
            sql.SQL(unseen).format(position),
        )

    def listing(self, entity: Entity, *, goes_on: bool) -> sql.Composed:
        """Ask for the whole list in the order of its key.

        Takes the key to go on after, if it `goes_on`, and the limit.
        """
        source = SOURCES[entity]
        view = next(iter(source.views))
        keys = sql.SQL(", ").join(self.name(view, key) for key in source.keys)
        where: sql.Composable = sql.SQL("")
        if goes_on:
            marks = sql.SQL(", ").join([sql.Placeholder()] * len(source.keys))
            where = sql.SQL("WHERE ({}) > ({})").format(keys, marks)
        names = self.all_names(view) if source.is_whole else {"key": source.keys[0]}
        return sql.SQL("SELECT {} {} FROM {} {} ORDER BY {} LIMIT {}").format(
            sql.SQL("" if source.is_whole else "DISTINCT"),
            self._aliased(view, names),
            self.view(view),
            where,
            keys,
            sql.Placeholder(),
        )

    def named(self, view: str, column: str, *, order: Sequence[str]) -> sql.Composed:
        """Ask for the rows whose `column` is in a list, which is the one value taken."""
        return sql.SQL("SELECT {} FROM {} WHERE {} = ANY(%s) ORDER BY {}").format(
            self._aliased(view, self.all_names(view)),
            self.view(view),
            self.name(view, column),
            sql.SQL(", ").join(self.name(view, name) for name in order),
        )

    def orders_since(self, moment: str, *, goes_on: bool) -> sql.Composed:
        """Ask for orders in the order of `moment`, all of one moment and reference together.

        Takes the values `since`, `limit` and, if it `goes_on`, `moment` and `reference`.
        """
        names = ("reference", "number", "state", "total")
        wanted = {name: name for name in names if name in self.columns("orders")}
        place = sql.SQL("{}, {}").format(self.name("orders", moment), self._reference())
        after = sql.SQL("AND ({}) > (%(moment)s, %(reference)s)").format(place)
        return sql.SQL(
            "SELECT {} FROM {} WHERE {} >= %(since)s {} ORDER BY {}"
            " FETCH FIRST %(limit)s ROWS WITH TIES"
        ).format(
            self._aliased("orders", {**wanted, "placed_at": moment}),
            self.view("orders"),
            self.name("orders", moment),
            after if goes_on else sql.SQL(""),
            place,
        )

    def _reference(self) -> sql.Identifier:
        return self.name("orders", "reference")

    def every(self, view: str, count: int) -> sql.Composed:
        """Ask for rows as the ERP shows them."""
        return sql.SQL("SELECT * FROM {} LIMIT {}").format(self.view(view), sql.Literal(count))

    def probe(self, view: str) -> sql.Composed:
        """Ask for nothing, in such a way that a wrong name is found."""
        return sql.SQL("SELECT {} FROM {} LIMIT 0").format(
            self._aliased(view, self.all_names(view)), self.view(view)
        )

    def count(self, view: str) -> sql.Composed:
        return sql.SQL("SELECT count(*) AS count FROM {}").format(self.view(view))

    def distinct(self, view: str, names: Mapping[str, str], *, limit: int) -> sql.Composed:
        """Ask for the different values of some columns, which may be attributes as well."""
        return sql.SQL("SELECT DISTINCT {} FROM {} ORDER BY 1 LIMIT {}").format(
            self._aliased(view, names), self.view(view), sql.Literal(limit)
        )

    def columns(self, view: str) -> dict[str, str]:
        """Return what to read of a view: our names, and theirs."""
        settings = self._settings
        wanted = settings.columns_of(view)
        kinds = {settings.delta_of(entity) for entity in SOURCES if view in SOURCES[entity].views}
        for name, kind in (("version", DeltaKind.CURSOR), ("modified", DeltaKind.SINCE)):
            # A level's stamp also tells how long its change has been under way.
            if kind not in kinds and (view, name) != ("stock", "modified"):
                wanted.pop(name, None)
        wanted = {name: each for name, each in wanted.items() if (view, name) not in self._absent}
        for place, option in enumerate(settings.options if view == "variants" else ()):
            wanted[f"option_{place}"] = option.column
        for place, attribute in enumerate(settings.attributes):
            if attribute.on == view:
                wanted[f"attribute_{place}"] = attribute.column
        return wanted

    def all_names(self, view: str) -> dict[str, str]:
        return {name: name for name in self.columns(view)}

    def view(self, view: str) -> sql.Identifier:
        return sql.Identifier(*self._settings.view(view))

    def name(self, view: str, column: str) -> sql.Identifier:
        columns = self.columns(view)
        if column not in columns:
            raise ErpMisconfigured(f"The settings name no column {column!r} for {view}.")
        return sql.Identifier(columns[column])

    def _aliased(self, view: str, names: Mapping[str, str]) -> sql.Composed:
        """Select columns; `names` has the answer's name first and ours second."""
        return sql.SQL(", ").join(
            sql.SQL("{} AS {}").format(self.name(view, ours), sql.Identifier(alias))
            for alias, ours in names.items()
        )
