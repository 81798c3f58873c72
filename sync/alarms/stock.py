"""Alarms about stock: sold twice, held back, or shown differently."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q, Sum

from mapping.models import Channel, WarehouseMapping
from mapping.ownership import PRICE, STOCK
from mapping.reasons import Reason
from mapping.reasons import gettext_noop as _
from sync.alarms.finding import Finding, Kind, Severity, clock
from sync.models import Divergence, KitComponent, MassChange, StockPosition, WebDemand

# Above this many items it is one calamity and not many: one alarm says so.
MOST_SINGLY = 20
_MOST_NAMES = 10
# Whoever sells short by thousands of items has another trouble than the longest list.
_MOST_ITEMS = 1000


def oversold(channel: Channel) -> list[Finding]:
    """Find items of which web orders hold more units than there are."""
    short: dict[str, int] = {}
    positions = StockPosition.objects.filter(channel=channel, explanation__short__gt=0)
    for sku, units in positions.values_list("sku", "explanation__short")[:_MOST_ITEMS]:
        short[sku] = short.get(sku, 0) + int(units)
    if not short:
        return []
    orders = _orders_of(channel, list(short))
    # Without an order of this store the units are missing in the ERP, or sold elsewhere.
    sold = {sku: units for sku, units in short.items() if sku in orders}
    if len(sold) > MOST_SINGLY:
        return [_many_oversold(sold)]
    return [_one_oversold(sku, units, orders[sku]) for sku, units in sorted(sold.items())]


def _orders_of(channel: Channel, skus: list[str]) -> dict[str, list[str]]:
    """Return, by SKU, the names of the orders that hold it, alone or in a kit."""
    kits = KitComponent.objects.filter(connection__company=channel.company_id, sku__in=skus)
    parts: dict[str, set[str]] = {sku: {sku} for sku in skus}
    for kit, sku in kits.values_list("kit", "sku"):
        parts.setdefault(kit, set()).add(sku)
    # What was sent is nobody's worry, and years of it would be read each time.
    demand = WebDemand.objects.filter(channel=channel, sku__in=parts, unfulfilled__gt=0)
    found: dict[str, list[str]] = {}
    for held, name in demand.order_by("order__placed_at").values_list("sku", "order__name"):
        for sku in parts[held]:
            names = found.setdefault(sku, [])
            if name not in names:
                names.append(name)
    return found


def _one_oversold(sku: str, units: int, orders: list[str]) -> Finding:
    # The last to order are the ones who will get nothing.
    names = ", ".join(orders[-_MOST_NAMES:])
    return Finding(
        kind=Kind.OVERSOLD,
        key=sku,
        severity=Severity.CRITICAL,
        reasons=(
            Reason(
                _("Units of %(sku)s sold on the web that are not there: %(units)s."),
                {"sku": sku, "units": str(units)},
            ),
            Reason(_("Orders that hold this item: %(orders)s."), {"orders": names}),
            Reason(_("Not all of them can be sent. Find the units, or tell the customers.")),
        ),
    )


def _many_oversold(sold: Mapping[str, int]) -> Finding:
    worst = max(sold, key=lambda sku: (sold[sku], sku))
    return Finding(
        kind=Kind.OVERSOLD,
        severity=Severity.CRITICAL,
        reasons=(
            Reason(
                _(
                    "Items sold on the web that are not there: %(count)s, with %(units)s units"
                    " in all. Most are missing of %(sku)s."
                ),
                {"count": str(len(sold)), "units": str(sum(sold.values())), "sku": worst},
            ),
            Reason(
                _(
                    "So many at once are rarely real sales: look first whether the ERP's stock"
                    " is right, then at the orders."
                )
            ),
        ),
    )


def mass_changes(channel: Channel) -> list[Finding]:
    """Find what the brake holds back."""
    held = MassChange.objects.filter(channel=channel, status=MassChange.Status.HELD)
    named = dict(
        WarehouseMapping.objects.filter(channel=channel)
        .exclude(location_name="")
        .values_list("location", "location_name")
    )
    return [_mass_change(row, named.get(row.location, row.location)) for row in held]


def _mass_change(row: MassChange, place: str) -> Finding:
    said = []
    if row.to_zero:
        said.append(Reason(_("Items that would go to 0: %(count)s."), {"count": str(row.to_zero)}))
    if row.large:
        said.append(
            Reason(
                _("Items that would move by half or more: %(count)s."), {"count": str(row.large)}
            )
        )
    return Finding(
        kind=Kind.MASS_CHANGE,
        key=row.location,
        severity=Severity.CRITICAL,
        reasons=(
            *said,
            Reason(
                _(
                    "Nothing of it is sent to %(place)s since %(since)s: the store keeps"
                    " showing what it shows."
                ),
                {"place": place, "since": clock(row.opened_at)},
            ),
            Reason(_("Look at the preview, then approve the change or reject it.")),
        ),
    )


_FIELDS = {
    STOCK: _("Items whose stock in the store is not what it should be: %(count)s."),
    "order.total": _("Orders with another total in the ERP than in the store: %(count)s."),
    "order.missing_in_erp": _("Orders of the store that the ERP does not have: %(count)s."),
    "order.missing_in_store": _("Web orders of the ERP that the store does not have: %(count)s."),
    "fulfilment.missing_in_erp": _(
        "Orders sent by hand, of which the ERP does not know: %(count)s."
    ),
    "product.missing_in_store": _("Products that are missing in the store: %(count)s."),
    "variant.missing_in_store": _("Variants that are missing in the store: %(count)s."),
    "product.link": _("Products of which nobody can say which one of the store it is: %(count)s."),
    "stock.unlinked": _("Items on sale that are not linked with the ERP: %(count)s."),
    PRICE: _("Items with another price in the store than they should have: %(count)s."),
}
_ANY_FIELD = _("Records that differ between the store and the ERP: %(count)s (%(field)s).")
# An order that nobody will send.
_ALWAYS_CRITICAL = {"order.missing_in_erp"}


def differences(channel: Channel, now: datetime) -> list[Finding]:
    """Find differences that are large or old: one alarm a field, however many there are."""
    return list(_differences(channel, now))


def _differences(channel: Channel, now: datetime) -> Iterator[Finding]:
    large = Q(units_at_risk__gte=channel.alarm_units)
    old = Q(first_seen_at__lte=now - timedelta(minutes=channel.alarm_minutes))
    rows = Divergence.objects.filter(
        Q(snoozed_until=None) | Q(snoozed_until__lte=now),
        large | old,
        channel=channel,
        status=Divergence.Status.OPEN,
    ).order_by()
    groups = rows.values("field").annotate(
        count=Count("pk"),
        large=Count("pk", filter=large),
        units=Sum("units_at_risk"),
        money=Sum("money_at_risk"),
        since=Min("first_seen_at"),
    )
    found = {group["field"]: group for group in groups}
    if not found:
        return
    worst = rows.order_by("field", "-units_at_risk", "-money_at_risk", "pk").distinct("field")
    for row in worst:
        yield _difference(channel, found[row.field], row)


def _difference(channel: Channel, group: Mapping[str, Any], worst: Divergence) -> Finding:
    values = {"count": str(group["count"]), "field": worst.field}
    said = [Reason(_FIELDS.get(worst.field, _ANY_FIELD), values)]
    if group["units"]:
        said.append(Reason(_("Units at risk: %(units)s."), {"units": str(group["units"])}))
    if group["money"]:
        amount = {"amount": str(group["money"]), "currency": channel.currency}
        said.append(Reason(_("Money at risk: %(amount)s %(currency)s."), amount))
    critical = group["large"] or worst.field in _ALWAYS_CRITICAL
    return Finding(
        kind=Kind.DIVERGENCE,
        key=worst.field,
        severity=Severity.CRITICAL if critical else Severity.WARNING,
        reasons=(
            *said,
            Reason(
                _(
                    "The one that matters most: %(record)s is %(found)s and should be"
                    " %(expected)s. The oldest is from %(since)s."
                ),
                {
                    "record": worst.key.partition("@")[0],
                    "found": worst.found,
                    "expected": worst.expected,
                    "since": clock(group["since"]),
                },
            ),
            Reason(_("Open the differences: each can be corrected, or left as it is.")),
        ),
    )
