"""Read and renew the copy of Shopify's schema that our documents are checked against."""

import gzip
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from graphql import GraphQLSchema, build_client_schema

VENDORED = Path(__file__).parent / "admin_2026-10.json.gz"

# What a standard introspection answer knows; everything else is documentation.
_KEPT = {
    "schema": ("queryType", "mutationType", "subscriptionType", "types", "directives"),
    "type": (
        *("kind", "name", "isOneOf", "fields", "inputFields"),
        *("interfaces", "enumValues", "possibleTypes"),
    ),
    "field": ("name", "args", "type", "isDeprecated", "deprecationReason"),
    "input": ("name", "type", "defaultValue", "isDeprecated", "deprecationReason"),
    "enum": ("name", "isDeprecated", "deprecationReason"),
    "directive": ("name", "locations", "args", "isRepeatable"),
    "scope": ("type", "typeName", "fieldName", "offlineScopes"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopifySchema:
    """The types, and for each type or field the scopes of which one is enough."""

    types: GraphQLSchema
    scopes: dict[tuple[str, str], frozenset[str]]


@cache
def load(path: Path = VENDORED) -> ShopifySchema:
    content = json.loads(gzip.decompress(path.read_bytes()))
    return ShopifySchema(
        # Without it graphql-core finds fault with Shopify's own deprecations.
        types=build_client_schema(content["data"], assume_valid=True),
        scopes={
            (item["typeName"], item.get("fieldName", "")): frozenset(item["offlineScopes"])
            for item in content["offline_scopes"]["items"]
        },
    )


def renew(full: Path, target: Path = VENDORED) -> None:
    """Replace the copy by a stripped full schema file. The same input gives the same bytes."""
    content = json.loads(gzip.decompress(full.read_bytes()))
    text = json.dumps(_strip(content), separators=(",", ":")).encode()
    target.write_bytes(gzip.compress(text, 9, mtime=0))
    load.cache_clear()


def _strip(source: dict[str, Any]) -> dict[str, Any]:
    schema = _pick(source["data"]["__schema"], "schema")
    schema["types"] = [_type(node) for node in schema["types"]]
    schema["directives"] = [
        _pick(node, "directive") | {"args": _inputs(node.get("args"))}
        for node in schema["directives"]
    ]
    items = source["offline_scopes"]["items"]
    scopes = [_pick(item, "scope") for item in items if item.get("offlineScopes")]
    return {"data": {"__schema": schema}, "offline_scopes": {"items": scopes}}


def _type(node: dict[str, Any]) -> dict[str, Any]:
    kept = _pick(node, "type")
    if "fields" in kept:
        kept["fields"] = [
            _pick(field, "field") | {"args": _inputs(field.get("args"))}
            for field in kept["fields"]
        ]
    if "inputFields" in kept:
        kept["inputFields"] = _inputs(kept["inputFields"])
    if "enumValues" in kept:
        kept["enumValues"] = [_pick(value, "enum") for value in kept["enumValues"]]
    return kept


def _inputs(nodes: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    return [_pick(node, "input") for node in nodes or []]


def _pick(node: dict[str, Any], kind: str) -> dict[str, Any]:
    picked = {key: node[key] for key in _KEPT[kind] if node.get(key) is not None}
    if "deprecationReason" in picked:
        picked["deprecationReason"] = "deprecated"
    return picked
