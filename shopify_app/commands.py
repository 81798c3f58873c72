"""Send a stored write, and turn what Shopify refused into rows that say why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from shopify_app.client import ShopifyClient
from shopify_app.errors import ShopifyOutcomeUnknown, UserError
from shopify_app.writes import (
    Activate,
    Command,
    CreateFulfilment,
    MetafieldItem,
    MetafieldsSet,
    ProductSet,
    Publish,
    QuantityRow,
    SetQuantities,
    VariantPrice,
    VariantsCreate,
    VariantsUpdate,
)

__all__ = [
    "COMMANDS",
    "STALE",
    "Activate",
    "Command",
    "CommandResult",
    "CreateFulfilment",
    "MetafieldItem",
    "MetafieldsSet",
    "ProductSet",
    "Publish",
    "QuantityRow",
    "Rejected",
    "SetQuantities",
    "VariantPrice",
    "VariantsCreate",
    "VariantsUpdate",
    "dump",
    "load",
    "send",
]

STALE = "CHANGE_FROM_QUANTITY_STALE"
# The first call with this key is still running: ask again with the same key.
_STILL_RUNNING = "IDEMPOTENCY_CONCURRENT_REQUEST"

COMMANDS: dict[str, type[Command]] = {
    command.kind: command
    for command in (
        ProductSet,
        VariantsCreate,
        VariantsUpdate,
        MetafieldsSet,
        Publish,
        SetQuantities,
        Activate,
        CreateFulfilment,
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """One refused row. `index` is its place in the command; None: it is about all of it."""

    index: int | None
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """What Shopify did: `data` is its payload; `carried_out` tells about the accepted rows."""

    data: dict[str, Any]
    rejected: tuple[Rejected, ...] = ()
    carried_out: bool = field(default=True)


def dump(command: Command) -> dict[str, Any]:
    """Return the command's fields as JSON values; its `kind` is kept beside them."""
    fields: dict[str, Any] = msgspec.to_builtins(command)
    return fields


def load(kind: str, fields: Mapping[str, Any]) -> Command:
    return msgspec.convert(fields, COMMANDS[kind])


def send(command: Command, client: ShopifyClient, *, key: str) -> CommandResult:
    """Carry a command out. Raises shopify_app.errors; refused rows are in the result."""
    data = client.run(command.operation, command.variables(), idempotency_key=key)
    (payload,) = data.values()
    if payload is None:
        raise ShopifyOutcomeUnknown(f"{command.kind}: Shopify answered with nothing")
    rejected = tuple(_rejected(error) for error in payload["userErrors"])
    if any(row.code == _STILL_RUNNING for row in rejected):
        raise ShopifyOutcomeUnknown(f"{command.kind}: the first call is still running")
    whole = any(row.index is None for row in rejected)
    carried_out = not rejected or not (whole or command.all_or_nothing)
    return CommandResult(data=payload, rejected=rejected, carried_out=carried_out)


def _rejected(error: Mapping[str, Any]) -> Rejected:
    found = UserError(
        message=error["message"],
        code=error.get("code") or "",
        field=tuple(str(part) for part in error.get("field") or ()),
    )
    element = error.get("elementIndex")
    index = element if isinstance(element, int) else found.index
    return Rejected(index=index, code=found.code, message=found.message)
