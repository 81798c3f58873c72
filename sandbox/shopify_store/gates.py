"""What stands before execution, in Shopify's order: parse, validate, sizes, cost."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    get_variable_values,
    parse,
    validate,
    value_from_ast_untyped,
)

from . import cost, wording
from .schema import RealSchema

MAX_ARRAY = 250
# Lists that have a limit of their own, or none that was ever seen.
LONG_LISTS = {
    "productSet": {"variants": 2048, "inventoryQuantities": 250, "values": 250},
    "productVariantsBulkCreate": {"variants": 2048},
    "productVariantsBulkUpdate": {"variants": 2048},
}


class Turned(Exception):
    """The call ends here; this is the whole answer."""

    def __init__(
        self, errors: list[dict[str, Any]], outcome: str, cost_value: int | None = None
    ) -> None:
        super().__init__(outcome)
        self.errors = errors
        self.outcome = outcome
        self.cost = cost_value


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    document: DocumentNode
    operation: OperationDefinitionNode
    roots: list[str]
    mutation: bool
    requested: int
    pricer: cost.Pricer
    variables: dict[str, Any]


class Gate:
    """Checks documents; a document that passed once is not checked again."""

    def __init__(self, real: RealSchema) -> None:
        self._real = real
        self._lock = Lock()
        self._passed: OrderedDict[str, DocumentNode] = OrderedDict()

    def prepare(self, query: str, variables: dict[str, Any], name: str | None) -> Prepared:
        document = self._document(query)
        operation = _operation(document, name)
        roots = _roots(document, operation)
        self._check_variables(operation, variables)
        _check_arrays(operation, roots, variables)
        pricer = cost.Pricer(
            schema=self._real.schema,
            fragments=cost.fragments_of(document),
            variables=_with_defaults(operation, variables),
        )
        requested = pricer.price(operation)
        if requested > cost.MAX_SINGLE:
            message = (
                f"Query cost is {requested}, "
                f"which exceeds the single query max cost limit ({cost.MAX_SINGLE})."
            )
            error = {"message": message, "extensions": {"code": "MAX_COST_EXCEEDED", "cost": requested, "maxCost": cost.MAX_SINGLE}}  # fmt: skip  # noqa: E501
            raise Turned([error], "MAX_COST_EXCEEDED", requested)
        return Prepared(
            document=document,
            operation=operation,
            roots=roots,
            mutation=operation.operation.value == "mutation",
            requested=requested,
            pricer=pricer,
            variables=variables,
        )

    def _document(self, query: str) -> DocumentNode:
        with self._lock:
            if query in self._passed:
                self._passed.move_to_end(query)
                return self._passed[query]
        try:
            document = parse(query, max_tokens=20_000)
        except GraphQLSyntaxError as error:
            raise Turned([wording.parse_error(error)], "PARSE_ERROR") from error
        errors = validate(self._real.schema, document)
        if errors:
            raise Turned(
                [wording.static_error(error, document) for error in errors], "static error"
            )
        with self._lock:
            self._passed[query] = document
            if len(self._passed) > 500:
                self._passed.popitem(last=False)
        return document

    def _check_variables(self, operation: OperationDefinitionNode, given: dict[str, Any]) -> None:
        definitions = operation.variable_definitions or ()
        values = get_variable_values(self._real.schema, definitions, given)
        if isinstance(values, list):
            raise Turned(wording.variable_errors(values, given), "INVALID_VARIABLE")


def _operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    found = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    if name:
        found = [each for each in found if each.name and each.name.value == name]
    if len(found) != 1:
        message = f'No operation named "{name}"' if name else "An operation name is required"
        raise Turned([wording.static_error(GraphQLError(message))], "no operation")
    return found[0]


def _roots(document: DocumentNode, operation: OperationDefinitionNode) -> list[str]:
    fragments = cost.fragments_of(document)
    roots: list[str] = []
    waiting: list[Any] = list(operation.selection_set.selections)
    while waiting:
        each = waiting.pop(0)
        if each.kind == "field":
            roots.append(each.name.value)
        elif each.kind == "inline_fragment":
            waiting = list(each.selection_set.selections) + waiting
        else:
            waiting = list(fragments[each.name.value].selection_set.selections) + waiting
    return roots


def _with_defaults(operation: OperationDefinitionNode, given: dict[str, Any]) -> dict[str, Any]:
    defaults = {
        each.variable.name.value: value_from_ast_untyped(each.default_value)
        for each in operation.variable_definitions or ()
        if each.default_value is not None
    }
    return defaults | given


def _check_arrays(
    operation: OperationDefinitionNode, roots: list[str], variables: dict[str, Any]
) -> None:
    """No input list may be longer than 250, with a few exceptions."""
    limits = LONG_LISTS.get(roots[0], {}) if roots else {}
    literal = {
        argument.name.value: value_from_ast_untyped(argument.value, variables)
        for field in operation.selection_set.selections
        for argument in getattr(field, "arguments", None) or ()
    }
    for values in (literal, variables):
        size, limit = _longest(values, "", limits)
        if size > limit:
            message = (
                f"The input array size of {size} is greater than the maximum allowed of {limit}."
            )
            error = {"message": message, "extensions": {"code": "MAX_INPUT_SIZE_EXCEEDED"}}
            raise Turned([error], "MAX_INPUT_SIZE_EXCEEDED")


def _longest(value: Any, name: str, limits: dict[str, int]) -> tuple[int, int]:
    """Return size and limit of the first list that is too long, else (0, 250)."""
    limit = limits.get(name, MAX_ARRAY)
    if isinstance(value, list):
        if len(value) > limit:
            return len(value), limit
        inner = [(each, name) for each in value]
    elif isinstance(value, dict):
        inner = [(each, key) for key, each in value.items()]
    else:
        return 0, MAX_ARRAY
    for each, key in inner:
        size, maximum = _longest(each, key, limits)
        if size > maximum:
            return size, maximum
    return 0, MAX_ARRAY
