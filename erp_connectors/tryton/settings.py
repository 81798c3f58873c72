"""What a Tryton connection needs to know, read once from what a person typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from erp_connectors.errors import ErpMisconfigured


@dataclass(frozen=True, slots=True, kw_only=True)
class TrytonSettings:
    """One Tryton database and how this company uses it.

    `web_shop` may be empty when the ERP has only one. `options` are the attributes that
    tell variants apart; without them, the selections that differ inside a model count.
    `overlap` must be longer than the longest transaction of the ERP: a record carries
    the time its transaction began and is seen only when it ends.
    """

    url: str
    database: str
    user: str
    password: str
    web_shop: str = ""
    options: tuple[str, ...] = ()
    price_lists: tuple[str, ...] = ()
    generic_party: str = "WEB-GENERICO"
    overlap: timedelta = timedelta(minutes=5)
    time_zone: str = "Europe/Madrid"
    timeout_seconds: float = 30.0

    def __repr__(self) -> str:
        return f"TrytonSettings({self.url}/{self.database} as {self.user})"


def read_settings(values: Mapping[str, Any], secrets: Mapping[str, Any]) -> TrytonSettings:
    """Return checked settings, or raise ErpMisconfigured naming the one that is wrong."""
    for name in ("url", "database", "user"):
        if not values.get(name):
            raise ErpMisconfigured(f"The Tryton connection has no {name!r}.")
    if not secrets.get("password"):
        raise ErpMisconfigured("The Tryton connection has no password.")
    if "/" in str(values["database"]):
        raise ErpMisconfigured("The name of the Tryton database cannot contain '/'.")
    zone = str(values.get("time_zone", "Europe/Madrid"))
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise ErpMisconfigured(f"There is no time zone {zone!r}.") from None
    return TrytonSettings(
        url=str(values["url"]).rstrip("/"),
        database=str(values["database"]),
        user=str(values["user"]),
        password=str(secrets["password"]),
        web_shop=str(values.get("web_shop", "")),
        options=_words(values, "options"),
        price_lists=_words(values, "price_lists"),
        generic_party=str(values.get("generic_party", "WEB-GENERICO")),
        overlap=timedelta(seconds=_number(values, "overlap_seconds", 300, 10, 86_400)),
        time_zone=zone,
        timeout_seconds=_number(values, "timeout_seconds", 30, 1, 600),
    )


def _words(values: Mapping[str, Any], name: str) -> tuple[str, ...]:
    found = values.get(name) or ()
    if isinstance(found, str):
        found = found.split(",")
    return tuple(str(word).strip() for word in found if str(word).strip())


def _number(
    values: Mapping[str, Any], name: str, default: float, least: float, most: float
) -> float:
    try:
        number = float(values.get(name, default))
    except (TypeError, ValueError):
        raise ErpMisconfigured(f"{name!r} must be a number.") from None
    if not least <= number <= most:
        raise ErpMisconfigured(f"{name!r} must be between {least} and {most}.")
    return number
