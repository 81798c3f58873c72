"""What many types share: times, ids, money, metafields, tags, nodes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from .. import catalogue, ids, metafields
from ..bulk_records import BulkOperation
from ..clock import wire
from ..money import Pair, as_decimal
from ..order_records import (
    Customer,
    Fulfillment,
    FulfillmentOrder,
    FulfillmentOrderLine,
    Line,
    Order,
    Refund,
    Transaction,
)
from ..records import (
    Collection,
    Item,
    Location,
    Metafield,
    MetafieldDefinition,
    Product,
    Publication,
    Shop,
    Subscription,
    Variant,
)
from ..refusals import refuse
from ..stock_records import AdjustmentGroup, Level
from .registry import Ask, access_denied, needs_any, not_modelled, record_type, resolve

for _record, _name in (
    (Product, "Product"),
    (Variant, "ProductVariant"),
    (Item, "InventoryItem"),
    (Level, "InventoryLevel"),
    (Location, "Location"),
    (Collection, "Collection"),
    (Publication, "Publication"),
    (Metafield, "Metafield"),
    (MetafieldDefinition, "MetafieldDefinition"),
    (Order, "Order"),
    (Customer, "Customer"),
    (FulfillmentOrder, "FulfillmentOrder"),
    (Fulfillment, "Fulfillment"),
    (Subscription, "WebhookSubscription"),
    (BulkOperation, "BulkOperation"),
    (AdjustmentGroup, "InventoryAdjustmentGroup"),
    (Refund, "Refund"),
    (Shop, "Shop"),
    (Line, "LineItem"),
    (Transaction, "OrderTransaction"),
    (FulfillmentOrderLine, "FulfillmentOrderLineItem"),
):
    record_type(_record, _name)

# Write scopes by the kind of the record that a metafield or a tag is put on.
_OWNER_SCOPES = {
    "Product": ("write_products",),
    "ProductVariant": ("write_products",),
    "Collection": ("write_products",),
    "Order": ("write_orders",),
    "Customer": ("write_customers",),
    "Location": ("write_locations",),
}


def when(name: str) -> Callable[[Any, Ask], str | None]:
    """A DateTime attribute, as text."""

    def read(record: Any, ask: Ask) -> str | None:
        moment: datetime | None = getattr(record, name)
        return None if moment is None else wire(moment)

    return read


def identity(type_name: str, *, legacy: bool = True) -> None:
    """`id`, `legacyResourceId`, `createdAt` and `updatedAt` of a record."""
    resolve(type_name, id=lambda record, ask: ids.gid(type_name, record.id))
    if legacy:
        resolve(type_name, legacyResourceId=lambda record, ask: str(record.id))
    resolve(type_name, createdAt=when("created_at"), updatedAt=when("updated_at"))


def money(amount: Any, currency: str) -> dict[str, Any]:
    return {"amount": as_decimal(amount), "currencyCode": currency}


def bag(order: Order, amount: Pair) -> dict[str, Any]:
    return {
        "shopMoney": money(amount.shop, order.currency),
        "presentmentMoney": money(amount.presentment, order.presentment),
    }


def attributes_of(values: dict[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in values.items()]


def _metafield(type_name: str) -> Callable[[Any, Ask], Metafield | None]:
    def read(record: Any, ask: Ask) -> Metafield | None:
        space = metafields.namespace(ask.shop, ask.args.get("namespace"))
        held = ask.shop.metafields.get(ids.gid(type_name, record.id), {})
        return held.get(f"{space}.{ask.args['key']}")

    return read


def _metafields(type_name: str) -> Callable[[Any, Ask], Any]:
    def read(record: Any, ask: Ask) -> Any:
        rows = list(ask.shop.metafields.get(ids.gid(type_name, record.id), {}).values())
        if ask.args.get("namespace"):
            space = metafields.namespace(ask.shop, ask.args["namespace"])
            rows = [row for row in rows if row.namespace == space]
        if ask.args.get("keys") == []:
            raise not_modelled("metafields(keys: [])")
        if ask.args.get("keys"):
            rows = metafields.by_name(ask.shop, rows, ask.args["keys"])
        return ask.page(rows)

    return read


for _owner in ("Product", "ProductVariant", "Order", "Customer", "Location", "Shop", "Collection"):
    resolve(_owner, metafield=_metafield(_owner), metafields=_metafields(_owner))

identity("Metafield")
resolve(
    "Metafield",
    namespace=lambda m, ask: m.namespace,
    key=lambda m, ask: metafields.told_key(m),
    type=lambda m, ask: m.type,
    value=lambda m, ask: m.value,
    jsonValue=lambda m, ask: m.value,
    compareDigest=lambda m, ask: metafields.digest(m),
    ownerType=lambda m, ask: metafields.OWNER_TYPES[ids.parse(m.owner).kind],
    owner=lambda m, ask: find_node(ask, m.owner),
)
identity("MetafieldDefinition", legacy=False)
resolve(
    "MetafieldDefinition",
    namespace=lambda d, ask: d.namespace,
    key=lambda d, ask: d.key,
    name=lambda d, ask: d.name,
    description=lambda d, ask: d.description,
    ownerType=lambda d, ask: d.owner_type,
    type=lambda d, ask: {"name": d.type},
    validations=lambda d, ask: [],
    capabilities=lambda d, ask: {"uniqueValues": {"enabled": d.unique, "eligible": True}},
)


def find_node(ask: Ask, text: str) -> Any:
    """Any record by its global id; null when there is none, an error for a kind unknown here."""
    gid = ids.parse(text)
    if gid.kind == "InventoryLevel":
        return level_by_gid(ask.shop, gid)
    shop = ask.shop
    tables: dict[str, Any] = {
        "Product": shop.products,
        "ProductVariant": shop.variants,
        "InventoryItem": shop.items,
        "Location": shop.locations,
        "Order": shop.orders,
        "Customer": shop.customers,
        "FulfillmentOrder": shop.fulfillment_orders,
        "Fulfillment": shop.fulfillments,
        "Publication": shop.publications,
        "WebhookSubscription": shop.subscriptions,
        "Collection": shop.collections,
        "MetafieldDefinition": shop.definitions,
        "InventoryAdjustmentGroup": shop.groups,
        "BulkOperation": shop.bulk_operations,
    }
    if gid.kind == "Metafield":
        found = (m for rows in shop.metafields.values() for m in rows.values())
        return next((m for m in found if m.id == gid.number), None)
    if gid.kind == "Shop":
        return shop if shop.id == gid.number else None
    if gid.kind not in tables:
        raise not_modelled(f"node of kind {gid.kind}")
    return _allowed(ask, gid.kind, tables[gid.kind].get(gid.number))


def _allowed(ask: Ask, kind: str, record: Any) -> Any:
    """`node` returns an interface, so the scopes of the concrete type are asked here."""
    wanted = ask.call.scopes.get((kind, ""), ())
    if not needs_any(ask.call, wanted):
        raise access_denied(ask.info.field_name, wanted)
    return record


def level_by_gid(shop: Shop, gid: ids.Gid) -> Level | None:
    item = gid.query.removeprefix("inventory_item_id=")
    return shop.level(int(item), gid.number) if item.isdigit() else None


def check_owner_access(ask: Ask, owner: str) -> None:
    wanted = _OWNER_SCOPES.get(ids.parse(owner).kind, ())
    if not needs_any(ask.call, wanted):
        raise access_denied(ask.info.field_name, wanted)


def _metafields_set(_: Any, ask: Ask) -> dict[str, Any]:
    rows = ask.args["metafields"]
    for row in rows:
        check_owner_access(ask, row["ownerId"])
    return {"metafields": metafields.set_all(ask.act, rows)}


def _metafields_delete(_: Any, ask: Ask) -> dict[str, Any]:
    rows = ask.args["metafields"]
    for row in rows:
        check_owner_access(ask, row["ownerId"])
    return {"deletedMetafields": metafields.delete(ask.act, rows)}


def _definitions(_: Any, ask: Ask) -> Any:
    rows = [d for d in ask.shop.definitions.values() if d.owner_type == ask.args["ownerType"]]
    for name in ("namespace", "key"):
        if ask.args.get(name):
            wanted = ask.args[name]
            if name == "namespace":
                wanted = metafields.namespace(ask.shop, wanted)
            rows = [row for row in rows if getattr(row, name) == wanted]
    if ask.args.get("query"):
        raise not_modelled("metafieldDefinitions(query:)")
    return ask.page(rows)


def _tagged(ask: Ask) -> Any:
    check_owner_access(ask, ask.args["id"])
    record = find_node(ask, ask.args["id"])
    if record is None:
        raise refuse(["id"], "Resource does not exist")
    if not isinstance(record, (Product, Order, Customer)):
        raise not_modelled("tags on this kind of record")
    return record


def _retag(ask: Ask, record: Any, tags: list[str]) -> dict[str, Any]:
    if tags != record.tags:
        record.tags, record.updated_at = tags, ask.act.now
        topics: dict[Any, str] = {
            Product: "products/update",
            Order: "orders/updated",
            Customer: "customers/update",
        }
        ask.act.tell(topics[type(record)], record)
    return {"node": record}


def _tags_add(_: Any, ask: Ask) -> dict[str, Any]:
    record = _tagged(ask)
    return _retag(ask, record, catalogue.tidy_tags([*record.tags, *ask.args["tags"]]))


def _tags_remove(_: Any, ask: Ask) -> dict[str, Any]:
    record = _tagged(ask)
    gone = {tag.lower() for tag in catalogue.tidy_tags(ask.args["tags"])}
    return _retag(ask, record, [tag for tag in record.tags if tag.lower() not in gone])


resolve(
    "Mutation",
    metafieldsSet=_metafields_set,
    metafieldsDelete=_metafields_delete,
    metafieldDefinitionCreate=lambda _, ask: {
        "createdDefinition": metafields.define(ask.act, ask.args["definition"])
    },
    tagsAdd=_tags_add,
    tagsRemove=_tags_remove,
)
resolve(
    "QueryRoot",
    node=lambda _, ask: find_node(ask, ask.args["id"]),
    nodes=lambda _, ask: [find_node(ask, each) for each in ask.args["ids"]],
    metafieldDefinitions=_definitions,
)
