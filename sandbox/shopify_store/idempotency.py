"""`@idempotent(key:)`: asked for on some mutations, remembered for 24 hours."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
from graphql import GraphQLError, get_directive_values

from .graph.registry import Ask
from .records import Replay
from .refusals import Refused, user_error

KEPT = timedelta(hours=24)
REQUIRED = frozenset(
    {
        "inventoryActivate",
        "inventoryAdjustQuantities",
        "inventoryMoveQuantities",
        "inventorySetOnHandQuantities",
        "inventorySetQuantities",
        "inventoryShipmentAddItems",
        "inventoryShipmentCreate",
        "inventoryShipmentCreateInTransit",
        "inventoryShipmentReceive",
        "inventoryTransferCreate",
        "inventoryTransferCreateAsReadyToShip",
        "inventoryTransferDuplicate",
        "inventoryTransferSetItems",
        "locationActivate",
        "locationDeactivate",
        "refundCreate",
    }
)


def key_of(ask: Ask) -> str:
    """The key of the directive on this field; a missing or blank one is refused."""
    directive = ask.info.schema.get_directive("idempotent")
    assert directive is not None
    node = ask.info.field_nodes[0]
    values = get_directive_values(directive, node, ask.info.variable_values)
    if values is None:
        message = "The @idempotent directive is required for this mutation but was not provided."
        raise GraphQLError(message, extensions={"code": "BAD_REQUEST"})
    key = values["key"]
    if not isinstance(key, str) or not key.strip() or len(key) > 255:
        message = "The idempotency key must be a non-empty string of at most 255 characters."
        raise GraphQLError(message, extensions={"code": "BAD_REQUEST"})
    return key


def fingerprint(args: dict[str, Any]) -> str:
    return hashlib.sha256(msgspec.json.encode(args, order="deterministic")).hexdigest()


def once(ask: Ask, work: Callable[[], tuple[str, Any]], again: Callable[[str], Any]) -> Any:
    """Do the work the first time; later rebuild the answer from the state of today.

    `work` returns what it made, in words that `again` understands, and the payload.
    """
    key = key_of(ask)
    ask.call.idempotency_key = key
    replays = ask.shop.replays
    _forget(ask)
    held = replays.get(key)
    mark = fingerprint(ask.args)
    if held is not None:
        if (held.mutation, held.fingerprint) != (ask.info.field_name, mark):
            message = "The idempotency key was already used with different parameters."
            raise Refused([user_error(None, message, "IDEMPOTENCY_KEY_PARAMETER_MISMATCH")])
        if not held.succeeded:
            message = "The previous attempt with this idempotency key failed. Use a new key."
            raise Refused([user_error(None, message, "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED")])
        return again(held.made)
    entry = Replay(mutation=ask.info.field_name, fingerprint=mark, at=ask.act.now, succeeded=False)
    replays[key] = entry
    entry.made, payload = work()
    entry.succeeded = True
    return payload


def _forget(ask: Ask) -> None:
    # The oldest come first.
    replays = ask.shop.replays.items()
    old = itertools.takewhile(lambda pair: ask.act.now - pair[1].at > KEPT, replays)
    for key, _ in list(old):
        del ask.shop.replays[key]
