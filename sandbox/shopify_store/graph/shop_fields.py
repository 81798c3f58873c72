"""The shop itself, its app, its locations and its publications."""

from __future__ import annotations

from typing import Any

from .. import ids
from ..clock import wire
from ..records import Location, Publication, Shop
from ..refusals import refuse, user_error
from ..schema import SUPPORTED
from .common import identity, when
from .registry import Ask, resolve

MAX_PUBLISHABLES = 50

resolve(
    "Shop",
    id=lambda s, ask: ids.gid("Shop", s.id),
    name=lambda s, ask: s.name,
    myshopifyDomain=lambda s, ask: s.domain,
    email=lambda s, ask: f"hola@{s.domain}",
    contactEmail=lambda s, ask: f"hola@{s.domain}",
    url=lambda s, ask: f"https://{s.domain}",
    primaryDomain=lambda s, ask: {
        "id": ids.gid("Domain", s.id),
        "url": f"https://{s.domain}",
        "host": s.domain,
        "sslEnabled": True,
    },
    currencyCode=lambda s, ask: s.currency,
    enabledPresentmentCurrencies=lambda s, ask: [s.currency, *s.presentment_rates],
    ianaTimezone=lambda s, ask: s.timezone,
    weightUnit=lambda s, ask: "KILOGRAMS",
    unitSystem=lambda s, ask: "METRIC_SYSTEM",
    taxesIncluded=lambda s, ask: s.taxes_included,
    taxShipping=lambda s, ask: True,
    createdAt=when("created_at"),
    orderNumberFormatPrefix=lambda s, ask: "#",
    orderNumberFormatSuffix=lambda s, ask: "",
    plan=lambda s, ask: {
        "publicDisplayName": s.plan,
        "displayName": s.plan,
        "shopifyPlus": s.plan == "Plus",
        "partnerDevelopment": s.plan == "Development",
    },
    resourceLimits=lambda s, ask: {
        "maxProductVariants": 2048,
        "maxProductOptions": 3,
        "locationLimit": 200,
        "redirectLimitReached": False,
    },
    features=lambda s, ask: {
        "bundles": {"eligibleForBundles": False, "sellsBundles": False},
        "shopifyPlus": s.plan == "Plus",
    },
)


def _installation(_: Any, ask: Ask) -> dict[str, Any]:
    app = ask.shop.app
    number = app.id if app else ask.shop.id
    granted = [{"handle": each, "description": each} for each in ask.call.token.scopes]
    requested = [{"handle": each, "description": each} for each in (app.scopes if app else [])]
    return {
        "id": ids.gid("AppInstallation", number),
        "accessScopes": granted,
        "launchUrl": app.app_url if app else "",
        "app": {
            "__typename": "App",
            "id": ids.gid("App", number),
            "handle": app.handle if app else None,
            "title": app.name if app else None,
            "apiKey": app.client_id if app else "",
            "embedded": True,
            "requestedAccessScopes": requested,
        },
    }


def _locations(_: Any, ask: Ask) -> Any:
    rows: list[Location] = list(ask.shop.locations.values())
    if not ask.args.get("includeInactive"):
        rows = [row for row in rows if row.active]
    fields = {
        "name": lambda p: [p.name],
        "active": lambda p: [p.active],
        "id": lambda p: [p.id],
    }
    rows = ask.search(rows, fields, lambda p: [p.name])
    return ask.page(rows, lambda p: (p.name, p.id))


def _location(_: Any, ask: Ask) -> Location | None:
    if ask.args.get("id") is None:
        return next(iter(ask.shop.locations.values()), None)
    return ask.shop.locations.get(ask.id("id", "Location"))


identity("Location")
resolve(
    "Location",
    name=lambda p, ask: p.name,
    isActive=lambda p, ask: p.active,
    fulfillsOnlineOrders=lambda p, ask: p.fulfills_online_orders,
    shipsInventory=lambda p, ask: p.ships_inventory,
    isFulfillmentService=lambda p, ask: False,
    isPrimary=lambda p, ask: p.id == next(iter(ask.shop.locations)),
    hasActiveInventory=lambda p, ask: any(
        level.active for level in ask.shop.levels.get(p.id, {}).values()
    ),
    hasUnfulfilledOrders=lambda p, ask: any(
        wanted.location_id == p.id and wanted.status in ("OPEN", "IN_PROGRESS")
        for wanted in ask.shop.fulfillment_orders.values()
    ),
    address=lambda p, ask: {"countryCode": p.country, "zip": p.zip, "city": p.city},
)


def _versions(_: Any, ask: Ask) -> list[dict[str, Any]]:
    rows = [{"handle": each, "displayName": each, "supported": True} for each in SUPPORTED]
    return [*rows, {"handle": "unstable", "displayName": "unstable", "supported": False}]


