"""Connect a store: read it, map it, subscribe to it, and link what it already has."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction

from erp_connectors.contract import ErpConnector
from mapping.documents import Product
from mapping.models import AttributeMapping, Channel, WarehouseMapping
from shopify_app import definitions, reads, scopes, webhooks
from shopify_app.models import Shop
from shopify_app.reads import ShopInfo
from sync import calls, recurring
from sync.flows import adopting, linking


class CannotConnect(Exception):
    """The store cannot be used as it is; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """What was found and done, for whoever connects the store."""

    name: str
    locations: tuple[str, ...]
    subscribed: int
    linked: int
    doubtful: int


def connect(
    channel: Channel, warehouses: Mapping[str, str], shares: Mapping[str, int] | None = None
) -> Connected:
    """Bring a channel to work. `warehouses` maps ERP warehouses to locations, by name or id.

    `shares`: the percent of a warehouse that this channel sells, where stores divide it.
    Repeatable: what is there already stays. Nothing is written to the catalogue.
    """
    shop = channel.shop
    with calls.store(channel) as client:
        info = reads.shop_info(client)
        _check(channel, shop, info)
        _remember(shop, info)
        _map_warehouses(channel, info, warehouses, shares or {})
        definitions.ensure(client, _definitions(channel))
        subscribed = webhooks.ensure_subscriptions(client, recurring.webhook_address())
        with calls.erp(channel.company.erpconnection, channel=channel) as erp:
            if adopting.has_no_catalogue(erp.capabilities()):
                found = adopting.adopt_store(channel, client)
            else:
                found = _all_products(erp)
        linked = linking.link_existing(channel, client, found)
    recurring.schedule_connection(channel.company.erpconnection)
    recurring.schedule_channel(channel)
    return Connected(
        name=info.name,
        locations=tuple(each.name for each in info.locations),
        subscribed=len(subscribed),
        linked=linked.products,
        doubtful=linked.doubtful,
    )


def _check(channel: Channel, shop: Shop, info: ShopInfo) -> None:
    if lacking := scopes.missing(",".join(info.scopes)):
        raise CannotConnect(f"The app lacks these permissions: {', '.join(lacking)}.")
    if info.currency != channel.currency:
        raise CannotConnect(
            f"The store sells in {info.currency} and the channel in {channel.currency}."
        )


def _remember(shop: Shop, info: ShopInfo) -> None:
    online = [each for each in info.publications if "online" in each.name.lower()]
    chosen = online or list(info.publications)
    Shop.objects.filter(pk=shop.pk).update(
        name=info.name,
        scopes=",".join(info.scopes),
        taxes_included=info.taxes_included,
        publication=shop.publication or (chosen[0].id if chosen else ""),
    )
    shop.refresh_from_db()


@transaction.atomic
def _map_warehouses(
    channel: Channel, info: ShopInfo, warehouses: Mapping[str, str], shares: Mapping[str, int]
) -> None:
    by_name = {each.name: each for each in info.locations if each.active}
    by_name |= {each.id: each for each in info.locations if each.active}
    shipping: set[str] = set()
    for wanted in warehouses.values():
        if wanted not in by_name:
            known = ", ".join(each.name for each in info.locations if each.active)
            raise CannotConnect(f"The store has no location {wanted!r}; it has: {known}.")
    chosen = {warehouse: by_name[wanted] for warehouse, wanted in warehouses.items()}
    # Another warehouse may have shipped these locations' orders until now.
    WarehouseMapping.objects.filter(
        channel=channel, location__in=[each.id for each in chosen.values()]
    ).update(ships_orders=False)
    for warehouse, location in chosen.items():
        row = WarehouseMapping.objects.filter(channel=channel, warehouse=warehouse).first()
        row = row or WarehouseMapping(channel=channel, warehouse=warehouse)
        row.location, row.location_name = location.id, location.name
        # The first warehouse named for a location ships its orders.
        row.ships_orders = location.id not in shipping
        row.share = shares.get(warehouse, row.share)
        _save_checked(row)
        shipping.add(location.id)


def _save_checked(row: WarehouseMapping) -> None:
    try:
        row.clean()
    except ValidationError as error:
        raise CannotConnect(f"{row.warehouse}: {' '.join(error.messages)}") from None
    row.save()


def _definitions(channel: Channel) -> list[definitions.Definition]:
    rows = AttributeMapping.objects.filter(
        channel=channel, target=AttributeMapping.Target.METAFIELD
    )
    return [
        definitions.Definition(
            namespace=row.namespace,
            key=row.key,
            type=row.type,
            on_variant=row.on == AttributeMapping.On.VARIANT,
        )
        for row in rows
    ]


def _all_products(erp: ErpConnector) -> list[Product]:
    found: list[Product] = []
    cursor, more = "", True
    while more:
        page = erp.pull_products(cursor)
        found += page.records
        cursor, more = page.cursor, page.more
    return found
