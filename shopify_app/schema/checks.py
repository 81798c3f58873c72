"""What must be true of every document before it may be sent: checked without a network."""

from collections.abc import Iterator
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLObjectType,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableNode,
    Visitor,
    get_named_type,
    parse,
    specified_rules,
    validate,
    visit,
)
from graphql.execution.values import get_variable_values
from graphql.validation import NoDeprecatedCustomRule

from shopify_app import cost, documents, scopes
from shopify_app.schema import bulk_checks, pricing, samples
from shopify_app.schema.source import ShopifySchema

# Writes that Shopify refuses without @idempotent, from 2026-04 on.
MUST_BE_KEYED = {
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
# Inputs that Shopify refuses at run time without changeFromQuantity, although null is allowed.
MUST_COMPARE = {
    "InventoryQuantityInput",
    "InventoryChangeInput",
    "InventoryMoveQuantityTerminalInput",
    "InventorySetQuantityInput",
}


def parsed(name: str) -> DocumentNode:
    return parse(documents.load(name).text)


def problems(schema: ShopifySchema) -> Iterator[str]:
    """Yield everything that is wrong with any document, as sentences."""
    needed: list[frozenset[str]] = []
    for name in documents.names():
        document = parsed(name)
        found = [
            *_validation(schema, document),
            *_idempotency(document),
            *_variables(schema, name, document),
        ]
        yield from (f"{name}: {problem}" for problem in found)
        needed += scopes_needed(schema, document)
    for name in documents.bulk_names():
        yield from (f"bulk/{name}: {each}" for each in bulk_checks.problems(schema.types, name))
        needed += scopes_needed(schema, bulk_checks.parsed(name))
    yield from _scopes(needed)


def price_problems(schema: ShopifySchema) -> Iterator[str]:
    """Yield the documents whose price is not what costs.json and the comment say."""
    stored = cost.recipes()
    for name in documents.names():
        recipe = pricing.recipe_of(schema.types, parsed(name))
        if stored.get(name) != recipe:
            yield f"{name}: costs.json does not hold its price"
        if not raw(name).startswith(header(name, recipe) + "\n"):
            yield f"{name}: its first line is not {header(name, recipe)!r}"


def raw(name: str) -> str:
    return (documents.QUERIES / f"{name}.graphql").read_text()


def header(name: str, recipe: cost.Recipe) -> str:
    """Return the comment that tells a reader what the document costs."""
    sized = [each for each in recipe.get("connections", []) if isinstance(each["size"], str)]
    fixed = cost.price_of(recipe, _EmptyPages())
    parts = [f"{fixed:g}"]
    parts += [f"{cost.price_of(each['node'], {}):g} x f(${each['size']})" for each in sized]
    parts += [f"{each:g} per {path}" for path, each in cost.INPUT_PRICES.get(name, {}).items()]
    note = ", f(n) = floor(2 ln n)" if sized else ""
    return f"# cost: {' + '.join(parts)}{note}"


def scopes_needed(schema: ShopifySchema, document: DocumentNode) -> list[frozenset[str]]:
    """Return the scopes a document needs: of each set, one is enough."""
    types = TypeInfo(schema.types)
    found: list[frozenset[str]] = []

    class Collect(Visitor):
        def enter_field(self, node: FieldNode, *_: Any) -> None:
            parent, kind = types.get_parent_type(), types.get_type()
            own = schema.scopes.get((parent.name if parent else "", node.name.value))
            of_type = schema.scopes.get((get_named_type(kind).name, "")) if kind else None
            if scope := own or of_type:
                found.append(scope)

    visit(document, TypeInfoVisitor(types, Collect()))
    return found


def _validation(schema: ShopifySchema, document: DocumentNode) -> Iterator[str]:
    rules = [*specified_rules, NoDeprecatedCustomRule]
    yield from (error.message for error in validate(schema.types, document, rules))
    operations = [
        node for node in document.definitions if isinstance(node, OperationDefinitionNode)
    ]
    if len(operations) != 1:
        yield "holds more or less than one operation"
    types = TypeInfo(schema.types)
    unbounded: list[str] = []

    class Connections(Visitor):
        def enter_field(self, node: FieldNode, *_: Any) -> None:
            kind = types.get_type()
            if isinstance(named := get_named_type(kind), GraphQLObjectType) and (
                named.name.endswith("Connection")
                and not {each.name.value for each in node.arguments or ()} & {"first", "last"}
            ):
                unbounded.append(f"{node.name.value} has neither first nor last")

    visit(document, TypeInfoVisitor(types, Connections()))
    yield from unbounded


def _idempotency(document: DocumentNode) -> Iterator[str]:
    for operation in document.definitions:
        if not isinstance(operation, OperationDefinitionNode):
            continue
        for field in operation.selection_set.selections:
            if isinstance(field, FieldNode) and field.name.value in MUST_BE_KEYED:
                keys = [
                    (each.arguments or ())[0].value
                    for each in field.directives or ()
                    if each.name.value == "idempotent"
                ]
                if [each.name.value for each in keys if isinstance(each, VariableNode)] != ["key"]:
                    yield f"{field.name.value} lacks @idempotent(key: $key)"


def _variables(schema: ShopifySchema, name: str, document: DocumentNode) -> Iterator[str]:
    if name not in samples.VARIABLES:
        yield "has no sample variables in schema/samples.py"
        return
    operation = next(
        node for node in document.definitions if isinstance(node, OperationDefinitionNode)
    )
    definitions = operation.variable_definitions or ()
    for values in samples.VARIABLES[name]:
        known = {each.variable.name.value for each in definitions}
        yield from (f"sends ${extra}, which it does not declare" for extra in set(values) - known)
        result = get_variable_values(schema.types, definitions, values)
        if isinstance(result, list):
            yield from (error.message for error in result)
    kinds = {_type_name(each) for each in definitions}
    if kinds & MUST_COMPARE or "InventorySetQuantitiesInput" in kinds:
        yield from _comparisons(samples.VARIABLES[name])


def _type_name(definition: Any) -> str:
    node = definition.type
    while not hasattr(node, "name"):
        node = node.type
    return str(node.name.value)


def _comparisons(sent: list[dict[str, Any]]) -> Iterator[str]:
    for values in sent:
        for row in values["input"]["quantities"]:
            if "changeFromQuantity" not in row:
                yield "a quantity is sent without changeFromQuantity"


def _scopes(needed: list[frozenset[str]]) -> Iterator[str]:
    def met(alternatives: frozenset[str], granted: tuple[str, ...]) -> bool:
        return any(scopes.includes(each, need) for each in granted for need in alternatives)

    for alternatives in set(needed):
        if not met(alternatives, scopes.SCOPES):
            yield f"SCOPES lacks one of {sorted(alternatives)}"
    for scope in scopes.SCOPES:
        others = tuple(each for each in scopes.SCOPES if each != scope)
        if not any(met(each, (scope,)) and not met(each, others) for each in needed):
            yield f"SCOPES asks for {scope}, which nothing needs"


class _EmptyPages(dict[str, int]):
    """Every page size that a variable holds, left out of the fixed part."""

    def __missing__(self, _name: str) -> int:
        return 0