resolve(
    "QueryRoot",
    shop=lambda _, ask: ask.shop,
    currentAppInstallation=_installation,
    app=lambda _, ask: _installation(None, ask)["app"],
    publicApiVersions=_versions,
    locations=_locations,
    location=_location,
    publications=lambda _, ask: ask.page(ask.shop.publications.values()),
    publication=lambda _, ask: ask.shop.publications.get(ask.id("id", "Publication")),
)
resolve(
    "Publication",
    id=lambda p, ask: ids.gid("Publication", p.id),
    name=lambda p, ask: p.name,
    autoPublish=lambda p, ask: p.auto_publish,
    supportsFuturePublishing=lambda p, ask: False,
    catalog=lambda p, ask: {
        "__typename": "AppCatalog",
        "id": ids.gid("AppCatalog", p.id),
        "title": p.name,
    },
    products=lambda p, ask: ask.page(published_products(ask.shop, p)),
    includedProductsCount=lambda p, ask: {
        "count": len(published_products(ask.shop, p)),
        "precision": "EXACT",
    },
)


def published_products(shop: Shop, publication: Publication) -> list[Any]:
    return [
        product
        for product in shop.products.values()
        if ids.gid("Product", product.id) in publication.members
    ]


def _publishable(ask: Ask) -> Any:
    gid = ids.parse(ask.args["id"])
    tables: dict[str, Any] = {"Product": ask.shop.products, "Collection": ask.shop.collections}
    record = tables.get(gid.kind, {}).get(gid.number)
    if record is None:
        raise refuse(["id"], "Resource does not exist")
    return record


def _publish(_: Any, ask: Ask) -> dict[str, Any]:
    return _change_publications(ask, add=True)


def _unpublish(_: Any, ask: Ask) -> dict[str, Any]:
    return _change_publications(ask, add=False)


def _change_publications(ask: Ask, *, add: bool) -> dict[str, Any]:
    record = _publishable(ask)
    chosen: list[Publication] = []
    errors = []
    for index, row in enumerate(ask.args["input"]):
        number = ids.number(
            row.get("publicationId") or "gid://shopify/Publication/0", "Publication"
        )
        publication = ask.shop.publications.get(number)
        if publication is None:
            errors.append(
                user_error(
                    ["input", index, "publicationId"],
                    "Publication does not exist or is not publishable",
                )
            )
        else:
            chosen.append(publication)
    if errors:
        return {"publishable": None, "shop": ask.shop, "userErrors": errors}
    for publication in chosen:
        _put(ask, publication, ask.args["id"], add=add)
    return {"publishable": record, "shop": ask.shop}


def _put(ask: Ask, publication: Publication, member: str, *, add: bool) -> None:
    held = member in publication.members
    if add and not held:
        publication.members.append(member)
    elif held and not add:
        publication.members.remove(member)
    if add != held and (product := ask.shop.products.get(ids.number(member, "Product"))):
        product.updated_at = ask.act.now
        ask.act.tell("products/update", product)


def _check_members(ask: Ask, key: str, members: list[str]) -> None:
    for index, each in enumerate(members):
        if ids.number(each, "Product") not in ask.shop.products:
            field = ["input", key, str(index)]
            raise refuse(field, "Publishable ID not found.", "INVALID_PUBLISHABLE_ID")


def _publication_update(_: Any, ask: Ask) -> dict[str, Any]:
    publication = ask.shop.publications.get(ask.id("id", "Publication"))
    data = ask.args["input"]
    add, remove = data.get("publishablesToAdd") or [], data.get("publishablesToRemove") or []
    if publication is None:
        raise refuse(["id"], "Publication not found.", "PUBLICATION_NOT_FOUND")
    if len(add) + len(remove) > MAX_PUBLISHABLES:
        message = "The limit for simultaneous publication updates has been exceeded."
        raise refuse(["input"], message, "PUBLICATION_UPDATE_LIMIT_EXCEEDED")
    _check_members(ask, "publishablesToAdd", add)
    _check_members(ask, "publishablesToRemove", remove)
    for member in add:
        _put(ask, publication, member, add=True)
    for member in remove:
        _put(ask, publication, member, add=False)
    if data.get("autoPublish") is not None:
        publication.auto_publish = data["autoPublish"]
    return {"publication": publication}


resolve(
    "Mutation",
    publishablePublish=_publish,
    publishableUnpublish=_unpublish,
    publicationUpdate=_publication_update,
)


def publication_count(shop: Shop, gid: str) -> dict[str, Any]:
    count = sum(gid in each.members for each in shop.publications.values())
    return {"count": count, "precision": "EXACT"}


def published_at(shop: Shop, gid: str, fallback: Any) -> str | None:
    held = any(gid in each.members for each in shop.publications.values())
    return wire(fallback) if held else None
