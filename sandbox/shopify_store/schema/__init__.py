"""The real schema of Admin GraphQL 2026-10, and which access scopes each part of it asks for."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any

from graphql import GraphQLError, GraphQLSchema, build_client_schema

FILE = Path(__file__).with_name("admin_2026-10.json.gz")
VERSION = "2026-10"
SUPPORTED = ("2026-01", "2026-04", "2026-07", "2026-10")


@dataclass(frozen=True, slots=True, kw_only=True)
class RealSchema:
    schema: GraphQLSchema
    # (type, field or "") -> the scopes of which one is enough
    scopes: dict[tuple[str, str], tuple[str, ...]]


@cache
def load() -> RealSchema:
    document = json.loads(gzip.decompress(FILE.read_bytes()))
    # The real schema breaks a rule of the library in six places; Shopify serves it all the same.
    schema = build_client_schema(document["data"], assume_valid=True)
    for name, parse in _SCALARS.items():
        scalar: Any = schema.type_map[name]
        scalar.parse_value = parse
        scalar.coerce_input_value = parse
    scopes = {
        (item["typeName"], item.get("fieldName", "")): tuple(item["offlineScopes"])
        for item in document["offline_scopes"]["items"]
    }
    return RealSchema(schema=schema, scopes=scopes | _ALSO)


# Written in words only in the source, so not in its list.
_ALSO = {
    ("Mutation", "refundCreate"): ("write_orders",),
    ("Mutation", "fulfillmentOrderHold"): ("write_merchant_managed_fulfillment_orders",),
}


def _number(value: Any) -> Any:
    try:
        if isinstance(value, bool) or not Decimal(str(value)).is_finite():
            raise InvalidOperation
    except InvalidOperation:
        raise GraphQLError(f"Invalid decimal: {value!r}") from None
    return str(value)


def _moment(value: Any) -> Any:
    try:
        datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError:
        raise GraphQLError(f"Invalid DateTime: {value!r}") from None
    return value


def _text(value: Any) -> Any:
    if not isinstance(value, str):
        raise GraphQLError(f"Expected a string, got {value!r}")
    return value


def _url(value: Any) -> Any:
    if not isinstance(value, str) or not re.match(r"^[a-z][a-z0-9+.-]*:", value):
        raise GraphQLError(f"Invalid url '{value}', missing scheme")
    return value


_SCALARS = {
    "Decimal": _number,
    "Money": _number,
    "DateTime": _moment,
    "URL": _url,
    "HTML": _text,
}
