"""Say why a number is what it is, in parts that add up."""

from django.utils.translation import gettext as _

from sync.models import StockPosition


def stock(position: StockPosition) -> list[tuple[str, int]]:
    """Return the parts of a position's target; their sum is the target unless it is 0.

    Each part is (what it is, signed units). Empty while the ERP has said nothing.
    """
    parts = position.explanation
    if not parts:
        return []
    found: list[tuple[str, int]] = []
    for level in parts.get("levels", []):
        place = level["warehouse"]
        found.append((_("on hand in %s") % place, _whole(level["on_hand"])))
        for name, label in (("reserved", _("reserved in %s")), ("blocked", _("blocked in %s"))):
            if units := _whole(level[name]):
                found.append((label % place, -units))
    for name, label in (
        ("pending_web", _("web orders the ERP has not reserved yet")),
        ("unknown_web", _("sold in web orders on their way")),
        ("buffer", _("safety buffer")),
    ):
        if parts.get(name):
            found.append((label, -parts[name]))
    return found


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
