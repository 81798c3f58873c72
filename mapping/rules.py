"""A channel's rules as plain values, for the pure decisions."""

from collections.abc import Mapping

from mapping.decide.catalogue import CatalogueRules, MetafieldTarget
from mapping.models import AttributeMapping, Channel, FieldRule, WarehouseMapping
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
