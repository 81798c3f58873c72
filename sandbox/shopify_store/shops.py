"""Opening a shop, and changing what a merchant or Shopify would change about it."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import msgspec

from . import oauth
from .ids import gid
from .records import App, Discount, Location, Publication, Shop
from .store import Action, OpenShop, Store

DEFAULT_SCOPES = [
    "read_products",
    "write_products",
    "read_inventory",
    "write_inventory",
    "read_locations",
    "read_orders",
    "write_orders",
    "read_all_orders",
    "read_customers",
    "write_customers",
    "read_fulfillments",
    "write_fulfillments",
    "read_assigned_fulfillment_orders",
    "write_assigned_fulfillment_orders",
    "read_merchant_managed_fulfillment_orders",
    "write_merchant_managed_fulfillment_orders",
    "read_publications",
    "write_publications",
    "read_returns",
    "write_returns",
    "read_files",
    "write_files",
]
# Room for a million ids, which rise in steps of 32,769 as Shopify's do.
ID_BLOCK = 32_769_000_000
_DOMAIN = re.compile(r"^[a-z0-9][a-z0-9.-]*(:\d+)?$")


class LocationRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    name: str
    active: bool = True
    fulfills_online_orders: bool = True
    zip: str = "28001"
    city: str = "Madrid"
    country: str = "ES"


class AppRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    client_id: str = "puente-client-id"
    client_secret: str = ""
    scopes: list[str] = msgspec.field(default_factory=lambda: list(DEFAULT_SCOPES))
    app_url: str = ""
    handle: str = "puente"
    name: str = "Puente"


class BucketRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    size: float = 2000
    restore_rate: float = 100


class ShopRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    domain: str
    name: str = "Tienda de prueba"
    currency: str = "EUR"
    plan: str = "Basic"
    timezone: str = "Europe/Madrid"
    taxes_included: bool = True
    tax_rate: Decimal = Decimal("0.21")
    locations: list[LocationRequest] = []
    publications: list[str] = msgspec.field(
        default_factory=lambda: ["Online Store", "Point of Sale"]
    )
    app: AppRequest = msgspec.field(default_factory=AppRequest)
    bucket: BucketRequest = msgspec.field(default_factory=BucketRequest)
    discounts: list[Discount] = []
    presentment_rates: dict[str, Decimal] = {}
    token_seconds: int = 3600
    latency: float = 0
    search_lag: float = 0
    bulk_seconds: float = 0.2


def open_shop(store: Store, request: ShopRequest) -> tuple[OpenShop, dict[str, Any]]:
    """Make a shop and return it with what a client needs to start: URL, app, a token."""
    if not _DOMAIN.match(request.domain):
        raise ValueError("domain must look like tienda.myshopify.com")
    opened = store.add(_shop(store, request))
    with store.action(opened, "shop opened") as act:
        for place in request.locations or [LocationRequest(name="Almacén central")]:
            add_location(act, place)
        for name in request.publications:
            _add_publication(act, name)
        token = install(act, request.app)
    return opened, describe(store, opened.shop) | {"access_token": token}


def _shop(store: Store, request: ShopRequest) -> Shop:
    return Shop(
        id=60_000_000_000 + secrets.randbelow(9_000_000_000),
        domain=request.domain,
        name=request.name,
        currency=request.currency,
        plan=request.plan,
        timezone=request.timezone,
        created_at=store.clock.now(),
        next_id=_free_block(store) * ID_BLOCK,
        bucket_size=request.bucket.size,
        restore_rate=request.bucket.restore_rate,
        taxes_included=request.taxes_included,
        tax_rate=request.tax_rate,
        presentment_rates=request.presentment_rates,
        discounts={each.code.upper(): each for each in request.discounts},
        token_seconds=request.token_seconds,
        latency=request.latency,
        search_lag=request.search_lag,
        bulk_seconds=request.bulk_seconds,
    )


def _free_block(store: Store) -> int:
    """Each shop counts in a range of its own: no id of one shop is an id of another."""
    taken = {each.shop.next_id // ID_BLOCK for each in store.all()}
    while (block := 200 + secrets.randbelow(9000)) in taken:
        pass
    return block


def add_location(act: Action, request: LocationRequest) -> Location:
    made = Location(
        id=act.shop.take_id(),
        created_at=act.now,
        updated_at=act.now,
        name=request.name,
        active=request.active,
        fulfills_online_orders=request.fulfills_online_orders,
        country=request.country,
        zip=request.zip,
        city=request.city,
    )
    act.shop.locations[made.id] = made
    return made


def _add_publication(act: Action, name: str) -> None:
    made = Publication(id=act.shop.take_id(), created_at=act.now, updated_at=act.now, name=name)
    act.shop.publications[made.id] = made


def install(act: Action, request: AppRequest) -> str:
    """Install the app and return a token that does not expire."""
    act.shop.app = App(
        id=act.shop.take_id(),
        client_id=request.client_id,
        client_secret=request.client_secret or f"shpss_{secrets.token_hex(16)}",
        scopes=list(request.scopes),
        app_url=request.app_url.rstrip("/"),
        handle=request.handle,
        name=request.name,
    )
    return oauth.permanent(act, act.shop.app)


def describe(store: Store, shop: Shop) -> dict[str, Any]:
    base = f"{store.base_url}/shops/{shop.domain}"
    app = shop.app
    return {
        "domain": shop.domain,
        "name": shop.name,
        "currency": shop.currency,
        "base_url": base,
        "graphql_url": f"{base}/admin/api/2026-10/graphql.json",
        "token_url": f"{base}/admin/oauth/access_token",
        "page_url": f"{base}/",
        "app": msgspec.to_builtins(app) if app else None,
        "locations": [
            {
                "id": each.id,
                "gid": gid("Location", each.id),
                "name": each.name,
                "active": each.active,
            }
            for each in shop.locations.values()
        ],
        "publications": [
            {"id": each.id, "gid": gid("Publication", each.id), "name": each.name}
            for each in shop.publications.values()
        ],
    }


class ShopChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Anything left out stays as it is."""

    bucket: BucketRequest | None = None
    latency: float | None = None
    search_lag: float | None = None
    bulk_seconds: float | None = None
    token_seconds: int | None = None
    add_locations: list[LocationRequest] = []
    deactivate_location: int | None = None
    activate_location: int | None = None
    discounts: list[Discount] | None = None
    presentment_rates: dict[str, Decimal] | None = None
    drain_bucket_to: float | None = None


