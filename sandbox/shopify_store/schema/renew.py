"""Renew the schema file: names, types and access scopes, nothing written in prose.

npm pack @shopify/dev-mcp@1.16.0 && tar xzf shopify-dev-mcp-1.16.0.tgz
python -m sandbox.shopify_store.schema.renew package/dist/data/admin_2026-10.json.gz OUT.json.gz
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

# What a standard introspection answer knows; everything else is documentation.
KEPT = {
    "schema": ("queryType", "mutationType", "subscriptionType", "types", "directives"),
    "type": (
        "kind",
        "name",
        "isOneOf",
        "fields",
        "inputFields",
        "interfaces",
        "enumValues",
        "possibleTypes",
    ),
    "field": ("name", "args", "type", "isDeprecated", "deprecationReason"),
    "input": ("name", "type", "defaultValue", "isDeprecated", "deprecationReason"),
    "enum": ("name", "isDeprecated", "deprecationReason"),
    "directive": ("name", "locations", "args", "isRepeatable"),
    "scope": ("type", "typeName", "fieldName", "offlineScopes"),
}


def _pick(node: dict[str, Any], kind: str) -> dict[str, Any]:
    picked = {key: node[key] for key in KEPT[kind] if node.get(key) is not None}
    if "deprecationReason" in picked:
        picked["deprecationReason"] = "deprecated"
    return picked


def _inputs(nodes: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    return [_pick(node, "input") for node in nodes or []]


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


def strip(source: dict[str, Any]) -> dict[str, Any]:
    """Return the same schema without its documentation."""
    schema = _pick(source["data"]["__schema"], "schema")
    schema["types"] = [_type(node) for node in schema["types"]]
    schema["directives"] = [
        _pick(node, "directive") | {"args": _inputs(node.get("args"))}
        for node in schema["directives"]
    ]
    items = source["offline_scopes"]["items"]
    scopes = [_pick(item, "scope") for item in items if item.get("offlineScopes")]
    return {"data": {"__schema": schema}, "offline_scopes": {"items": scopes}}


def main(source: str, target: str) -> None:
    """Write the stripped copy; the same input gives the same bytes."""
    full = json.loads(gzip.decompress(Path(source).read_bytes()))
    text = json.dumps(strip(full), separators=(",", ":")).encode()
    Path(target).write_bytes(gzip.compress(text, 9, mtime=0))


if __name__ == "__main__":
    main(*sys.argv[1:3])
