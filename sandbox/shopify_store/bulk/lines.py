"""Answers of the API as lines of JSON: one per node, children by the id of their parent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from .document import Branch

Row = dict[str, Any]


class Full(Exception):
    """As many lines are written as a fault allows."""


class LineFile:
    """A file of lines that is only ever added to; it counts what it holds."""

    def __init__(self, path: Path, *, most: int | None = None) -> None:
        self._file = path.open("wb")
        self._encoder = msgspec.json.Encoder()
        self._most = most
        self.count = 0
        self.size = 0

    def add(self, rows: list[Row]) -> None:
        room = len(rows) if self._most is None else self._most - self.count
        kept = rows[:room]
        self.size += self._file.write(self._encoder.encode_lines(kept))
        self.count += len(kept)
        if len(kept) < len(rows):
            raise Full

    def close(self) -> None:
        self._file.close()


def flatten(nodes: list[Row], branch: Branch, *, grouped: bool) -> list[Row]:
    """The lines of some nodes. Not grouped, children come after all the nodes of their level."""
    if not branch.below:
        return nodes
    if grouped:
        return [line for node in nodes for line in flatten([node], branch, grouped=False)]
    lines = list(nodes)
    for inner in branch.below:
        children: list[Row] = []
        for node in nodes:
            for edge in _take(node, inner.keys):
                child = edge["node"]
                child["__parentId"] = node["id"]
                children.append(child)
        lines += flatten(children, inner, grouped=False)
    return lines


def _take(node: Row, keys: tuple[str, ...]) -> list[Row]:
    """Take a connection out of a node; nothing is there if a fragment did not apply."""
    holder: Any = node
    for key in keys[:-1]:
        holder = holder.get(key)
        if holder is None:
            return []
    connection = holder.pop(keys[-1], None)
    return connection["edges"] if connection else []
