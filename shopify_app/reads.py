"""What we ask of Shopify, answered in documents and plain values."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from mapping.documents import HeldAt, Money, Order
from mapping.documents.fulfilment import (
    FulfilmentOrder,
    FulfilmentState,
    OpenLine,
    RecordedFulfilment,
)
from shopify_app import translate
from shopify_app.client import ShopifyClient
from shopify_app.errors import ShopifyRejected, ShopifyUnavailable
from shopify_app.inventory import (
    MOST_ITEMS,
    LevelRead,
    LocationLevel,
    StoreLevel,
    bulk_levels,
    how_stocked,
    levels,
    location_levels,
)
from shopify_app.paging import next_cursor
from shopify_app.products import (
    FoundVariant,
    ShownProduct,
    VariantIds,
    bulk_products,
    find_products_by_skus,
    product,
    shown_product,
)
from shopify_app.stocked import Stocked
from shopify_app.translate import Node

__all__ = [
    "FoundVariant",
    "LevelRead",
    "Location",
    "LocationLevel",
    "OrderStub",
    "Publication",
    "ShopInfo",
    "ShownProduct",
    "Stocked",
    "StoreLevel",
    "VariantIds",
    "bulk_levels",
    "bulk_products",
    "find_products_by_skus",
    "fulfilment_state",
    "how_stocked",
    "levels",
    "location_levels",
    "order",
    "order_exists",
    "orders_updated_since",
    "product",
    "shop_info",
    "shown_product",
]

LINES_PAGE = 50
MORE_LINES_PAGE = 250
MOST_FULFILMENTS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    id: str
    name: str
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """A sales channel that products can be shown in."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopInfo:
    name: str
    currency: str
    taxes_included: bool
    locations: tuple[Location, ...]
    scopes: tuple[str, ...]
    publications: tuple[Publication, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderStub:
    """Enough of an order to decide whether it must be read. `total` is the current one."""

    id: str
    name: str
    updated_at: datetime
    created_at: datetime
    cancelled_at: datetime | None
    test: bool
    total: Money


def shop_info(client: ShopifyClient) -> ShopInfo:
    data = client.run("shop", {})
    return ShopInfo(
        name=data["shop"]["name"],
        currency=data["shop"]["currencyCode"],
        taxes_included=data["shop"]["taxesIncluded"],
        locations=tuple(
            Location(id=node["id"], name=node["name"], active=node["isActive"])
            for node in data["locations"]["nodes"]
        ),
        scopes=tuple(scope["handle"] for scope in data["currentAppInstallation"]["accessScopes"]),
        publications=tuple(
            Publication(id=node["id"], name=(node["catalog"] or {}).get("title", ""))
            for node in data["publications"]["nodes"]
        ),
    )


def order(client: ShopifyClient, gid: str) -> Order | None:
    """Return an order with all its lines as they were at one moment; None: no such order."""
    for _ in range(3):
        node = client.run("order", {"id": gid, "lines": LINES_PAGE, "after": None})["order"]
        if node is None:
            return None
        if _add_other_lines(client, node):
            found = translate.order_from_node(node, client.shop.domain)
            return _placed(client, found) if translate.is_split(node) else found
    raise ShopifyUnavailable(f"{gid} keeps changing while it is read")


def orders_updated_since(
    client: ShopifyClient, since: datetime, cursor: str = ""
) -> tuple[list[OrderStub], str | None]:
    """Return a page of orders that changed at or after `since`, and the next page's cursor.

    Found by search, which lags behind: overlap the windows.
    """
    filter_text = f"updated_at:>='{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}'"
    data = client.run("orders_updated", {"filter": filter_text, "after": cursor or None})
    stubs = [_stub(node) for node in data["orders"]["nodes"]]
    # The search's windows are not exact.
    return [stub for stub in stubs if stub.updated_at >= since], next_cursor(data["orders"])


def _placed(client: ShopifyClient, order: Order) -> Order:
    """Say for each line which location still has to send how much of it; one more call."""
    held: dict[str, list[HeldAt]] = {}
    for part in fulfilment_state(client, order.shopify_id).orders:
        for line in part.lines:
            if line.remaining and part.location:
                at = HeldAt(location=part.location, units=line.remaining)
                held.setdefault(line.line_item, []).append(at)
    lines = (replace(line, held_at=tuple(held.get(line.id, ()))) for line in order.lines)
    return replace(order, lines=tuple(lines))


def order_exists(client: ShopifyClient, gids: Sequence[str]) -> set[str]:
    """Return those of the orders that the store has, asking for 250 at a time.

    Deleted orders are not among them, nor are those from more than 60 days ago:
    Shopify hides those from us, and an absent old order proves nothing.
    """
    found: set[str] = set()
    for start in range(0, len(gids), MOST_ITEMS):
        chunk = list(gids[start : start + MOST_ITEMS])
        nodes = client.run("orders_exist", {"orders": chunk})["nodes"]
        found |= {node["id"] for node in nodes if node and "id" in node}
    return found


def fulfilment_state(client: ShopifyClient, order_gid: str) -> FulfilmentState:
    """Return what is still to be sent for an order and what is recorded as sent."""
    orders: list[FulfilmentOrder] = []
    after = None
    while True:
        node = client.run("order_fulfilment", {"id": order_gid, "after": after})["order"]
        if node is None:
            raise ShopifyRejected("order_fulfilment", ["there is no such order"])
        orders += [_fulfilment_order(client, each) for each in node["fulfillmentOrders"]["nodes"]]
        after = next_cursor(node["fulfillmentOrders"])
        if after is None:
            break
    if len(node["fulfillments"]) >= MOST_FULFILMENTS:
        raise ShopifyRejected("order_fulfilment", ["more fulfilments than can be read"])
    recorded = tuple(_recorded(client, each) for each in node["fulfillments"])
    return FulfilmentState(orders=tuple(orders), recorded=recorded)


def _add_other_lines(client: ShopifyClient, node: Node) -> bool:
    """Put the lines of the other pages into the node; False: it changed in between."""
    page = node["lineItems"]
    while after := next_cursor(page):
        more = client.run(
            "order_lines", {"id": node["id"], "lines": MORE_LINES_PAGE, "after": after}
        )
        if more["order"] is None or more["order"]["updatedAt"] != node["updatedAt"]:
            return False
        page = more["order"]["lineItems"]
        node["lineItems"]["nodes"] += page["nodes"]
    return True


def _stub(node: Node) -> OrderStub:
    cancelled = node["cancelledAt"]
    return OrderStub(
        id=node["id"],
        name=node["name"],
        updated_at=translate.moment(node["updatedAt"]),
        created_at=translate.moment(node["createdAt"]),
        cancelled_at=translate.moment(cancelled) if cancelled else None,
        test=node["test"],
        total=translate.money(node["currentTotalPriceSet"]["shopMoney"]),
    )


def _fulfilment_order(client: ShopifyClient, node: Node) -> FulfilmentOrder:
    return FulfilmentOrder(
        id=node["id"],
        status=node["status"],
        location=(node["assignedLocation"]["location"] or {}).get("id", ""),
        lines=tuple(
            OpenLine(
                id=each["id"],
                line_item=each["lineItem"]["id"],
                sku=each["sku"] or "",
                remaining=each["remainingQuantity"],
            )
            for each in _all(client, node, "lineItems", "fulfilment_order_lines")
        ),
    )


def _recorded(client: ShopifyClient, node: Node) -> RecordedFulfilment:
    return RecordedFulfilment(
        id=node["id"],
        status=node["status"],
        tracking_numbers=tuple(each["number"] for each in node["trackingInfo"] if each["number"]),
        lines=tuple(
            (each["lineItem"]["id"], each["quantity"] or 0)
            for each in _all(client, node, "fulfillmentLineItems", "fulfilment_lines")
        ),
    )


def _all(client: ShopifyClient, node: Node, name: str, operation: str) -> Iterator[Node]:
    """Yield every node of a connection, asking for the pages its parent did not bring."""
    page = node[name]
    yield from page["nodes"]
    while after := next_cursor(page):
        (parent,) = client.run(operation, {"id": node["id"], "after": after}).values()
        if parent is None:
            raise ShopifyUnavailable(f"{node['id']} went away while it was read")
        page = parent[name]
        yield from page["nodes"]