def change(act: Action, request: ShopChange) -> None:
    shop = act.shop
    for name in ("latency", "search_lag", "bulk_seconds", "token_seconds", "presentment_rates"):
        if getattr(request, name) is not None:
            setattr(shop, name, getattr(request, name))
    if request.bucket is not None:
        shop.bucket_size, shop.restore_rate = request.bucket.size, request.bucket.restore_rate
        act.opened.bucket.resize(size=request.bucket.size, rate=request.bucket.restore_rate)
    if request.drain_bucket_to is not None:
        act.opened.bucket.drain(request.drain_bucket_to)
    for place in request.add_locations:
        add_location(act, place)
    _switch(act, request.deactivate_location, active=False)
    _switch(act, request.activate_location, active=True)
    if request.discounts is not None:
        shop.discounts = {each.code.upper(): each for each in request.discounts}


def _switch(act: Action, number: int | None, *, active: bool) -> None:
    place = act.shop.locations.get(number or 0)
    if place is not None and place.active != active:
        place.active, place.updated_at = active, act.now
        act.tell("locations/activate" if active else "locations/deactivate", place)


class AppChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    client_secret: str | None = None
    scopes: list[str] | None = None
    app_url: str | None = None
    expire_tokens: bool = False
    revoke_tokens: bool = False
    uninstall: bool = False


def change_app(act: Action, request: AppChange) -> None:
    """Rotate the secret, change scopes, revoke or expire tokens, uninstall."""
    app = act.shop.app
    if app is None:
        raise ValueError("no app is installed")
    if request.client_secret is not None:
        app.old_secret, app.client_secret = app.client_secret, request.client_secret
    app.app_url = (request.app_url or app.app_url).rstrip("/")
    app.scopes = app.scopes if request.scopes is None else request.scopes
    for token in act.shop.tokens.values():
        token.scopes = list(app.scopes)
        if request.expire_tokens:
            token.expires_at = act.now - timedelta(seconds=1)
    if request.revoke_tokens or request.uninstall:
        act.shop.tokens.clear()
        act.shop.refresh_tokens.clear()
    if request.uninstall:
        act.tell("app/uninstalled", act.shop)
        act.finish()
        act.shop.subscriptions.clear()


def launch_url(shop: Shop, now: Any, locale: str) -> str:
    assert shop.app is not None, "the page is only served with an app"
    query = oauth.launch_query(shop, shop.app, now, locale)
    text = "&".join(f"{key}={quote(value)}" for key, value in query.items())
    return f"{shop.app.app_url}/shopify/?{text}"
