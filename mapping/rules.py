"""A channel's rules as plain values, for the pure decisions."""

from collections.abc import Mapping
from dataclasses import dataclass

from mapping.decide.brake import Limits
from mapping.decide.catalogue import CatalogueRules, MetafieldTarget
from mapping.decide.stock_target import Policy
from mapping.models import AttributeMapping, Channel, FieldRule, StockRule, WarehouseMapping
from mapping.ownership import Owner


def owners(channel: Channel) -> Mapping[str, Owner]:
    rows = FieldRule.objects.filter(channel=channel).values_list("field", "owner")
    return {field: Owner(owner) for field, owner in rows}


def catalogue_rules(channel: Channel) -> CatalogueRules:
    mappings = AttributeMapping.objects.filter(
        channel=channel, target=AttributeMapping.Target.METAFIELD
    )
    return CatalogueRules(
        currency=channel.currency,
        owners=owners(channel),
        attributes={
            each.attribute: MetafieldTarget(
                namespace=each.namespace,
                key=each.key,
                type=each.type,
                on_variant=each.on == AttributeMapping.On.VARIANT,
            )
            for each in mappings
        },
    )


def warehouses_by_location(channel: Channel) -> dict[str, list[str]]:
    """Return the ERP warehouses that feed each Shopify location of a channel."""
    found: dict[str, list[str]] = {}
    for each in WarehouseMapping.objects.filter(channel=channel).order_by("pk"):
        found.setdefault(each.location, []).append(each.warehouse)
    return found


def shipping_warehouse(channel: Channel, location: str) -> str:
    """Return the warehouse that ships a location's orders, or "" if none was chosen."""
    rows = WarehouseMapping.objects.filter(channel=channel, ships_orders=True)
    chosen = rows.filter(location=location).first() if location else None
    chosen = chosen or rows.order_by("pk").first()
    return chosen.warehouse if chosen else ""


def location_of(channel: Channel, warehouse: str) -> str:
    """Return the location that a warehouse feeds, or "" if it feeds none."""
    rows = WarehouseMapping.objects.filter(channel=channel, warehouse=warehouse)
    return rows.values_list("location", flat=True).first() or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One location of one store, and the part of each warehouse it sells from (None: all)."""

    channel: int
    location: str
    shares: Mapping[str, int | None]

    def shares_shelves_with(self, other: "Place") -> bool:
        return not self.shares.keys().isdisjoint(other.shares)

    def only_divides_with(self, other: "Place") -> bool:
        """Return whether every warehouse the two have in common is divided between them."""
        common = self.shares.keys() & other.shares.keys()
        return all(self.shares[name] is not None for name in common)


def places(company: int) -> list[Place]:
    """Return every place of a merchant that sells from a warehouse."""
    found: dict[tuple[int, str], dict[str, int | None]] = {}
    rows = WarehouseMapping.objects.filter(channel__company=company).order_by("pk")
    for channel, location, warehouse, share in rows.values_list(
        "channel", "location", "warehouse", "share"
    ):
        found.setdefault((channel, location), {})[warehouse] = share
    return [
        Place(channel=channel, location=location, shares=shares)
        for (channel, location), shares in found.items()
    ]


def divides(channel: Channel) -> bool:
    """Return whether the channel sells from a warehouse that is divided between stores."""
    return WarehouseMapping.objects.filter(channel=channel, share__isnull=False).exists()


class StockPolicies:
    """What a channel keeps back, item by item: the most specific rule wins, property by
    property.
    """

    def __init__(self, channel: Channel) -> None:
        self._rules = {
            (rule.scope, rule.key): rule for rule in StockRule.objects.filter(channel=channel)
        }
        self._default = Policy(buffer_units=channel.stock_buffer)

    @property
    def by_family(self) -> bool:
        """Return whether an item's family has to be known."""
        return any(scope == StockRule.Scope.FAMILY for scope, _key in self._rules)

    def of(self, sku: str, family: str = "", *, kit: bool = False) -> Policy:
        """Return the policy of an item. A kit's components keep the channel's buffer, so
        only a rule that names the kit or its family keeps back kits as well.
        """
        widest = Policy() if kit else self._default
        scopes = [(StockRule.Scope.ITEM, sku), (StockRule.Scope.FAMILY, family)]
        if not kit:
            scopes.append((StockRule.Scope.CHANNEL, ""))
        rules = [self._rules[scope] for scope in scopes if scope in self._rules]

        def first(name: str, otherwise: int) -> int:
            values = (getattr(rule, name) for rule in rules)
            return next((value for value in values if value is not None), otherwise)

        return Policy(
            buffer_units=first("buffer_units", widest.buffer_units),
            buffer_percent=first("buffer_percent", widest.buffer_percent),
            zero_at_or_below=first("zero_at_or_below", widest.zero_at_or_below),
            sells_incoming=bool(first("sells_incoming", widest.sells_incoming)),
        )


def brake_limits(channel: Channel) -> Limits:
    return Limits(
        zero_percent=channel.brake_zero_percent,
        zero_least=channel.brake_zero_least,
        move_percent=channel.brake_move_percent,
        move_least=channel.brake_move_least,
    )
