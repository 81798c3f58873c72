"""Say why a number is what it is, in parts that add up."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from django.utils.formats import localize
from django.utils.translation import gettext as _

from mapping import rule_words
from mapping.models import StockRule
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One number of a target: what it is, its signed units, and whose word it is.

    `as_of` is the clock of whoever said it; `asked_at` is when we asked.
    """

    kind: str
    label: str
    units: int
    source: str
    as_of: datetime | None = None
    asked_at: datetime | None = None
    orders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """What is left of a kit's component, and how many kits that allows."""

    sku: str
    left: str
    per_kit: str
    allows: int


def silence(position: StockPosition) -> str:
    """Return why there is no number to explain, or "" where there is one."""
    reasons = {
        position.Stocked.UNTRACKED: _(
            "The store does not count this item, so no number is sent. Switch on its stock "
            "count in Shopify if it is to follow the ERP."
        ),
        position.Stocked.GIFT_CARD: _("A gift card has no stock: no number is sent."),
        position.Stocked.BUNDLE: _(
            "The store computes this bundle from its parts: theirs are sent, its own is not."
        ),
    }
    if position.stocked:
        return reasons[StockPosition.Stocked(position.stocked)]
    if not position.explanation:
        return _("The ERP has not said anything about this item yet.")
    if "counted" not in position.explanation:
        return _("It is decided again with the next figure of the ERP; then its parts are here.")
    return ""


def stock(position: StockPosition, *, with_rules: bool = False) -> list[Part]:
    """Return the parts of a position's target. They add up to it, or to less than nothing
    where it is 0. Empty where there is no number: `silence` says why.

    `with_rules`: look up which rule keeps units back, one question for each.
    """
    if silence(position):
        return []
    found = position.explanation
    counted = found["counted"]
    start = _kits(found) if counted[0]["per_kit"] else _shelves(found)
    kept = _kept(position, with_rules)
    return [*start, *_incoming(found), *_claims(position), *kept, *_elsewhere(position)]


def components(position: StockPosition) -> list[Component]:
    """Return the components of a kit, the scarcest first; nothing for other items."""
    counted = [] if silence(position) else position.explanation["counted"]
    found = [
        Component(
            sku=each["sku"],
            left=each["left"],
            per_kit=each["per_kit"],
            allows=_floor(Decimal(each["left"]) / Decimal(each["per_kit"])),
        )
        for each in counted
        if each["per_kit"]
    ]
    return sorted(found, key=lambda each: each.allows)


def _shelves(found: dict[str, Any]) -> list[Part]:
    """Return what lies in each warehouse, whole; the rest of the parts is their sum's."""
    levels = found["counted"][0]["levels"]
    parts = [part for level in levels for part in _shelf(level, named=len(levels) > 1)]
    if rest := sum(part.units for part in parts) - found["free"]:
        source = _("A part of a unit cannot be sold")
        parts.append(Part(kind="rest", label=_("fractions"), units=-rest, source=source))
    return parts


def _shelf(level: dict[str, Any], *, named: bool) -> Iterator[Part]:
    place = level["warehouse"]
    names = (("on_hand", _("on hand")), ("reserved", _("reserved")), ("blocked", _("blocked")))
    for kind, name in names:
        units = _floor(Decimal(level[kind]))
        if not units and kind != "on_hand":
            continue
        yield Part(
            kind=kind,
            label=_("%(what)s in %(place)s") % {"what": name, "place": place} if named else name,
            units=units if kind == "on_hand" else -units,
            source=_("ERP, warehouse %s") % place,
            **_times(level),
        )
    if level["share"] is not None and (theirs := _theirs(level)):
        label = _("part of other stores")
        yield Part(
            kind="theirs",
            label=_("%(what)s in %(place)s") % {"what": label, "place": place} if named else label,
            units=-theirs,
            source=_("Rule: this store sells %(share)s %% of %(place)s")
            % {"share": level["share"], "place": place},
        )


def _theirs(level: dict[str, Any]) -> int:
    free = Decimal(level["on_hand"]) - Decimal(level["reserved"]) - Decimal(level["blocked"])
    return _floor(free) - _floor(free * level["share"] / 100)


