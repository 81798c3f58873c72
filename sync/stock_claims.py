"""Who holds units of an item that the ERP's figures may not contain yet."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from mapping.rules import Place
from sync.models import ErpStock, KitComponent


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Units of one SKU that a store has sold and the ERP's figures may not contain."""

    channel: int
    location: str
    units: int
    order: str = ""
    erp_units: int = 0
    in_erp_at: datetime | None = None
    booked: str = ""

    def pending(self, place: Place, asked_at: datetime) -> int:
        """Return the units that a place's figure lacks, asked for at that moment.

        What the ERP booked is missing where the ERP took it from, until a figure was asked
        for later. An order taken by the ERP while it was being asked may or may not be in
        the answer. It counts twice until the next answer: that undersells for seconds.
        What it did not book is missing where the store sends it from.
        """
        if self.channel != place.channel:
            return 0
        # While nobody knows which location sends it, it counts at each.
        held_here = self.location in ("", place.location)
        if self.in_erp_at is None:
            return self.units if held_here else 0
        booked = min(self.units, self.erp_units)
        booked_here = (self.booked or self.location) in ("", place.location)
        lacking = booked if booked_here and self.in_erp_at > asked_at else 0
        return lacking + (self.units - booked if held_here else 0)


@dataclass(slots=True, kw_only=True)
class Known:
    """Everything that is known of one SKU: its figures, and who claims it with what factor."""

    levels: dict[str, ErpStock] = field(default_factory=dict)
    orders: list[tuple[Claim, Decimal]] = field(default_factory=list)
    unseen: list[tuple[Claim, Decimal]] = field(default_factory=list)


CLAIM = ("channel", "location", "units", "order", "erp_units", "in_erp_at", "booked")


def add(
    known: dict[str, Known],
    factors: Iterable[tuple[str, Decimal]],
    claim: Claim,
    *,
    unseen: bool = False,
) -> None:
    for sku, factor in factors:
        found = known[sku]
        (found.unseen if unseen else found.orders).append((claim, factor))


def components(company: int, **which: object) -> dict[str, list[tuple[str, Decimal]]]:
    found: dict[str, list[tuple[str, Decimal]]] = {}
    rows = KitComponent.objects.filter(connection__company_id=company, **which)
    for kit, sku, units in rows.order_by("pk").values_list("kit", "sku", "quantity"):
        found.setdefault(kit, []).append((sku, units))
    return found


def claimed_by(company: int, base: set[str]) -> dict[str, list[tuple[str, Decimal]]]:
    """Return what one unit sold of a SKU takes: itself, or the components of a kit."""
    kits = components(company, sku__in=base)
    return {sku: [(sku, Decimal(1))] for sku in base if sku not in kits} | kits


def pending(claims: Iterable[tuple[Claim, Decimal]], place: Place, asked_at: datetime) -> Decimal:
    return sum((claim.pending(place, asked_at) * factor for claim, factor in claims), Decimal(0))


def names(
    claims: Iterable[tuple[Claim, Decimal]], place: Place, asked_at: datetime
) -> Iterator[str]:
    for claim, _factor in claims:
        if claim.pending(place, asked_at):
            yield claim.order
