"""What a bulk operation's document asks for: its connections, and how they hang together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLNonNull,
    GraphQLSchema,
    GraphQLSyntaxError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_list_type,
    parse,
    validate,
)

from .. import cost, wording


class Unreadable(Exception):
    """The text is no valid document of the schema; `syntax` when it cannot even be parsed."""

    def __init__(self, messages: list[str], *, syntax: bool) -> None:
        super().__init__("; ".join(messages))
        self.messages = messages
        self.syntax = syntax


@dataclass(slots=True, kw_only=True)
class Branch:
    """A connection: the answer's keys that lead to it from the node above, and what is in it."""

    keys: tuple[str, ...]
    below: list[Branch] = field(default_factory=list)


@dataclass(kw_only=True)
class Asked:
    """Everything the rules for bulk documents look at."""

    operation: OperationDefinitionNode
    document: DocumentNode
    roots: list[FieldNode]
    branches: list[Branch] = field(default_factory=list)
    connections: int = 0
    # How many connections the deepest one is inside of.
    depth: int = 0
    without_edges: list[str] = field(default_factory=list)
    without_id: list[str] = field(default_factory=list)
    within_list: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where in the document the reading is."""

    branches: list[Branch]
    keys: tuple[str, ...] = ()
    depth: int = 0
    listed: bool = False
    has_id: bool = True


def read(schema: GraphQLSchema, text: str) -> Asked:
    """Read a document that must be valid and hold one operation."""
    try:
        document = parse(text, max_tokens=20_000)
    except GraphQLSyntaxError as error:
        raise Unreadable([wording.parse_error(error)["message"]], syntax=True) from error
    errors: list[GraphQLError] = validate(schema, document)
    if errors:
        told = [wording.static_error(error, document)["message"] for error in errors]
        raise Unreadable(told, syntax=False)
    found = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    if len(found) != 1:
        raise Unreadable(["the document must hold one operation"], syntax=False)
    reader = _Reader(schema, document, found[0])
    reader.visit()
    return reader.asked


class _Reader:
    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode
    ) -> None:
        self._schema = schema
        self._fragments = cost.fragments_of(document)
        self.asked = Asked(operation=operation, document=document, roots=[])

    def visit(self) -> None:
        asked = self.asked
        root = self._schema.get_root_type(asked.operation.operation)
        assert root is not None
        fields = list(self._fields(asked.operation.selection_set, root))
        asked.roots = [each for _, each in fields]
        self._below(fields, _Place(branches=asked.branches))

    def _fields(
        self, selections: SelectionSetNode, parent: Any
    ) -> Iterator[tuple[Any, FieldNode]]:
        """Fields with the type they are on, fragments laid open."""
        for each in selections.selections:
            if isinstance(each, FieldNode):
                yield parent, each
            elif isinstance(each, InlineFragmentNode):
                named = each.type_condition
                kind = self._schema.type_map[named.name.value] if named else parent
                yield from self._fields(each.selection_set, kind)
            elif isinstance(each, FragmentSpreadNode):
                fragment = self._fragments[each.name.value]
                kind = self._schema.type_map[fragment.type_condition.name.value]
                yield from self._fields(fragment.selection_set, kind)

    def _below(self, fields: list[tuple[Any, FieldNode]], place: _Place) -> None:
        for parent, node in fields:
            defined = self._schema.get_field(parent, node.name.value)
            if defined is None or node.selection_set is None:
                continue
            kind = get_named_type(defined.type)
            keys = (*place.keys, _key(node))
            if kind.name.endswith("Connection"):
                self._connection(node, kind, keys, place)
                continue
            inside = _Place(
                branches=place.branches,
                keys=keys,
                depth=place.depth,
                listed=place.listed or _is_list(defined.type),
                has_id=place.has_id,
            )
            self._below(list(self._fields(node.selection_set, kind)), inside)

    def _connection(
        self, node: FieldNode, kind: Any, keys: tuple[str, ...], place: _Place
    ) -> None:
        asked, name = self.asked, node.name.value
        asked.connections += 1
        asked.depth = max(asked.depth, place.depth)
        asked.within_list |= place.listed
        if not place.has_id:
            asked.without_id.append(name)
        inner = self._only(node, kind, "edges")
        rows = self._only(inner[1], inner[0], "node") if inner else None
        if rows is None:
            asked.without_edges.append(name)
            self._other_rows(node, kind, place)
            return
        branch = Branch(keys=keys)
        place.branches.append(branch)
        self._rows(rows, branch.below, place.depth + 1)

    def _other_rows(self, node: FieldNode, kind: Any, place: _Place) -> None:
        """What hangs below `nodes` is counted as well."""
        assert node.selection_set is not None
        for parent, each in self._fields(node.selection_set, kind):
            if each.name.value == "nodes":
                inner = get_named_type(parent.fields["nodes"].type)
                self._rows((inner, each), [], place.depth + 1)

    def _rows(self, rows: tuple[Any, FieldNode], branches: list[Branch], depth: int) -> None:
        kind, node = rows
        assert node.selection_set is not None
        fields = list(self._fields(node.selection_set, kind))
        has_id = any(_key(each) == "id" == each.name.value for _, each in fields)
        self._below(fields, _Place(branches=branches, depth=depth, has_id=has_id))

    def _only(self, node: FieldNode, kind: Any, name: str) -> tuple[Any, FieldNode] | None:
        """The one field of this name, with its type, if nothing else is selected."""
        assert node.selection_set is not None
        fields = list(self._fields(node.selection_set, kind))
        if len(fields) != 1 or _key(fields[0][1]) != name or fields[0][1].name.value != name:
            return None
        return get_named_type(kind.fields[name].type), fields[0][1]


def _key(node: FieldNode) -> str:
    return node.alias.value if node.alias else node.name.value


def _is_list(kind: Any) -> bool:
    return is_list_type(kind.of_type if isinstance(kind, GraphQLNonNull) else kind)
