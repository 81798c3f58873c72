"""What Shopify asks of a query that it is to run in bulk: checked without a network."""

from collections.abc import Iterator

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
    parse,
    specified_rules,
    validate,
)
from graphql.validation import NoDeprecatedCustomRule

from shopify_app import documents

LONGEST = 65_535
MOST_CONNECTIONS = 5
DEEPEST = 2


def parsed(name: str) -> DocumentNode:
    return parse(documents.bulk_text(name))


def problems(schema: GraphQLSchema, name: str) -> Iterator[str]:
    """Yield everything that is wrong with a document of queries/bulk, as sentences."""
    document = parsed(name)
    rules = [*specified_rules, NoDeprecatedCustomRule]
    if found := [error.message for error in validate(schema, document, rules)]:
        yield from found
        return
    if len(documents.bulk_text(name).encode()) > LONGEST:
        yield f"is longer than {LONGEST} bytes"
    # Fragments would hide connections from the walk below, and none is needed.
    if len(document.definitions) != 1:
        yield "holds more than one definition"
        return
    (operation,) = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    if operation.operation is not OperationType.QUERY or operation.variable_definitions:
        yield "is no query without variables"
    yield from _shape(schema, operation)


def _shape(schema: GraphQLSchema, operation: OperationDefinitionNode) -> Iterator[str]:
    root = schema.query_type
    assert root is not None
    if {each.name.value for each in _fields(operation.selection_set)} & {"node", "nodes"}:
        yield "asks for node or nodes at the top"
        return
    walk = _Walk()
    walk.below(root, operation.selection_set, depth=0, listed=False)
    if not 0 < walk.connections <= MOST_CONNECTIONS:
        yield f"has {walk.connections} connections, not 1 to {MOST_CONNECTIONS}"
    yield from walk.problems


class _Walk:
    """Counts the connections of a query and notes what is wrong with each."""

    def __init__(self) -> None:
        self.connections = 0
        self.problems: list[str] = []

    def below(
        self, parent: GraphQLNamedType, selection: SelectionSetNode, *, depth: int, listed: bool
    ) -> None:
        """`depth`: how many connections are around. `listed`: a plain list is around, too."""
        assert isinstance(parent, GraphQLObjectType)
        for field in _fields(selection):
            wrapped = parent.fields[field.name.value].type
            kind = get_named_type(wrapped)
            if field.selection_set is None:
                continue
            if kind.name.endswith("Connection"):
                if listed:
                    self.problems.append(f"{field.name.value} is within a list")
                self._connection(field, kind, field.selection_set, depth=depth)
            else:
                inside = listed or is_list_type(get_nullable_type(wrapped))
                self.below(kind, field.selection_set, depth=depth, listed=inside)

    def _connection(
        self, field: FieldNode, kind: GraphQLNamedType, selection: SelectionSetNode, *, depth: int
    ) -> None:
        name = field.name.value
        self.connections += 1
        if depth > DEEPEST:
            self.problems.append(f"{name} is nested too deep")
        if {each.name.value for each in field.arguments or ()} & {"first", "last"}:
            self.problems.append(f"{name} names a page size, and would not be whole")
        node = _only(_only(selection, "edges"), "node")
        if node is None:
            self.problems.append(f"{name} must be asked for as edges {{ node {{ ... }} }}")
            return
        if "id" not in {each.name.value for each in _fields(node)}:
            self.problems.append(f"{name} does not ask for id")
        assert isinstance(kind, GraphQLObjectType)
        edge = get_named_type(kind.fields["edges"].type)
        assert isinstance(edge, GraphQLObjectType)
        inner = get_named_type(edge.fields["node"].type)
        self.below(inner, node, depth=depth + 1, listed=False)


def _only(selection: SelectionSetNode | None, name: str) -> SelectionSetNode | None:
    """Return what is below a field if it is the only one there and has that name."""
    fields = _fields(selection) if selection else []
    if [each.name.value for each in fields] != [name]:
        return None
    return fields[0].selection_set


def _fields(selection: SelectionSetNode) -> list[FieldNode]:
    return [each for each in selection.selections if isinstance(each, FieldNode)]
