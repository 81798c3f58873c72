"""One GraphQL call from its raw body to its answer: gates, faults, bucket, work, log."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, field
from typing import Any

import msgspec
from graphql import ExecutionResult, execute_sync

from . import graph
from .faults import LOST_KINDS, REFUSAL_KINDS, Fault
from .gates import Gate, Prepared, Turned
from .graph.executor import QuickExecutor
from .graph.registry import Call, resolve_field, type_name_of
from .records import Token
from .schema import VERSION, RealSchema
from .store import OpenShop, Store, pause

MAX_BODY = 12 * 1024 * 1024


@dataclass(kw_only=True)
class Reply:
    """What goes back over HTTP; `lost` says that it must not arrive whole."""

    status: int = 200
    body: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    html: str | None = None
    lost: Fault | None = None


@dataclass(kw_only=True)
class Facts:
    """What the log keeps of a call."""

    operation: str | None = None
    roots: list[str] = field(default_factory=list)
    mutation: bool = False
    variables: Any = None
    requested: int | None = None
    actual: int | None = None
    executed: bool = False
    user_errors: list[dict[str, Any]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    key: str | None = None
    outcome: str = "answered"


class Api:
    """Answers GraphQL calls for every shop of a store."""

    def __init__(self, store: Store, real: RealSchema) -> None:
        assert graph.__all__, "importing the package attached the resolvers"
        self._store = store
        self._real = real
        self._gate = Gate(real)

    def call(
        self, opened: OpenShop, token: Token, request: dict[str, Any], *, debug: bool
    ) -> Reply:
        facts = Facts()
        request_id = str(uuid.uuid4())
        pause(opened.shop.latency)
        reply = self._guarded(opened, token, request, facts, debug)
        reply.headers.setdefault("X-Request-ID", request_id)
        reply.headers.setdefault("X-Shopify-API-Version", VERSION)
        self._log(opened, facts, reply, request_id)
        return reply

    def _guarded(
        self, opened: OpenShop, token: Token, request: dict[str, Any], facts: Facts, debug: bool
    ) -> Reply:
        query, variables = request.get("query"), request.get("variables") or {}
        facts.operation, facts.variables = request.get("operationName"), variables
        if not isinstance(query, str) or not isinstance(variables, dict):
            facts.outcome = "bad request"
            return Reply(
                status=400, body={"errors": {"query": "Required parameter missing or invalid"}}
            )
        try:
            prepared = self._gate.prepare(query, variables, request.get("operationName"))
        except Turned as turned:
            facts.outcome, facts.requested = turned.outcome, turned.cost
            facts.errors = [error["message"] for error in turned.errors]
            return Reply(body={"errors": turned.errors} | self._cost(opened, turned.cost, None))
        self._note(facts, prepared)
        return self._admit(opened, token, prepared, facts, debug)

    def _note(self, facts: Facts, prepared: Prepared) -> None:
        name = prepared.operation.name
        facts.operation = name.value if name else facts.operation
        facts.roots, facts.mutation = prepared.roots, prepared.mutation
        facts.requested = prepared.requested

    def _admit(
        self, opened: OpenShop, token: Token, prepared: Prepared, facts: Facts, debug: bool
    ) -> Reply:
        names = {facts.operation or "", *prepared.roots}
        refusal = opened.faults.take(REFUSAL_KINDS, names, mutation=prepared.mutation)
        if refusal is not None and (reply := self._refuse(opened, refusal, prepared, facts)):
            return reply
        if not opened.bucket.take(prepared.requested):
            return self._throttled(opened, prepared, facts)
        lost = opened.faults.take(LOST_KINDS, names, mutation=prepared.mutation)
        reply = self._execute(opened, token, prepared, facts, debug)
        if lost is not None:
            facts.outcome = lost.kind
            reply.lost = lost
        return reply

    def _refuse(
        self, opened: OpenShop, fault: Fault, prepared: Prepared, facts: Facts
    ) -> Reply | None:
        facts.outcome = f"fault {fault.kind}"
        retry = {} if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}
        if fault.kind == "throttled":
            return self._throttled(opened, prepared, facts)
        if fault.kind == "expired_token":
            return unauthorized()
        if fault.kind == "html_page":
            page = "<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>"
            return Reply(status=fault.status, html=page, headers=retry)
        if fault.kind == "api_error":
            message = "Internal error. Looks like something went wrong on our end."
            return Reply(
                body={"errors": [{"message": message, "extensions": {"code": fault.code}}]}
            )
        if fault.kind == "closed":
            return Reply(lost=fault)
        return Reply(status=fault.status, body={"errors": f"HTTP {fault.status}"}, headers=retry)

    def _throttled(self, opened: OpenShop, prepared: Prepared, facts: Facts) -> Reply:
        facts.outcome = "THROTTLED"
        error = {
            "message": "Throttled",
            "extensions": {
                "code": "THROTTLED",
                "documentation": "https://shopify.dev/api/usage/rate-limits",
            },
        }
        return Reply(body={"errors": [error]} | self._cost(opened, prepared.requested, None))

    def _execute(
        self, opened: OpenShop, token: Token, prepared: Prepared, facts: Facts, debug: bool
    ) -> Reply:
        why = facts.operation or ",".join(prepared.roots)
        call, result = self._work(opened, token, prepared, why)
        facts.executed = True
        facts.user_errors, facts.key = call.user_errors, call.idempotency_key
        facts.errors = [error.message for error in result.errors or []]
        facts.actual = self._settle(opened, prepared, result)
        return Reply(body=self._answer(opened, prepared, call, result, facts, debug))

    def perform(
        self, opened: OpenShop, token: Token, query: str, variables: dict[str, Any]
    ) -> dict[str, Any]:
        """One line of a bulk mutation: checked like any call, but free of the bucket."""
        try:
            prepared = self._gate.prepare(query, variables, None)
        except Turned as turned:
            return {"errors": turned.errors}
        why = f"bulk {','.join(prepared.roots)}"
        _, result = self._work(opened, token, prepared, why, free=True)
        answer: dict[str, Any] = {"data": result.data}
        if result.errors:
            answer["errors"] = [error.formatted for error in result.errors]
        return answer

    def _work(
        self, opened: OpenShop, token: Token, prepared: Prepared, why: str, *, free: bool = False
    ) -> tuple[Call, ExecutionResult]:
        with self._store.action(opened, why, writes=prepared.mutation) as act:
            call = Call(
                act=act,
                token=token,
                scopes=self._real.scopes,
                searches=[],
                user_errors=[],
                free=free,
            )
            result = execute_sync(
                self._real.schema,
                prepared.document,
                context_value=call,
                variable_values=prepared.variables,
                operation_name=prepared.operation.name.value if prepared.operation.name else None,
                field_resolver=resolve_field,
                type_resolver=type_name_of,
                executor_class=QuickExecutor,
            )
        return call, result

    def _settle(self, opened: OpenShop, prepared: Prepared, result: ExecutionResult) -> int:
        actual = min(
            prepared.pricer.price(prepared.operation, result.data or {}), prepared.requested
        )
        opened.bucket.give_back(prepared.requested - actual)
        return actual

    def _answer(
        self,
        opened: OpenShop,
        prepared: Prepared,
        call: Call,
        result: ExecutionResult,
        facts: Facts,
        debug: bool,
    ) -> dict[str, Any]:
        body: dict[str, Any] = {"data": result.data}
        if result.errors:
            body["errors"] = [error.formatted for error in result.errors]
        body |= self._cost(opened, facts.requested, facts.actual)
        if debug:
            body["extensions"]["cost"]["fields"] = [
                {"path": [root], "requestedTotalCost": facts.requested} for root in prepared.roots
            ]
        if call.searches:
            body["extensions"]["search"] = [each.extension() for each in call.searches]
        return body

    def _cost(self, opened: OpenShop, requested: int | None, actual: int | None) -> dict[str, Any]:
        if requested is None:
            return {}
        status = opened.bucket.status()
        cost = {
            "requestedQueryCost": requested,
            "actualQueryCost": actual,
            "throttleStatus": status,
        }
        return {"extensions": {"cost": cost}}

    def _log(self, opened: OpenShop, facts: Facts, reply: Reply, request_id: str) -> None:
        text = msgspec.json.encode(facts.variables, order="deterministic")
        opened.journal.write(
            "api",
            self._store.clock.now(),
            request_id=request_id,
            operation=facts.operation,
            roots=facts.roots,
            mutation=facts.mutation,
            variables=facts.variables,
            variables_sha=hashlib.sha256(text).hexdigest()[:16],
            requested=facts.requested,
            actual=facts.actual,
            executed=facts.executed,
            user_errors=facts.user_errors,
            errors=facts.errors,
            idempotency_key=facts.key,
            status=reply.status,
            outcome=facts.outcome,
        )


def unauthorized() -> Reply:
    message = "[API] Invalid API key or access token (unrecognized login or wrong password)"
    return Reply(status=401, body={"errors": message})
