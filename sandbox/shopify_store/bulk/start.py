"""Starting and cancelling bulk operations: what is refused, in the platform's words."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLSchema

from ..bulk_records import OPEN, BulkOperation
from ..ids import gid
from ..records import Token
from ..refusals import Refused, refuse, user_error
from ..store import Action
from .document import Asked, Unreadable, read
from .uploads import MAX_UPLOAD

AT_ONCE = 5
MAX_DOCUMENT = 65_535
MAX_CONNECTIONS = 5
MAX_DEPTH = 2
_INVALID = "INVALID_MUTATION"
_WITHIN_LIST = (
    "Queries that contain a connection field within a list field are not currently supported."
)


def start_query(
    act: Action, schema: GraphQLSchema, token: Token, text: str, *, grouped: bool
) -> BulkOperation:
    messages = _query_problems(schema, text)
    if messages:
        raise Refused([user_error(["query"], message, "INVALID") for message in messages])
    _check_free(act, "QUERY")
    return _start(act, token, "QUERY", text, grouped=grouped)


def start_mutation(
    act: Action, schema: GraphQLSchema, token: Token, args: dict[str, Any]
) -> BulkOperation:
    _check_mutation(schema, args["mutation"])
    _check_client(args.get("clientIdentifier"))
    _check_upload(act, args["stagedUploadPath"])
    _check_free(act, "MUTATION")
    operation = _start(act, token, "MUTATION", args["mutation"])
    operation.upload = args["stagedUploadPath"]
    operation.client_identifier = args.get("clientIdentifier")
    return operation


def _start(
    act: Action, token: Token, kind: str, text: str, *, grouped: bool = False
) -> BulkOperation:
    operation = BulkOperation(
        id=act.shop.take_id(),
        created_at=act.now,
        due_at=act.later(act.shop.bulk_seconds),
        type=kind,
        query=text,
        scopes=list(token.scopes),
        grouped=grouped,
    )
    act.shop.bulk_operations[operation.id] = operation
    act.log("bulk", event="created", operation=operation.id, type=kind, query=text)
    return operation


def cancel(act: Action, number: int) -> tuple[BulkOperation | None, list[dict[str, Any]]]:
    """Ask for the end of an operation that still runs; its runner then makes it CANCELED."""
    operation = act.shop.bulk_operations.get(number)
    if operation is None:
        return None, [user_error(["id"], "Bulk operation does not exist")]
    if operation.status not in OPEN:
        done = operation.status.lower()
        return operation, [
            user_error(None, f"A bulk operation cannot be canceled when it is {done}")
        ]
    operation.status = "CANCELING"
    return operation, []


def _check_free(act: Action, kind: str) -> None:
    running = [
        gid("BulkOperation", each.id)
        for each in act.shop.bulk_operations.values()
        if each.type == kind and each.status in OPEN
    ]
    if len(running) >= AT_ONCE:
        message = (
            f"A bulk {kind.lower()} operation for this app and shop is already in progress: "
            f"{', '.join(running)}."
        )
        raise refuse(None, message, "OPERATION_IN_PROGRESS")


def _query_problems(schema: GraphQLSchema, text: str) -> list[str]:
    try:
        asked = read(schema, text)
    except Unreadable as error:
        return [f"Invalid bulk query: {message}" for message in error.messages]
    if asked.operation.operation.value != "query":
        return ["Invalid operation type. Only `query` operations are supported."]
    messages = _shape_problems(asked)
    if messages:
        return messages
    if len(text.encode()) > MAX_DOCUMENT:
        return [f"Query is too large (maximum is {MAX_DOCUMENT} bytes)"]
    if asked.operation.variable_definitions:
        return ["Invalid bulk query: variables are not supported"]
    if len(asked.branches) != len(asked.roots) or any(
        len(branch.keys) != 1 for branch in asked.branches
    ):
        return ["sandbox: a bulk query that does not start from a connection is not modelled"]
    return []


def _shape_problems(asked: Asked) -> list[str]:
    found = []
    if asked.without_edges:
        names = "', '".join(asked.without_edges)
        found.append(
            "All connection fields in a bulk query must select their contents using "
            f"'edges' > 'node', e.g: '{asked.without_edges[0]} {{ edges {{ node {{'. "
            f"Selecting via 'nodes' is not supported. Invalid connection fields: '{names}'."
        )
    if any(root.name.value in ("node", "nodes") for root in asked.roots):
        found.append("Bulk queries cannot contain a top level `node` field.")
    if asked.depth > MAX_DEPTH:
        found.append(
            "Bulk queries cannot contain connections with a nesting depth greater than 2."
        )
    if asked.connections > MAX_CONNECTIONS:
        found.append("Bulk queries cannot contain more than 5 connections.")
    if asked.without_id:
        found.append(
            "The parent 'node' field for a nested connection must select the 'id' field without "
            "an alias and must be of 'ID' return type. "
            f"Connection fields without 'id': {', '.join(asked.without_id)}."
        )
    if asked.within_list:
        found.append(_WITHIN_LIST)
    if not asked.connections:
        found.append("Bulk queries must contain at least one connection.")
    return found


def _check_mutation(schema: GraphQLSchema, text: str) -> None:
    try:
        asked = read(schema, text)
    except Unreadable as error:
        start = "Failed to parse the mutation" if error.syntax else "Invalid mutation"
        errors = [user_error(None, f"{start} - {each}", _INVALID) for each in error.messages]
        raise Refused(errors) from error
    if asked.operation.operation.value != "mutation":
        message = "Invalid operation type. Only `mutation` operations are supported."
        raise refuse(None, message, _INVALID)
    if len(asked.roots) != 1:
        raise refuse(["mutation"], "You must specify a single top level mutation.")
    if asked.roots[0].name.value in ("bulkOperationRunMutation", "bulkOperationRunQuery"):
        raise refuse(["mutation"], "You must use an allowed mutation name.")
    if asked.connections > 1:
        raise refuse(["mutation"], "Bulk mutations cannot contain more than 1 connection.")
    if len(text.encode()) > MAX_DOCUMENT:
        message = f"is too large (maximum is {MAX_DOCUMENT} bytes)"
        raise refuse(["mutation"], message, _INVALID)


def _check_client(name: str | None) -> None:
    if name is not None and len(name) < 10:
        message = "is too short (minimum is 10 characters)"
        raise refuse(["clientIdentifier"], message, _INVALID)
    if name is not None and len(name) > 255:
        message = "is too long (maximum is 255 characters)"
        raise refuse(["clientIdentifier"], message, _INVALID)


def _check_upload(act: Action, key: str) -> None:
    upload = act.shop.uploads.get(key)
    if upload is None or upload.size is None:
        message = (
            "The JSONL file could not be found. Try uploading the file again, and check that "
            "you've entered the URL correctly for the stagedUploadPath mutation argument."
        )
        raise refuse(None, message, "NO_SUCH_FILE")
    if upload.size > MAX_UPLOAD:
        megabytes = MAX_UPLOAD // (1024 * 1024)
        message = f"The input file size exceeds the maximum allowed size of {megabytes} MB."
        raise refuse(None, message, "INVALID_STAGED_UPLOAD_FILE")
    if upload.size == 0:
        message = "The JSONL file is empty."
        raise refuse(None, message, "INVALID_STAGED_UPLOAD_FILE")
