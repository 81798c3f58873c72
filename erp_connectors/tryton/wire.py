"""Tryton's JSON: plain values, and Decimals, dates and instants marked with their class."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any


def encode(value: Any) -> Any:
    """Return the value as Tryton wants it in JSON; times are sent in UTC, without a zone."""
    if isinstance(value, Decimal):
        return {"__class__": "Decimal", "decimal": str(value)}
    if isinstance(value, datetime):
        moment = value.astimezone(UTC)
        clock = {name: getattr(moment, name) for name in ("hour", "minute", "second")}
        return {**_day(moment), **clock, "microsecond": moment.microsecond} | {
            "__class__": "datetime"
        }
    if isinstance(value, date):
        return _day(value)
    if isinstance(value, dict):
        return {key: encode(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [encode(item) for item in value]
    return value


def _day(value: date) -> dict[str, Any]:
    return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}


def decode(value: Any) -> Any:
    """Return the value that Tryton's JSON describes; instants carry their zone, UTC."""
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    kind = value.get("__class__")
    if kind is None:
        return {key: decode(item) for key, item in value.items()}
    if kind == "Decimal":
        return Decimal(str(value["decimal"]))
    if kind == "date":
        return date(value["year"], value["month"], value["day"])
    if kind == "datetime":
        parts = ("year", "month", "day", "hour", "minute", "second", "microsecond")
        return datetime(**{part: int(value[part]) for part in parts}, tzinfo=UTC)
    return value
