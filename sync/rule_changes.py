"""When a rule of stock changes, whatever it decides is decided again.

Bound to the saving of the rows and not to a screen: a spreadsheet, a command or a shell
changes a rule as well, and `mapping`, which keeps the rules, knows nothing of positions.
Only `QuerySet.update` and the bulk methods go unseen; none of our code changes rules so.
"""

import copy
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.signals import post_delete, post_save, pre_save

from mapping.models import Channel, FieldRule, StockRule, WarehouseMapping
from mapping.ownership import STOCK
from sync import stock_ledger
from sync.models import KitComponent, StockPosition
from sync.stock_figures import Reckoner

_BEFORE = "_as_it_was"
_WEIGHED = 50
_BUFFER = ("stock_buffer",)
_BRAKE = ("brake_zero_percent", "brake_zero_least", "brake_move_percent", "brake_move_least")
_FIELDS: dict[type, tuple[str, ...]] = {
    Channel: _BUFFER + _BRAKE,
    WarehouseMapping: ("channel_id", "warehouse", "location", "share"),
    FieldRule: ("channel_id", "field", "owner"),
    StockRule: (
        *("channel_id", "scope", "key", "buffer_units", "buffer_percent"),
        *("zero_at_or_below", "sells_incoming"),
    ),
}


def connect() -> None:
    for model in _FIELDS:
        pre_save.connect(_before, sender=model)
        post_save.connect(_saved, sender=model)
        post_delete.connect(_deleted, sender=model)


def _before(sender: Any, instance: Any, raw: bool, **_more: Any) -> None:
    was = None if raw or not instance.pk else sender.objects.filter(pk=instance.pk).first()
    setattr(instance, _BEFORE, was)


def _saved(sender: Any, instance: Any, raw: bool, **_more: Any) -> None:
    was = instance.__dict__.pop(_BEFORE, None)
    changed = {
        name
        for name in _FIELDS[sender]
        if was is None or getattr(was, name) != getattr(instance, name)
    }
    if changed and not raw:
        _decide_again(changed, [each for each in (was, instance) if each is not None])


def _deleted(sender: Any, instance: Any, origin: Any = None, **_more: Any) -> None:
    # Deleted with its channel, there is nothing left to decide.
    if getattr(origin, "model", type(origin)) is sender and sender is not Channel:
        _decide_again(set(_FIELDS[sender]), [instance])


@transaction.atomic
def _decide_again(changed: set[str], states: Iterable[Any]) -> None:
    """Mark what depends on a rule, as it was and as it is."""
    for state in states:
        if isinstance(state, Channel):
            _channel(state, changed)
        elif isinstance(state, WarehouseMapping):
            _warehouse(state)
        elif isinstance(state, StockRule):
            stock_ledger.mark_dirty(state.channel, about(state))
        elif state.field == STOCK:
            stock_ledger.mark_dirty(state.channel, StockPosition.objects.all())


def _channel(channel: Channel, changed: set[str]) -> None:
    rows = StockPosition.objects.all()
    if not changed.intersection(_BUFFER):
        # Other limits: what is held may be allowed by now.
        rows = rows.filter(mass_change__isnull=False)
    stock_ledger.mark_dirty(channel, rows)


def _warehouse(mapping: WarehouseMapping) -> None:
    """A part that changes, or a store more, changes what all others may sell of it."""
    stock_ledger.follow_at_new_locations(mapping.channel)
    stock_ledger.mark_dirty(
        mapping.channel, StockPosition.objects.filter(location=mapping.location)
    )
    others = WarehouseMapping.objects.filter(
        channel__company=mapping.channel.company_id, warehouse=mapping.warehouse
    )
    for other in others.exclude(pk=mapping.pk).select_related("channel"):
        stock_ledger.mark_dirty(
            other.channel, StockPosition.objects.filter(location=other.location)
        )


def about(rule: StockRule) -> QuerySet[StockPosition]:
    """Return the positions a rule is about: its items, and the kits they are in."""
    rows = StockPosition.objects.filter(channel=rule.channel_id)
    if rule.scope == StockRule.Scope.CHANNEL:
        return rows
    kits = KitComponent.objects.filter(connection__company__channel=rule.channel_id)
    if rule.scope == StockRule.Scope.ITEM:
        inside = kits.filter(sku=rule.key)
        return rows.filter(Q(sku=rule.key) | Q(sku__in=inside.values("kit")))
    family = rows.filter(family=rule.key)
    inside = kits.filter(sku__in=family.values("sku"))
    return rows.filter(Q(family=rule.key) | Q(sku__in=inside.values("kit")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a rule makes of one position."""

    sku: str
    location: str
    before: int
    after: int


def effect(rule: StockRule, *, most: int = 5) -> list[Effect]:
    """Return what a rule that is not saved yet would change, the largest changes first.

    Looks at some of the items it is about, those with most to sell. Nothing is kept.
    """
    rows = about(rule).filter(stocked="", target__isnull=False)
    some = sorted(rows.order_by("-target", "pk")[:_WEIGHED], key=lambda row: row.location)
    before = _targets(rule.channel, some)
    with transaction.atomic():
        _put(rule)
        after = _targets(rule.channel, some)
        transaction.set_rollback(True)
    found = [
        Effect(sku=row.sku, location=row.location, before=before[row.pk], after=after[row.pk])
        for row in some
        if row.pk in before and row.pk in after
    ]
    return sorted(found, key=lambda each: -abs(each.after - each.before))[:most]


def _put(rule: StockRule) -> None:
    """Write a rule the way that nobody is told of."""
    if rule.pk:
        values = {name: getattr(rule, name) for name in _FIELDS[StockRule]}
        StockRule.objects.filter(pk=rule.pk).update(**values)
    else:
        StockRule.objects.bulk_create([copy.copy(rule)])


def _targets(channel: Channel, rows: list[StockPosition]) -> dict[int, int]:
    found: dict[int, int] = {}
    for location, group in groupby(rows, key=lambda row: row.location):
        here = list(group)
        reckoner = Reckoner(channel, location, here)
        reckoned = ((row, reckoner.reckon(row)) for row in here)
        found |= {row.pk: each.target.quantity for row, each in reckoned if each is not None}
    return found
