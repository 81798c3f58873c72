"""Turn a document into a cost recipe, by the rule fitted on recorded answers.

Needs graphql-core, so only the schema check and the tests import it.
"""

from collections.abc import Iterator

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLAbstractType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
)

from shopify_app.cost import Connection, Recipe, price_of

# Value objects that Shopify does not charge for.
FREE_TYPES = {
    "Count",
    "CustomerEmailAddress",
    "CustomerPhoneNumber",
    "LocationAddress",
    "MailingAddress",
    "MoneyBag",
    "MoneyV2",
    "PageInfo",
    "ShopAddress",
    "UserError",
    "Weight",
}
MUTATION = 10
LARGEST_PAGE = 250


def recipe_of(schema: GraphQLSchema, document: DocumentNode) -> Recipe:
    """Return the recipe of a document that holds one operation."""
    return _Pricer(schema, document).recipe()


class _Pricer:
    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._fragments = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        (self._operation,) = [
            node for node in document.definitions if isinstance(node, OperationDefinitionNode)
        ]

    def recipe(self) -> Recipe:
        root = self._schema.get_root_type(self._operation.operation)
        assert root is not None
        if self._operation.operation is not OperationType.MUTATION:
            return self._children(root, self._operation.selection_set)
        # The payload is free, and so is each object right below it.
        total = Recipe(fixed=0)
        for write, payload in self._fields(root, self._operation.selection_set):
            total["fixed"] += MUTATION
            assert write.selection_set is not None
            for field, kind in self._fields(payload, write.selection_set):
                if field.selection_set and not kind.name.endswith("Error"):
                    _add(total, self._children(kind, field.selection_set))
        return total

    def _children(self, parent: GraphQLNamedType, selection: SelectionSetNode) -> Recipe:
        total = Recipe(fixed=0)
        if is_abstract_type(parent):
            _add(total, self._dearest(parent, selection))
            return total
        for field, kind in self._fields(parent, selection):
            _add(total, self._field(field, kind))
        return total

    def _field(self, field: FieldNode, kind: GraphQLNamedType) -> Recipe:
        free = kind.name in FREE_TYPES or kind.name.endswith("Error")
        if is_leaf_type(kind) or free or field.selection_set is None:
            return Recipe(fixed=0)
        if kind.name.endswith("Connection"):
            return Recipe(fixed=0, connections=[self._connection(field, kind)])
        found = self._children(kind, field.selection_set)
        found["fixed"] += 1
        return found

    def _connection(self, field: FieldNode, kind: GraphQLNamedType) -> Connection:
        node = Recipe(fixed=0)
        assert field.selection_set is not None
        for inner, inner_kind in self._fields(kind, field.selection_set):
            if inner.name.value == "nodes":
                _add(node, self._field(inner, inner_kind))
            elif inner.name.value == "edges":
                assert inner.selection_set is not None
                _add(node, self._children(inner_kind, inner.selection_set))
        return Connection(size=_size(field), node=node)

    def _dearest(self, parent: GraphQLAbstractType, selection: SelectionSetNode) -> Recipe:
        found = [
            self._children(kind, selection) for kind in self._schema.get_possible_types(parent)
        ]
        return max(found, key=lambda recipe: price_of(recipe, _LargestPages()))

    def _fields(
        self, parent: GraphQLNamedType, selection: SelectionSetNode
    ) -> Iterator[tuple[FieldNode, GraphQLNamedType]]:
        for node in selection.selections:
            if isinstance(node, FieldNode):
                # Only __typename is missing from an object's own fields.
                if isinstance(parent, GraphQLObjectType) and node.name.value in parent.fields:
                    yield node, get_named_type(parent.fields[node.name.value].type)
                continue
            assert isinstance(node, FragmentSpreadNode | InlineFragmentNode)
            inner = (
                self._fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
            )
            if inner.type_condition is None or self._applies(
                inner.type_condition.name.value, parent
            ):
                yield from self._fields(parent, inner.selection_set)

    def _applies(self, condition: str, parent: GraphQLNamedType) -> bool:
        if condition == parent.name:
            return True
        kind = self._schema.get_type(condition)
        return (
            kind is not None
            and is_abstract_type(kind)
            and isinstance(parent, GraphQLObjectType)
            and self._schema.is_sub_type(kind, parent)
        )


class _LargestPages(dict[str, int]):
    """Every page size that a variable holds, at its dearest."""

    def __missing__(self, _name: str) -> int:
        return LARGEST_PAGE


def _size(field: FieldNode) -> int | str:
    for argument in field.arguments or ():
        if argument.name.value in {"first", "last"}:
            if isinstance(argument.value, VariableNode):
                return argument.value.name.value
            assert isinstance(argument.value, IntValueNode)
            return int(argument.value.value)
    raise ValueError(f"the connection {field.name.value} has neither first nor last")


def _add(total: Recipe, more: Recipe) -> None:
    total["fixed"] += more["fixed"]
    if connections := more.get("connections"):
        total.setdefault("connections", []).extend(connections)
