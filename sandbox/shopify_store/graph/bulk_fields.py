"""Bulk operations and staged uploads, as the API shows them."""

from __future__ import annotations

from typing import Any

from .. import ids
from ..bulk import files, start, uploads
from ..bulk_records import BulkOperation
from ..clock import wire
from ..refusals import refuse
from .common import when
from .registry import Ask, resolve


def _address(status: str) -> Any:
    def read(operation: BulkOperation, ask: Ask) -> str | None:
        if operation.status != status:
            return None
        return files.address(ask.act.store, ask.shop, operation)

    return read


resolve(
    "BulkOperation",
    id=lambda o, ask: ids.gid("BulkOperation", o.id),
    type=lambda o, ask: o.type,
    status=lambda o, ask: o.status,
    query=lambda o, ask: o.query,
    errorCode=lambda o, ask: o.error_code,
    createdAt=when("created_at"),
    completedAt=lambda o, ask: wire(o.completed_at) if o.completed_at else None,
    objectCount=lambda o, ask: str(o.objects),
    rootObjectCount=lambda o, ask: str(o.roots),
    fileSize=lambda o, ask: str(o.bytes) if o.completed_at and o.objects else None,
    url=_address("COMPLETED"),
    partialDataUrl=_address("FAILED"),
)

_SEARCH: dict[str, Any] = {
    "id": lambda o: [o.id],
    "status": lambda o: [o.status],
    "operation_type": lambda o: [o.type],
    "created_at": lambda o: [o.created_at],
    "completed_at": lambda o: [o.completed_at],
}


def _list(_: Any, ask: Ask) -> Any:
    rows = ask.search(ask.shop.bulk_operations.values(), _SEARCH, lambda o: [])
    if ask.args.get("sortKey") == "COMPLETED_AT":
        return ask.page(rows, lambda o: (wire(o.completed_at) if o.completed_at else "", o.id))
    return ask.page(rows, lambda o: (wire(o.created_at), o.id))


def _current(_: Any, ask: Ask) -> BulkOperation | None:
    """The newest of a type, running or not."""
    wanted = ask.args.get("type") or "QUERY"
    rows = [each for each in ask.shop.bulk_operations.values() if each.type == wanted]
    return max(rows, key=lambda each: each.id, default=None)


def _run_query(_: Any, ask: Ask) -> dict[str, Any]:
    operation = start.start_query(
        ask.act,
        ask.info.schema,
        ask.call.token,
        ask.args["query"],
        grouped=bool(ask.args.get("groupObjects")),
    )
    return {"bulkOperation": operation}


def _run_mutation(_: Any, ask: Ask) -> dict[str, Any]:
    if ask.call.free:
        raise refuse(["mutation"], "You must use an allowed mutation name.")
    operation = start.start_mutation(ask.act, ask.info.schema, ask.call.token, ask.args)
    return {"bulkOperation": operation}


def _cancel(_: Any, ask: Ask) -> dict[str, Any]:
    operation, errors = start.cancel(ask.act, ask.id("id", "BulkOperation"))
    return {"bulkOperation": operation, "userErrors": errors}


resolve(
    "QueryRoot",
    bulkOperation=lambda _, ask: ask.shop.bulk_operations.get(ask.id("id", "BulkOperation")),
    bulkOperations=_list,
    currentBulkOperation=_current,
)
resolve(
    "Mutation",
    bulkOperationRunQuery=_run_query,
    bulkOperationRunMutation=_run_mutation,
    bulkOperationCancel=_cancel,
    stagedUploadsCreate=lambda _, ask: {
        "stagedTargets": uploads.announce(ask.act, ask.args["input"])
    },
)
