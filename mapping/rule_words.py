"""Stock rules as staff would say them."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mapping.models import StockRule

Scope = StockRule.Scope


def sentence(rule: StockRule) -> str:
    """Return what a rule does: "In the family Zapatos 2 units are kept back"."""
    does = list(_clauses(rule)) or [_("nothing of its own is said")]
    last = does.pop()
    listed = _("%(first)s and %(last)s") % {"first": ", ".join(does), "last": last}
    return f"{_where(rule)} {listed if does else last}"


def _where(rule: StockRule) -> str:
    if rule.scope == Scope.FAMILY:
        return _("In the family %(name)s") % {"name": rule.key}
    if rule.scope == Scope.ITEM:
        return _("Of the item %(name)s") % {"name": rule.key}
    return _("In the whole channel")


def _clauses(rule: StockRule) -> Iterator[str]:
    if rule.buffer_units is not None or rule.buffer_percent is not None:
        yield _kept(rule)
    if rule.zero_at_or_below is not None:
        text = _("0 is shown when %(number)s or fewer are left")
        never = _("the last units are shown too")
        yield text % {"number": rule.zero_at_or_below} if rule.zero_at_or_below else never
    if rule.sells_incoming is not None:
        yield (
            _("what is on its way is sold as well")
            if rule.sells_incoming
            else _("what is on its way is not sold")
        )


def _kept(rule: StockRule) -> str:
    units, percent = rule.buffer_units, rule.buffer_percent
    if not units and not percent:
        return _("nothing is kept back")
    kept = ngettext(
        "%(number)s unit is kept back", "%(number)s units are kept back", units or 0
    ) % {"number": units or 0}
    if not percent:
        return kept
    share = _("%(percent)s %% is kept back") % {"percent": percent}
    if not units:
        return share
    return _("%(units)s or %(percent)s %%, whichever is more") % {
        "units": kept,
        "percent": percent,
    }
