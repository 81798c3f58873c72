"""The file a shop survives in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from .records import Shop


def load(path: Path) -> Shop:
    content = path.read_bytes()
    try:
        return msgspec.json.decode(content, type=Shop)
    except msgspec.ValidationError:
        # Levels used to lie in one table, by the text "item/location", their units in another.
        whole = msgspec.json.decode(content)
        whole["levels"] = _by_location(whole["levels"])
        return msgspec.json.decode(msgspec.json.encode(whole), type=Shop)


def _by_location(levels: dict[str, Any]) -> dict[str, dict[str, Any]]:
    tables: dict[str, dict[str, Any]] = {}
    for key, level in levels.items():
        item, _, location = key.partition("/")
        tables.setdefault(location, {})[item] = level | level.pop("units", {})
    return tables
