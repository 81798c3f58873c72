"""Say why a number is what it is, in parts that add up."""

from dataclasses import asdict
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from sync.models import ErpStock, StockPosition
from sync.stock_figures import Counted, Reckoning

# More would be read by nobody; the number beside them is complete.
_MOST_ORDERS = 20


def note(reckoning: Reckoning) -> dict[str, Any]:
    """Return the numbers behind a target, each with where and when it comes from.

    `counted` holds one entry for an item, and one for each component of a kit.
    """
    return asdict(reckoning.target) | {"counted": [_counted(each) for each in reckoning.counted]}


def _counted(each: Counted) -> dict[str, Any]:
    found, claims = each.supply, each.supply.claims
    return {
        "sku": each.sku,
        "per_kit": None if each.per_kit is None else _plain(each.per_kit),
        "left": _plain(found.left),
        "buffer": found.buffer,
        "pending_web": _plain(claims.pending_web),
        "pending_elsewhere": _plain(claims.pending_elsewhere),
        "unknown_web": _plain(claims.unknown_web),
        "orders": list(each.orders[:_MOST_ORDERS]),
        "levels": [_level(level, share) for level, share in each.levels],
    }


def _level(level: ErpStock, share: int | None) -> dict[str, Any]:
    return {
        "warehouse": level.warehouse,
        "share": share,
        "on_hand": _plain(level.on_hand),
        "reserved": _plain(level.reserved),
        "blocked": _plain(level.blocked),
        "incoming": _plain(level.incoming),
        "as_of": level.as_of.isoformat(),
        "asked_at": level.asked_at.isoformat(),
    }


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def stock(position: StockPosition) -> list[tuple[str, int]]:
    """Return the parts of a position's target; their sum is the target unless it is 0.

    Each part is (what it is, signed units). Empty while the ERP has said nothing.
    """
    parts = position.explanation
    if not parts:
        return []
    found = _kit(parts) if parts["counted"][0]["per_kit"] else _shelves(parts)
    for name, label in (
        ("incoming", _("on its way from suppliers")),
        ("pending_web", _("web orders the ERP has not reserved yet")),
        ("pending_elsewhere", _("sold in other stores from the same warehouse")),
        ("unknown_web", _("sold in web orders on their way")),
        ("buffer", _("safety buffer")),
        ("withheld", _("too few to be shown")),
        ("capped", _("still shown in another store")),
    ):
        if units := parts.get(name):
            found.append((label, units if name == "incoming" else -units))
    return found


def _shelves(parts: dict[str, Any]) -> list[tuple[str, int]]:
    """Return what lies in each warehouse, whole; the rest of the parts is their sum's."""
    levels = parts["counted"][0]["levels"]
    found: list[tuple[str, int]] = []
    for level in levels:
        place = level["warehouse"]
        found.append((_("on hand in %s") % place, _whole(level["on_hand"])))
        for name, label in (("reserved", _("reserved in %s")), ("blocked", _("blocked in %s"))):
            if units := _whole(level[name]):
                found.append((label % place, -units))
    # Fractions, and what belongs to the part of other stores.
    if rest := sum(units for _label, units in found) - parts["free"]:
        divided = any(level["share"] is not None for level in levels)
        label = _("the part of other stores") if divided else _("fractions of a unit")
        found.append((label, -rest))
    return found


def _kit(parts: dict[str, Any]) -> list[tuple[str, int]]:
    scarce = min(parts["counted"], key=lambda each: float(each["left"]) / float(each["per_kit"]))
    label = _("kits that %(left)s of %(sku)s allow") % scarce
    return [(label, parts["free"])]


def sentence(position: StockPosition) -> str:
    """Return the parts as one line: "18 on hand in CENTRAL - 3 reserved … = 12"."""
    parts = stock(position)
    if not parts:
        return _("The ERP has not said anything about this item yet.")
    text = ""
    for label, units in parts:
        sign = "−" if units < 0 else "+" if text else ""
        text += f" {sign} {abs(units)} {label}" if text else f"{units} {label}"
    return f"{text} = {position.target}"


def _whole(text: str) -> int:
    return int(float(text))