def _kits(found: dict[str, Any]) -> list[Part]:
    def allows(each: dict[str, Any]) -> Decimal:
        return Decimal(each["left"]) / Decimal(each["per_kit"])

    scarce = min(found["counted"], key=allows)
    said = {name: localize(Decimal(scarce[name])) for name in ("left", "per_kit")}
    said["sku"] = scarce["sku"]
    return [
        Part(
            kind="kits",
            label=_("kits that %(sku)s allows") % scarce,
            units=found["free"],
            source=_("%(left)s of %(sku)s left, %(per_kit)s in each kit") % said,
            **_times(scarce["levels"][0]),
        )
    ]


def _incoming(found: dict[str, Any]) -> Iterator[Part]:
    if units := found.get("incoming"):
        levels = found["counted"][0]["levels"]
        places = ", ".join(each["warehouse"] for each in levels)
        yield Part(
            kind="incoming",
            label=_("on its way from suppliers"),
            units=units,
            source=_("ERP, warehouse %s") % places,
            **_times(levels[0]),
        )


def _claims(position: StockPosition) -> Iterator[Part]:
    found = position.explanation
    if units := found.get("pending_web"):
        yield Part(
            kind="pending_web",
            label=_("web pending"),
            units=-units,
            source=_("Web orders that the ERP has not reserved yet"),
            as_of=position.decided_at,
            orders=tuple(found["counted"][0].get("orders", ())),
        )
    if units := found.get("pending_elsewhere"):
        yield Part(
            kind="pending_elsewhere",
            label=_("sold in other stores"),
            units=-units,
            source=_("Web orders of stores that sell from the same warehouse"),
            as_of=position.decided_at,
        )
    if units := found.get("unknown_web"):
        yield Part(
            kind="unknown_web",
            label=_("sold, order on its way"),
            units=-units,
            source=_("The store: units that it holds for orders we have not read yet"),
            as_of=position.level_at,
        )


def _kept(position: StockPosition, with_rules: bool) -> Iterator[Part]:
    for kind, label, names in (
        ("buffer", _("buffer"), ("buffer_units", "buffer_percent")),
        ("withheld", _("too few to be shown"), ("zero_at_or_below",)),
    ):
        if units := position.explanation.get(kind):
            rule = _rule(position, names) if with_rules else _("Rule")
            yield Part(kind=kind, label=label, units=-units, source=rule)


def _elsewhere(position: StockPosition) -> Iterator[Part]:
    if units := position.explanation.get("capped"):
        yield Part(
            kind="capped",
            label=_("still shown in another store"),
            units=-units,
            source=_("Another store has yet to come down to its part of the warehouse"),
            as_of=position.decided_at,
        )


def _rule(position: StockPosition, names: tuple[str, ...]) -> str:
    """Return the rule that says so, as it reads now: the most specific that says anything."""
    scopes = {"item": position.sku, "family": position.family, "channel": ""}
    rules = {
        rule.scope: rule
        for rule in StockRule.objects.filter(channel=position.channel_id, scope__in=scopes)
        .filter(key__in=scopes.values())
        .order_by("pk")
        if rule.key == scopes[rule.scope]
    }
    for scope in scopes:
        rule = rules.get(scope)
        if rule and any(getattr(rule, name) is not None for name in names):
            return _("Rule: %s") % rule_words.sentence(rule)
    return _("Set in the channel")


def sentence(position: StockPosition) -> str:
    """Return the parts as one line: "18 on hand − 3 reserved − 2 buffer = 12"."""
    parts = stock(position)
    if not parts:
        return silence(position)
    text = ""
    for part in parts:
        sign = "−" if part.units < 0 else "+" if text else ""
        text += f" {sign} {abs(part.units)} {part.label}" if text else f"{part.units} {part.label}"
    total = sum(part.units for part in parts)
    if total < 0:
        return _("%(sum)s = −%(units)s: 0 is shown") % {"sum": text, "units": -total}
    return f"{text} = {total}"


def _times(level: dict[str, Any]) -> dict[str, Any]:
    return {name: datetime.fromisoformat(level[name]) for name in ("as_of", "asked_at")}


def _floor(number: Decimal) -> int:
    return int(number.to_integral_value(rounding=ROUND_FLOOR))
