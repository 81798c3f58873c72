"""Typed values that apps hang on products, variants, orders and others."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import msgspec

from . import ids
from .metafield_types import is_valid, known_type
from .records import Metafield, MetafieldDefinition, Shop
from .refusals import Refused, UserError, user_error
from .store import Action

MAX_AT_ONCE = 25
OWNER_TYPES = {
    "Product": "PRODUCT",
    "ProductVariant": "PRODUCTVARIANT",
    "Order": "ORDER",
    "Customer": "CUSTOMER",
    "Location": "LOCATION",
    "Collection": "COLLECTION",
    "Shop": "SHOP",
}


def digest(field: Metafield) -> str:
    """What a client must show to prove that it saw this very value."""
    text = f"{field.owner}|{field.namespace}|{field.key}|{field.type}|{field.value}"
    return hashlib.sha256(text.encode()).hexdigest()


def namespace(shop: Shop, given: str | None) -> str:
    """Without a namespace, or with `$app`, the app's own reserved one."""
    own = f"app--{shop.app.id if shop.app else 0}"
    if not given or given == "$app":
        return own
    return f"{own}--{given.removeprefix('$app:')}" if given.startswith("$app:") else given


def of(shop: Shop, owner: str) -> dict[str, Metafield]:
    return shop.metafields.setdefault(owner, {})


class Named(Metafield):
    """A metafield that was asked for by `keys`."""


def by_name(shop: Shop, rows: list[Metafield], names: list[str]) -> list[Metafield]:
    """Return those named `namespace.key`; a name without its namespace is nobody's."""
    parts = [name.partition(".") for name in names]
    wanted = {f"{namespace(shop, space)}.{key}" for space, dot, key in parts if dot}
    found = [row for row in rows if f"{row.namespace}.{row.key}" in wanted]
    return [Named(**msgspec.structs.asdict(row)) for row in found]


def told_key(field: Metafield) -> str:
    """Those asked for by `keys` are told as they were asked for: with their namespace."""
    return f"{field.namespace}.{field.key}" if isinstance(field, Named) else field.key


def definition(shop: Shop, owner_type: str, space: str, key: str) -> MetafieldDefinition | None:
    for each in shop.definitions.values():
        if (each.owner_type, each.namespace, each.key) == (owner_type, space, key):
            return each
    return None


def owner_exists(shop: Shop, owner: ids.Gid) -> bool:
    tables: dict[str, dict[int, Any]] = {
        "Product": shop.products,
        "ProductVariant": shop.variants,
        "Order": shop.orders,
        "Customer": shop.customers,
        "Location": shop.locations,
        "Collection": shop.collections,
    }
    return owner.kind == "Shop" or owner.number in tables.get(owner.kind, {})


def problem(
    shop: Shop, owner: str, row: dict[str, Any], *, ignore_owner: str | None = None
) -> tuple[str, str, str] | None:
    """Return (key, message, code) of what is wrong with one metafield, if anything."""
    space, key = namespace(shop, row.get("namespace")), row.get("key") or ""
    kind = ids.parse(owner).kind
    if not key.strip():
        return "key", "Key can't be blank", "BLANK"
    if not 2 <= len(key) <= 64:
        code = "TOO_SHORT" if len(key) < 2 else "TOO_LONG"
        return "key", "Key must be between 2 and 64 characters", code
    defined = definition(shop, OWNER_TYPES.get(kind, kind), space, key)
    declared = row.get("type") or (defined.type if defined else None)
    if declared is None:
        return "type", "Type can't be blank", "BLANK"
    if not known_type(declared):
        return "type", f"Type '{declared}' is not a valid metafield type", "INCLUSION"
    if defined is not None and declared != defined.type:
        message = (
            f"Type '{declared}' must be consistent with the definition's type: '{defined.type}'."
        )
        return "type", message, "INVALID_TYPE"
    return _value_problem(shop, declared, row, defined, ignore_owner or owner)


def _value_problem(
    shop: Shop,
    kind: str,
    row: dict[str, Any],
    defined: MetafieldDefinition | None,
    owner: str,
) -> tuple[str, str, str] | None:
    value = row.get("value")
    if value is None or not value.strip():
        return "value", "Value can't be blank.", "BLANK"
    if not is_valid(kind, value):
        return "value", f"Value must be a valid {kind}.", "INVALID_VALUE"
    if defined is not None and defined.unique:
        holder = find_owner(shop, defined, value)
        if holder is not None and holder != owner:
            return "value", "Value has already been taken.", "TAKEN"
    return None


def find_owner(shop: Shop, defined: MetafieldDefinition, value: str) -> str | None:
    name = f"{defined.namespace}.{defined.key}"
    for owner, fields in shop.metafields.items():
        if OWNER_TYPES.get(ids.parse(owner).kind) != defined.owner_type:
            continue
        if name in fields and fields[name].value == value:
            return owner
    return None


