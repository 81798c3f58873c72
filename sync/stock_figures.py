"""What may be shown at a place, computed from everything that is known about it.

Loads a fixed set of figures for many positions at once and hands them to the pure
arithmetic of mapping.decide.stock_target. Nothing here writes.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import F, Q, QuerySet

from mapping import rules
from mapping.decide import stock_target as arithmetic
from mapping.decide.stock_target import Claims, Elsewhere, Policy, Shelf, StockTarget, Supply
from mapping.documents import StockLevel
from mapping.models import Channel
from mapping.ownership import STOCK, owner_of
from mapping.rules import Place
from sync import stock_claims
from sync.models import ErpStock, StockPosition, WebDemand
from sync.stock_claims import Claim, Known

_SHOWN = ("sku", "channel_id", "location", "mirror", "sent", "needs_read", "never_stocked")


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A SKU's supply at a place, and the rows it was computed from."""

    sku: str
    supply: Supply
    levels: tuple[tuple[ErpStock, int | None], ...]
    orders: tuple[str, ...]
    per_kit: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoning:
    """The target of one position and the figures it was made of."""

    target: StockTarget
    counted: tuple[Counted, ...]


class Reckoner:
    """Computes targets of one location's positions from a fixed set of figures."""

    def __init__(self, channel: Channel, location: str, rows: Sequence[StockPosition]) -> None:
        self.owner = owner_of(STOCK, rules.owners(channel))
        every = rules.places(channel.company_id)
        here = [each for each in every if (each.channel, each.location) == (channel.pk, location)]
        self._place = here[0] if here else Place(channel=channel.pk, location=location, shares={})
        self._others = [
            each
            for each in every
            if each is not self._place and each.shares_shelves_with(self._place)
        ]
        self._policies = rules.StockPolicies(channel)
        self._company = channel.company_id
        self._load([row.sku for row in rows])

    def _load(self, skus: Sequence[str]) -> None:
        self._kits = stock_claims.components(self._company, kit__in=skus)
        base = {sku for sku in skus if sku not in self._kits}
        base |= {sku for parts in self._kits.values() for sku, _units in parts}
        self._families = self._load_families({*skus, *base})
        self._known: dict[str, Known] = {sku: Known() for sku in base}
        self._load_levels(base)
        self._load_claims(base)
        self._shown = self._load_shown(skus) if self._divides else {}

    def _load_families(self, skus: set[str]) -> dict[str, str]:
        if not self._policies.by_family:
            return {}
        rows = StockPosition.objects.filter(channel=self._place.channel, sku__in=skus)
        return dict(rows.values_list("sku", "family"))

    @property
    def _divides(self) -> bool:
        return any(self._place.only_divides_with(other) for other in self._others)

    def _load_levels(self, base: set[str]) -> None:
        warehouses = {*self._place.shares, *(w for each in self._others for w in each.shares)}
        for level in ErpStock.objects.filter(
            connection__company_id=self._company, sku__in=base, warehouse__in=warehouses
        ):
            self._known[level.sku].levels[level.warehouse] = level

    def _load_claims(self, base: set[str]) -> None:
        factors = stock_claims.claimed_by(self._company, base)
        channels = {self._place.channel, *(each.channel for each in self._others)}
        demand = self._not_contained(
            WebDemand.objects.filter(channel__in=channels, sku__in=factors, quantity__gt=0)
        ).values_list(
            *("sku", "channel", "location", "quantity", "order__name", "erp_quantity"),
            *("in_erp_at", "booked"),
        )
        for sku, *values in demand:
            stock_claims.add(
                self._known,
                factors[sku],
                Claim(**dict(zip(stock_claims.CLAIM, values, strict=True))),
            )
        unseen = StockPosition.objects.filter(
            channel__in=channels, sku__in=factors, unknown_web__gt=0
        ).values_list("sku", "channel", "location", "unknown_web")
        for sku, channel, location, units in unseen:
            claim = Claim(channel=channel, location=location, units=units)
            stock_claims.add(self._known, factors[sku], claim, unseen=True)

    def _not_contained(self, demand: QuerySet[WebDemand]) -> QuerySet[WebDemand]:
        """Leave out what every figure contains, or the sales of years would be loaded."""
        asked = [level.asked_at for each in self._known.values() for level in each.levels.values()]
        late = Q(in_erp_at__gt=min(asked)) if asked else Q()
        return demand.filter(late | Q(in_erp_at=None) | Q(quantity__gt=F("erp_quantity")))

    def _load_shown(self, skus: Iterable[str]) -> dict[tuple[str, int, str], int | None]:
        """Return what the other stores show of these SKUs, at most; None: nobody knows."""
        rows = StockPosition.objects.filter(
            channel__in={each.channel for each in self._others}, sku__in=skus, stocked=""
        ).exclude(~Q(set_aside=""), mirror=None)
        return {
            (row.sku, row.channel_id, row.location): arithmetic.shown_at_most(
                mirror=row.mirror,
                sent=row.sent,
                needs_read=row.needs_read,
                never_stocked=row.never_stocked,
            )
            for row in rows.only(*_SHOWN)
        }

    def reckon(self, row: StockPosition) -> Reckoning | None:
        """Return the target, or None while the ERP has said nothing about the item."""
        parts = self._kits.get(row.sku)
        policy = self._policy(row.sku, kit=parts is not None)
        if parts is not None:
            counted = [self._count(self._place, sku, units) for sku, units in parts]
            known = [each for each in counted if each is not None]
            if len(known) < len(parts):
                return None
            supplies = [(each.supply, each.per_kit or Decimal(1)) for each in known]
            target = arithmetic.kit_target(supplies, policy)
            return Reckoning(target=target, counted=tuple(known))
        found = self._count(self._place, row.sku)
        if found is None:
            return None
        target = self._capped(row, arithmetic.item_target(found.supply, policy))
        return Reckoning(target=target, counted=(found,))

    def _policy(self, sku: str, *, kit: bool = False) -> Policy:
        return self._policies.of(sku, self._families.get(sku, ""), kit=kit)

    def _capped(self, row: StockPosition, target: StockTarget) -> StockTarget:
        if not self._divides:
            return target
        beyond = [
            self._beyond(row.sku, other)
            for other in self._others
            if self._place.only_divides_with(other)
        ]
        known = [each for each in beyond if each is not None]
        return arithmetic.capped(
            target,
            shown=row.mirror or 0,
            excess_elsewhere=sum(known) if len(known) == len(beyond) else None,
        )

    def _beyond(self, sku: str, other: Place) -> int | None:
        shown = self._shown.get((sku, other.channel, other.location), 0)
        found = self._count(other, sku)
        if found is None:
            return shown
        # Without its buffer: units it keeps back are its own to show.
        return arithmetic.excess(arithmetic.item_target(found.supply, Policy()), shown=shown)

    def _count(self, place: Place, sku: str, per_kit: Decimal | None = None) -> Counted | None:
        known = self._known[sku]
        levels = [
            (known.levels[name], share)
            for name, share in place.shares.items()
            if name in known.levels
        ]
        if not levels:
            return None
        asked_at = min(level.asked_at for level, _share in levels)
        claims = Claims(
            pending_web=stock_claims.pending(known.orders, place, asked_at),
            unknown_web=stock_claims.pending(known.unseen, place, asked_at),
            pending_elsewhere=sum(
                (each.taken for each in self._elsewhere(place, known, asked_at)), Decimal(0)
            ),
        )
        shelves = [Shelf(level=document(level), share=share) for level, share in levels]
        return Counted(
            sku=sku,
            supply=arithmetic.supply(shelves, claims, self._policy(sku)),
            levels=tuple(levels),
            orders=tuple(stock_claims.names(known.orders, place, asked_at)),
            per_kit=per_kit,
        )

    def _elsewhere(self, place: Place, known: Known, asked_at: datetime) -> Iterator[Elsewhere]:
        for other in (self._place, *self._others):
            if other is place or not other.shares_shelves_with(place):
                continue
            claimed = stock_claims.pending(known.orders, other, asked_at) + stock_claims.pending(
                known.unseen, other, asked_at
            )
            if claimed:
                # Only where the two meet: its other shelves are no concern of this place.
                free = (
                    Shelf(level=document(known.levels[name]), share=share)
                    for name, share in other.shares.items()
                    if name in known.levels and name in place.shares
                )
                yield Elsewhere(
                    claimed=claimed,
                    own_free=sum((s.part(s.level.free) for s in free), Decimal(0)),
                    divided=place.only_divides_with(other),
                )


def document(level: ErpStock) -> StockLevel:
    return StockLevel(
        sku=level.sku,
        warehouse=level.warehouse,
        on_hand=level.on_hand,
        reserved=level.reserved,
        blocked=level.blocked,
        incoming=level.incoming,
        as_of=level.as_of,
    )
