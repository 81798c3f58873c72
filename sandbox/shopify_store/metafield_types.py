"""The types a metafield can have, and what a value of each looks like."""

from __future__ import annotations

import json
import re
from collections.abc import Callable


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _measure(text: str) -> bool:
    return _is_json(text) and {"value", "unit"} <= set(json.loads(text))


def _pattern(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda text: compiled.fullmatch(text) is not None


_ANY: Callable[[str], bool] = lambda text: True  # noqa: E731


_REFERENCE = _pattern(r"gid://shopify/[A-Za-z]+/\d+")


TYPES: dict[str, Callable[[str], bool]] = {
    "single_line_text_field": lambda text: "\n" not in text,
    "multi_line_text_field": _ANY,
    "number_integer": _pattern(r"-?\d{1,16}"),
    "number_decimal": _pattern(r"-?\d{1,13}(\.\d{1,9})?"),
    "boolean": _pattern(r"true|false"),
    "date": _pattern(r"\d{4}-\d{2}-\d{2}"),
    "date_time": _pattern(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?.*"),
    "json": _is_json,
    "rich_text_field": _is_json,
    "color": _pattern(r"#[0-9a-fA-F]{6}"),
    "url": _pattern(r"(https?|mailto|sms|tel):\S+"),
    "id": lambda text: "\n" not in text,
    "money": _is_json,
    "rating": _is_json,
    "weight": _measure,
    "volume": _measure,
    "dimension": _measure,
    "product_reference": _REFERENCE,
    "variant_reference": _REFERENCE,
    "collection_reference": _REFERENCE,
    "file_reference": _REFERENCE,
    "metaobject_reference": _REFERENCE,
}


def is_valid(kind: str, value: str) -> bool:
    if kind.startswith("list."):
        return _is_json(value) and isinstance(json.loads(value), list)
    return TYPES[kind](value)


def known_type(kind: str) -> bool:
    return kind.removeprefix("list.") in TYPES