def put(act: Action, owner: str, row: dict[str, Any]) -> tuple[Metafield, bool]:
    """Write one checked metafield; say whether it changed anything."""
    space, key = namespace(act.shop, row.get("namespace")), row["key"]
    fields = of(act.shop, owner)
    held = fields.get(f"{space}.{key}")
    defined = definition(act.shop, OWNER_TYPES.get(ids.parse(owner).kind, ""), space, key)
    kind = row.get("type") or (defined.type if defined else held.type if held else "")
    if held is not None and (held.value, held.type) == (row["value"], kind):
        return held, False
    if held is not None:
        held.value, held.type, held.updated_at = row["value"], kind, act.now
        return held, True
    made = Metafield(
        id=act.shop.take_id(),
        created_at=act.now,
        updated_at=act.now,
        owner=owner,
        namespace=space,
        key=key,
        type=kind,
        value=row["value"],
    )
    fields[f"{space}.{key}"] = made
    return made, True


def replace_all(act: Action, owner: str, rows: list[dict[str, Any]]) -> bool:
    """Make a list of metafields the only ones of an owner; say whether that changed anything."""
    kept, changed = set(), False
    for row in rows:
        field, wrote = put(act, owner, row)
        kept.add(f"{field.namespace}.{field.key}")
        changed |= wrote
    fields = of(act.shop, owner)
    for name in set(fields) - kept:
        del fields[name]
        changed = True
    return changed


def set_all(act: Action, rows: list[dict[str, Any]]) -> list[Metafield]:
    """Write up to 25 metafields, all or none, each perhaps only if nobody changed it since."""
    if len(rows) > MAX_AT_ONCE:
        message = "Exceeded the maximum metafields input limit of 25."
        raise Refused(
            [user_error(["metafields"], message, "LESS_THAN_OR_EQUAL_TO", elementIndex=None)]
        )
    errors = [error for index, row in enumerate(rows) if (error := _check(act.shop, index, row))]
    if errors:
        raise Refused(errors)
    written = []
    for row in rows:
        field, changed = put(act, row["ownerId"], row)
        written.append(field)
        if changed:
            act.log(
                "metafield",
                owner=field.owner,
                key=f"{field.namespace}.{field.key}",
                value=field.value,
            )
            touch_owner(act, field.owner)
    return written


def touch_owner(act: Action, owner: str) -> None:
    """A metafield is part of its product, variant or order: those have changed too."""
    gid = ids.parse(owner)
    if gid.kind == "ProductVariant" and (variant := act.shop.variants.get(gid.number)):
        variant.updated_at = act.now
        gid = ids.Gid(kind="Product", number=variant.product_id)
    if gid.kind == "Product" and (product := act.shop.products.get(gid.number)):
        product.updated_at = act.now
        act.tell("products/update", product)
    if gid.kind == "Order" and (order := act.shop.orders.get(gid.number)):
        order.updated_at = act.now
        act.tell("orders/updated", order)


def _check(shop: Shop, index: int, row: dict[str, Any]) -> UserError | None:
    at = ["metafields", str(index)]
    if not owner_exists(shop, ids.parse(row["ownerId"])):
        message = "Owner does not exist."
        return user_error([*at, "ownerId"], message, "INVALID", elementIndex=index)
    if wrong := problem(shop, row["ownerId"], row):
        key, message, code = wrong
        return user_error([*at, key], message, code, elementIndex=index)
    if "compareDigest" not in row:
        return None
    held = of(shop, row["ownerId"]).get(f"{namespace(shop, row.get('namespace'))}.{row['key']}")
    expected = row["compareDigest"]
    if expected is not None and not re.fullmatch(r"[0-9a-f]{64}", expected):
        message = "The compareDigest is invalid."
        return user_error(
            [*at, "compareDigest"], message, "INVALID_COMPARE_DIGEST", elementIndex=index
        )
    if expected != (digest(held) if held else None):
        message = (
            "The resource has been updated since it was loaded. "
            "Try again with an updated `compareDigest` value."
        )
        return user_error(at, message, "STALE_OBJECT", elementIndex=index)
    return None


def delete(act: Action, rows: list[dict[str, Any]]) -> list[dict[str, Any] | None]:
    """Delete by owner, namespace and key; what did not exist comes back as null."""
    gone: list[dict[str, Any] | None] = []
    for row in rows:
        name = f"{namespace(act.shop, row['namespace'])}.{row['key']}"
        if of(act.shop, row["ownerId"]).pop(name, None) is None:
            gone.append(None)
            continue
        touch_owner(act, row["ownerId"])
        gone.append({"ownerId": row["ownerId"], "namespace": row["namespace"], "key": row["key"]})
    return gone


def define(act: Action, data: dict[str, Any]) -> MetafieldDefinition:
    space = namespace(act.shop, data.get("namespace"))
    if not known_type(data["type"]):
        message = f"Type name {data['type']} is not a valid type"
        raise Refused([user_error(["definition", "type"], message, "INCLUSION")])
    if definition(act.shop, data["ownerType"], space, data["key"]):
        message = (
            f"Key is in use for {data['ownerType'].title()} metafields on the '{space}' namespace."
        )
        raise Refused([user_error(["definition", "key"], message, "TAKEN")])
    capabilities = data.get("capabilities") or {}
    unique = (capabilities.get("uniqueValues") or {}).get("enabled", False)
    made = MetafieldDefinition(
        id=act.shop.take_id(),
        created_at=act.now,
        updated_at=act.now,
        owner_type=data["ownerType"],
        namespace=space,
        key=data["key"],
        type=data["type"],
        name=data["name"],
        description=data.get("description"),
        unique=bool(unique) or data["type"] == "id",
    )
    act.shop.definitions[made.id] = made
    return made
