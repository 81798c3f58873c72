"""Carrying out a bulk query: by windows of rows, each under the shop's lock, each by the API."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    execute_sync,
)

from ..bulk_records import BulkOperation
from ..graph.executor import QuickExecutor
from ..graph.registry import Call, resolve_field, type_name_of
from ..graph.walk import Walk
from ..records import Token
from ..schema import RealSchema
from ..store import OpenShop, Store
from .document import Asked, Branch, read
from .lines import LineFile, flatten

# A window is sized so that others wait this long for the lock, at most this many rows.
PATIENCE = 0.03
LARGEST = 500


class Stopped(Exception):
    """The operation ends before its end, with this error code (none: it was cancelled)."""

    def __init__(self, code: str | None, problem: str = "") -> None:
        super().__init__(problem)
        self.code = code
        self.problem = problem


class BulkQuery:
    def __init__(
        self, store: Store, real: RealSchema, opened: OpenShop, operation: BulkOperation
    ) -> None:
        self._store = store
        self._real = real
        self._opened = opened
        self._operation = operation

    def run(self, out: LineFile, check: Callable[[], None]) -> None:
        """Write all lines; `check` is asked between windows whether to go on."""
        asked = read(self._real.schema, self._operation.query)
        for root, branch in zip(asked.roots, asked.branches, strict=True):
            self._walk(_alone(asked, root), branch, out, check)

    def _walk(
        self, document: DocumentNode, branch: Branch, out: LineFile, check: Callable[[], None]
    ) -> None:
        walk = Walk()
        with self._opened.lock:
            self._execute(document, walk)
        assert walk.found is not None, "a connection was asked for"
        start, size = 0, 50
        while start < len(walk.found):
            check()
            began = time.monotonic()
            with self._opened.lock:
                passed = walk.open(self._opened.shop, start, size)
                data = self._execute(document, walk)
            took = time.monotonic() - began
            size = min(max(int(size * PATIENCE / max(took, 0.001)), 10), LARGEST)
            start += passed
            nodes = [edge["node"] for edge in data[branch.keys[0]]["edges"]]
            self._operation.roots += len(nodes)
            out.add(flatten(nodes, branch, grouped=self._operation.grouped))
            self._operation.objects = out.count
            # A moment in which whoever waits for the lock or the processor has its turn.
            time.sleep(0.0005)

    def _execute(self, document: DocumentNode, walk: Walk) -> dict[str, Any]:
        with self._store.action(self._opened, "bulk query", writes=False) as act:
            call = Call(
                act=act,
                token=Token(client_id="", scopes=self._operation.scopes),
                scopes=self._real.scopes,
                searches=[],
                user_errors=[],
                walk=walk,
            )
            result = execute_sync(
                self._real.schema,
                document,
                context_value=call,
                field_resolver=resolve_field,
                type_resolver=type_name_of,
                executor_class=QuickExecutor,
            )
        return _good(result)


def _good(result: ExecutionResult) -> dict[str, Any]:
    for error in result.errors or ():
        denied = (error.extensions or {}).get("code") == "ACCESS_DENIED"
        raise Stopped("ACCESS_DENIED" if denied else "INTERNAL_SERVER_ERROR", error.message)
    assert result.data is not None, "no data without errors"
    return result.data


def _alone(asked: Asked, root: FieldNode) -> DocumentNode:
    """The document with one of its root fields only."""
    operation = OperationDefinitionNode(
        operation=OperationType.QUERY,
        variable_definitions=(),
        directives=(),
        selection_set=SelectionSetNode(selections=(root,)),
    )
    rest = (each for each in asked.document.definitions if each is not asked.operation)
    return DocumentNode(definitions=(operation, *rest))
