"""What an ERP may show and need not: looked for once, and done without where it is missing.

What the settings name themselves is not optional: someone relies on it.
"""

from collections.abc import Iterator
from typing import Any

import psycopg

from erp_connectors.sql.config import SqlSettings
from erp_connectors.sql.names import OPTIONAL_COLUMNS, OPTIONAL_VIEWS

# A view, and one of our columns of it; "" is the view as a whole.
Absent = frozenset[tuple[str, str]]
NOTHING: Absent = frozenset()
# Also what our account may not read: that is a mistake to be told, not a thing missing.
COLUMNS_THERE = """
    SELECT c.relname AS view, a.attname AS name
    FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %s AND c.relname = ANY(%s) AND a.attnum > 0 AND NOT a.attisdropped
"""


def absent(connection: psycopg.Connection[dict[str, Any]], settings: SqlSettings) -> Absent:
    """Return the optional views and columns that this ERP does not have."""
    wanted = dict(_wanted(settings))
    if not wanted:
        return _declined(settings)
    views = sorted({view for view, _ in wanted.values()})
    rows = connection.execute(COLUMNS_THERE, [settings.schema, views]).fetchall()
    there = {(row["view"], row["name"]) for row in rows}
    there |= {(view, "") for view, _ in there}
    missing = {ours for ours, theirs in wanted.items() if theirs not in there}
    return _declined(settings) | missing


def _wanted(settings: SqlSettings) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """Name what to look for: in our words, and in the ERP's."""
    for view in OPTIONAL_VIEWS:
        if view not in settings.views:
            yield (view, ""), (settings.view(view)[1], "")
    for view, column in OPTIONAL_COLUMNS:
        theirs = settings.columns_of(view).get(column)
        if theirs and column not in settings.columns.get(view, {}):
            yield (view, column), (settings.view(view)[1], theirs)


def _declined(settings: SqlSettings) -> Absent:
    return frozenset((view, "") for view in OPTIONAL_VIEWS if not settings.view(view)[1])
