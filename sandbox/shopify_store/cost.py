"""What a query costs, by the rule fitted on real answers of the platform."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_leaf_type,
    value_from_ast_untyped,
)

Split = tuple[list[tuple[str, FieldNode]], list[FieldNode]]
MAX_SINGLE = 1000
MUTATION = 10
FREE_TYPES = {
    "MoneyV2", "MoneyBag", "MailingAddress", "PageInfo", "Count", "UserError", "ShopAddress",
    "LocationAddress", "CustomerEmailAddress", "CustomerPhoneNumber", "Weight",
}  # fmt: skip
FLAT_MUTATIONS = {"fulfillmentTrackingInfoUpdate": 50, "refundCreate": 20, "orderCapture": 20}
PER_VARIANT, PER_METAFIELD, PER_FILE, PER_VARIANT_FILE = 0.2, 0.4, 1.9, 0.6


def growth(size: int) -> int:
    """Connections grow with the logarithm of their page: 1 for 2, 9 for 100, 11 for 250."""
    return math.floor(2 * math.log(max(2, size))) if size else 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Pricer:
    """Prices one operation: as asked, or with `answer`, by the rows that came."""

    schema: GraphQLSchema
    fragments: dict[str, FragmentDefinitionNode]
    variables: dict[str, Any]
    # A selection is split into its fields once, not again for each row of an answer.
    _splits: dict[tuple[int, str], Split] = dataclasses.field(default_factory=dict)

    def price(self, operation: OperationDefinitionNode, answer: Any = None) -> int:
        mutation = operation.operation.value == "mutation"
        root = self.schema.mutation_type if mutation else self.schema.query_type
        assert root is not None
        total = 0.0
        for field in self._fields(operation.selection_set, root.name)[1]:
            data = answer.get(_key(field)) if isinstance(answer, dict) else None
            known = answer is not None
            if mutation:
                total += self._mutation(root, field, data, known)
            else:
                total += self._field(root, field, data, known)
        return math.ceil(round(total, 6))

    def _mutation(
        self, root: GraphQLObjectType, field: FieldNode, data: Any, known: bool
    ) -> float:
        name = field.name.value
        cost = float(FLAT_MUTATIONS.get(name, MUTATION)) + self._dynamic(name, field)
        payload = get_named_type(root.fields[name].type)
        if not isinstance(payload, GraphQLObjectType) or field.selection_set is None:
            return cost
        for each in self._fields(field.selection_set, payload.name)[1]:
            value = data.get(_key(each)) if isinstance(data, dict) else None
            if known and value is None:
                continue
            # The payload's own objects are free; what hangs below them is not.
            cost += self._children(payload, each, value, known)
        return cost

    def _children(
        self, parent: GraphQLObjectType, field: FieldNode, data: Any, known: bool
    ) -> float:
        whole = self._field(parent, field, data, known)
        kind = self._type_of(parent, field)
        if kind.name.endswith("Connection") or is_leaf_type(kind):
            return whole
        return max(whole - (0 if _is_free(kind.name) else 1), 0)

    def _type_of(self, parent: Any, field: FieldNode) -> Any:
        return get_named_type(parent.fields[field.name.value].type)

    def _field(self, parent: Any, field: FieldNode, data: Any, known: bool) -> float:
        name = field.name.value
        if name.startswith("__"):
            return 0 if name == "__typename" else 1
        kind = self._type_of(parent, field)
        if is_leaf_type(kind):
            return 1 if (parent.name, name) == ("Location", "hasUnfulfilledOrders") else 0
        if known and data is None:
            return 0
        if kind.name == "Count" and parent.name == "QueryRoot":
            return 10
        if kind.name.endswith("Connection"):
            return self._connection(kind, field, data, known)
        own = 0 if _is_free(kind.name) else 1
        return own + self._below(kind, field.selection_set, data, known)

    def _below(
        self, kind: Any, selections: SelectionSetNode | None, data: Any, known: bool
    ) -> float:
        """The dearest of the objects that came, or the objects as asked."""
        if selections is None:
            return 0
        rows = data if isinstance(data, list) else [data]
        return max((self._selection(kind, selections, row, known) for row in rows), default=0)

    def _selection(self, kind: Any, selections: SelectionSetNode, data: Any, known: bool) -> float:
        """Fields of the type itself, plus the dearest of the type conditions."""
        conditional, plain = self._fields(selections, kind.name)
        cost = sum(self._one(kind, each, data, known) for each in plain)
        branches: dict[str, float] = {}
        for name, field in conditional:
            if known and isinstance(data, dict) and _key(field) not in data:
                continue
            branches[name] = branches.get(name, 0) + self._one(
                self.schema.type_map[name], field, data, known
            )
        return cost + max(branches.values(), default=0)

    def _one(self, kind: Any, field: FieldNode, data: Any, known: bool) -> float:
        value = data.get(_key(field)) if isinstance(data, dict) else None
        return self._field(kind, field, value, known)

    def _connection(self, kind: Any, field: FieldNode, data: Any, known: bool) -> float:
        asked = self._size(field)
        node_cost = 0.0
        rows: list[Any] = []
        assert field.selection_set is not None
        for each in self._fields(field.selection_set, kind.name)[1]:
            value = data.get(_key(each)) if isinstance(data, dict) else None
            if each.name.value not in ("nodes", "edges"):
                node_cost += 0
                continue
            rows = value if isinstance(value, list) else rows
            inner = self._type_of(kind, each)
            if each.name.value == "nodes":
                node_cost = max(
                    node_cost, 1 + self._below(inner, each.selection_set, value, known)
                )
            else:
                node_cost = max(node_cost, self._edges(inner, each, value, known))
        size = min(asked, len(rows)) if known else asked
        return 2 + node_cost * growth(size)

    def _edges(self, edge: Any, field: FieldNode, rows: Any, known: bool) -> float:
        assert field.selection_set is not None
        for each in self._fields(field.selection_set, edge.name)[1]:
            if each.name.value == "node":
                nodes = [row.get(_key(each)) for row in rows or []] if known else None
                kind = self._type_of(edge, each)
                return 1 + self._below(kind, each.selection_set, nodes, known)
        return 1

    def _size(self, field: FieldNode) -> int:
        size = 0
        for argument in field.arguments or ():
            if argument.name.value in ("first", "last"):
                value = value_from_ast_untyped(argument.value, self.variables)
                size = value if isinstance(value, int) else size
        return size

    def _fields(self, selections: SelectionSetNode, name: str) -> Split:
        """Split selections into fields under another type condition and plain ones."""
        held = self._splits.get((id(selections), name))
        if held is None:
            held = self._splits[id(selections), name] = self._split(selections, name)
        return held

    def _split(self, selections: SelectionSetNode, name: str) -> Split:
        conditional: list[tuple[str, FieldNode]] = []
        plain: list[FieldNode] = []
        for condition, field in self._walk(selections, name):
            if condition == name or not self._is_abstract(name):
                plain.append(field)
            else:
                conditional.append((condition, field))
        return conditional, plain

    def _walk(self, selections: SelectionSetNode, name: str) -> Iterator[tuple[str, FieldNode]]:
        for each in selections.selections:
            if isinstance(each, FieldNode):
                yield name, each
            elif isinstance(each, InlineFragmentNode):
                inner = each.type_condition.name.value if each.type_condition else name
                yield from self._walk(each.selection_set, inner)
            elif isinstance(each, FragmentSpreadNode):
                fragment = self.fragments[each.name.value]
                yield from self._walk(fragment.selection_set, fragment.type_condition.name.value)

    def _is_abstract(self, name: str) -> bool:
        return isinstance(self.schema.type_map[name], (GraphQLInterfaceType, GraphQLUnionType))

    def _dynamic(self, name: str, field: FieldNode) -> float:
        if name not in (
            "productSet",
            "productVariantsBulkCreate",
            "productVariantsBulkUpdate",
            "fileCreate",
        ):
            return 0
        given = {
            each.name.value: value_from_ast_untyped(each.value, self.variables)
            for each in field.arguments or ()
        }
        if name == "fileCreate":
            return 10 * len(given.get("files") or []) - MUTATION
        data = given.get("input") or {} if name == "productSet" else given
        return _catalogue_cost(data, given)


def _catalogue_cost(data: dict[str, Any], given: dict[str, Any]) -> float:
    variants = data.get("variants") or []
    fields = len(data.get("metafields") or [])
    fields += sum(len(each.get("metafields") or []) for each in variants)
    pictures = sum(bool(each.get("file") or each.get("mediaSrc")) for each in variants)
    files = len(data.get("files") or []) + len(given.get("media") or [])
    cost = PER_VARIANT * len(variants) + PER_METAFIELD * fields
    return cost + PER_VARIANT_FILE * pictures + PER_FILE * files


def _key(field: FieldNode) -> str:
    return field.alias.value if field.alias else field.name.value


def _is_free(name: str) -> bool:
    return name in FREE_TYPES or name.endswith("Error")


def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    found = (each for each in document.definitions if isinstance(each, FragmentDefinitionNode))
    return {each.name.value: each for each in found}
