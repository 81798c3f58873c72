"""The control API: everything a merchant, a customer or a fault could do, as JSON calls."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from . import catalogue, faults, oauth, shops, views
from .control_calls import Handler, NotFound, Running, read
from .delivery import Courier
from .ids import gid
from .order_controls import ORDER_HANDLERS
from .product_set import product_set
from .records import Shop
from .stock_controls import STOCK_HANDLERS
from .store import OpenShop, Store


class Control:
    """Runs control calls; each returns what becomes the JSON answer."""

    def __init__(self, store: Store, courier: Courier) -> None:
        self.store = store
        self._running = Running(store=store, courier=courier)

    def open_shop(self, body: dict[str, Any]) -> Any:
        return shops.open_shop(self.store, read(shops.ShopRequest, body))[1]

    def list_shops(self) -> Any:
        return {"shops": [shops.describe(self.store, each.shop) for each in self.store.all()]}

    def advance(self, body: dict[str, Any]) -> Any:
        now = self.store.clock.advance(float(body.get("advance_seconds", 0)))
        self.store.deliver.set()
        return {"now": now}

    def run(self, name: str, opened: OpenShop, body: dict[str, Any], query: dict[str, str]) -> Any:
        return HANDLERS[name](self._running, opened, body, query)


def _describe(
    control: Running, opened: OpenShop, body: dict[str, Any], query: dict[str, str]
) -> Any:
    return shops.describe(control.store, opened.shop)


def _change(
    control: Running, opened: OpenShop, body: dict[str, Any], query: dict[str, str]
) -> Any:
    with control.store.action(opened, "control") as act:
        shops.change(act, read(shops.ShopChange, body))
    return shops.describe(control.store, opened.shop)


def _app(control: Running, opened: OpenShop, body: dict[str, Any], query: dict[str, str]) -> Any:
    with control.store.action(opened, "control: app") as act:
        shops.change_app(act, read(shops.AppChange, body))
    return shops.describe(control.store, opened.shop)


def _token(control: Running, opened: OpenShop, body: dict[str, Any], query: dict[str, str]) -> Any:
    with control.store.action(opened, "control: token") as act:
        if opened.shop.app is None:
            raise NotFound("no app is installed")
        return {"access_token": oauth.permanent(act, opened.shop.app)}


def _state(control: Running, opened: OpenShop, body: dict[str, Any], query: dict[str, str]) -> Any:
    parts = set(filter(None, query.get("parts", "").split(",")))
    with opened.lock:
        return views.state(opened.shop, parts=parts)


def _log(control: Running, opened: OpenShop, body: dict[str, Any], query: dict[str, str]) -> Any:
    limit = int(query.get("limit", "1000"))
    entries = opened.journal.since(int(query.get("since", "0")), query.get("kind"), limit)
    return {"last": opened.journal.last, "entries": entries}


def _counters(
    control: Running, opened: OpenShop, body: dict[str, Any], query: dict[str, str]
) -> Any:
    since = int(query.get("since", "0"))
    return opened.journal.counters(since) | {
        "last": opened.journal.last,
        "throttle": opened.bucket.status(),
    }


def _products(
    control: Running, opened: OpenShop, body: dict[str, Any], query: dict[str, str]
) -> Any:
    """A product made by hand: the input of `productSet`, and tax rates by SKU."""
    rates = body.pop("tax_rates", {})
    publish = body.pop("publish", True)
    with control.store.action(opened, "product by hand") as act:
        product = product_set(act, body.pop("identifier", None), body)
        for variant in catalogue.variants_of(act.shop, product):
            sku = act.shop.items[variant.item_id].sku
            if sku in rates:
                variant.tax_rate = Decimal(str(rates[sku]))
        for publication in act.shop.publications.values() if publish else ():
            if gid("Product", product.id) not in publication.members:
                publication.members.append(gid("Product", product.id))
        return views.product(act.shop, product)


def _delete_product(
    control: Running, opened: OpenShop, body: dict[str, Any], query: dict[str, str]
) -> Any:
    with control.store.action(opened, "product deleted by hand") as act:
        product = catalogue.by_handle(act.shop, query["handle"])
        if product is None:
            raise NotFound(f"no product {query['handle']}")
        catalogue.delete_product(act, product)
    return {"deleted": query["handle"]}


def _add_fault(
    control: Running, opened: OpenShop, body: dict[str, Any], query: dict[str, str]
) -> Any:
    rows = body.get("faults", [body])
    return {
        "faults": [msgspec.to_builtins(opened.faults.add(faults.from_json(row))) for row in rows]
    }


def _list_faults(
    control: Running, opened: OpenShop, body: dict[str, Any], query: dict[str, str]
) -> Any:
    return {
        "faults": [msgspec.to_builtins(each) for each in opened.faults.list()],
        "kinds": faults.KINDS,
    }


def _clear_faults(
    control: Running, opened: OpenShop, body: dict[str, Any], query: dict[str, str]
) -> Any:
    number = query.get("id")
    return {"removed": opened.faults.clear(int(number) if number else None)}


def _flush(control: Running, opened: OpenShop, body: dict[str, Any], query: dict[str, str]) -> Any:
    return control.courier.flush(
        opened, everything=bool(body.get("all", True)), seconds=float(body.get("seconds", 30))
    )


def _session_token(
    control: Running, opened: OpenShop, body: dict[str, Any], query: dict[str, str]
) -> Any:
    if opened.shop.app is None:
        raise NotFound("no app is installed")
    seconds = float(body.get("seconds", oauth.ID_TOKEN_SECONDS))
    token = oauth.id_token(
        opened.shop, opened.shop.app, control.store.clock.now(), seconds=seconds
    )
    locale = str(body.get("locale", "es"))
    url = shops.launch_url(opened.shop, control.store.clock.now(), locale)
    return {"id_token": token, "app_url": url}


def _reset(control: Running, opened: OpenShop, body: dict[str, Any], query: dict[str, str]) -> Any:
    """Empty the shop; `keep` may name products and subscriptions. App and locations stay."""
    keep = set(body.get("keep", []))
    with opened.lock:
        _empty(opened.shop, keep)
        opened.faults.clear()
        opened.journal.clear()
        opened.bucket.give_back(opened.bucket.size)
        opened.dirty = True
    return shops.describe(control.store, opened.shop)


_CATALOGUE = (
    "products",
    "variants",
    "items",
    "levels",
    "metafields",
    "definitions",
    "collections",
)
_EMPTIED = (
    "orders",
    "fulfillment_orders",
    "fulfillments",
    "customers",
    "groups",
    "replays",
    "bulk_operations",
    "uploads",
)


def _empty(shop: Shop, keep: set[str]) -> None:
    names = [*_EMPTIED]
    if "products" not in keep:
        names += _CATALOGUE
        for publication in shop.publications.values():
            publication.members.clear()
    if "subscriptions" not in keep:
        names.append("subscriptions")
    for name in names:
        getattr(shop, name).clear()
    for held in shop.levels.values():
        for level in held.values():
            # The orders that these units were promised to are gone.
            level.committed = 0
    vars(shop).pop("indexes", None)
    shop.deliveries = []
    shop.next_order = 1001


HANDLERS: dict[str, Handler] = {
    **ORDER_HANDLERS,
    **STOCK_HANDLERS,
    "describe": _describe,
    "change": _change,
    "app": _app,
    "token": _token,
    "state": _state,
    "log": _log,
    "counters": _counters,
    "products": _products,
    "delete_product": _delete_product,
    "add_fault": _add_fault,
    "list_faults": _list_faults,
    "clear_faults": _clear_faults,
    "flush": _flush,
    "session_token": _session_token,
    "reset": _reset,
}
