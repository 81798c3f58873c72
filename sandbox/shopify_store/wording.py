"""Static and variable errors in Shopify's words and with its codes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    GraphQLError,
    Node,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    print_ast,
    visit,
)

from .schema import load

Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], tuple[str, str, dict[str, Any]]]]

_RULES: list[Rule] = [
    (
        re.compile(r"^Cannot query field '(.+?)' on type '(.+?)'"),
        lambda m: (
            f"Field '{m[1]}' doesn't exist on type '{m[2]}'",
            "undefinedField",
            {"typeName": m[2], "fieldName": m[1]},
        ),
    ),
    (
        re.compile(r"^Unknown argument '(.+?)' on field '(.+?)\.(.+?)'"),
        lambda m: (
            f"Field '{m[3]}' doesn't accept argument '{m[1]}'",
            "argumentNotAccepted",
            {"name": m[3], "typeName": "Field", "argumentName": m[1]},
        ),
    ),
    (
        re.compile(r"^Argument '(?:.+\.)?(.+?)\((.+?):\)' of type '(.+?)' is required"),
        lambda m: (
            f"Field '{m[1]}' is missing required arguments: {m[2]}",
            "missingRequiredArguments",
            {"className": "Field", "name": m[1], "arguments": m[2]},
        ),
    ),
    (
        re.compile(r"^Field '(.+?)' argument '(.+?)' of type '(.+?)' is required"),
        lambda m: (
            f"Field '{m[1]}' is missing required arguments: {m[2]}",
            "missingRequiredArguments",
            {"className": "Field", "name": m[1], "arguments": m[2]},
        ),
    ),
    (
        re.compile(r"^Expected value of type '(.+?)' to include required field '(.+?)'"),
        lambda m: (
            f"Argument '{m[2]}' on InputObject '{m[1]}' is required. "
            f"Expected type {_input_type(m[1], m[2])}",
            "missingRequiredInputObjectAttribute",
            {
                "argumentName": m[2],
                "argumentType": _input_type(m[1], m[2]),
                "inputObjectType": m[1],
            },
        ),
    ),
    (
        re.compile(r"^Expected value of type '(.+?)' not to include unknown field '(.+?)'"),
        lambda m: (
            f"InputObject '{m[1]}' doesn't accept argument '{m[2]}'",
            "argumentNotAccepted",
            {"name": m[1], "typeName": "InputObject", "argumentName": m[2]},
        ),
    ),
    (
        re.compile(r"^Variable '\$(.+?)' is not defined(?: by operation '(.+?)')?"),
        lambda m: (
            f"Variable ${m[1]} is used by {m[2] or 'anonymous query'} but not declared",
            "variableNotDefined",
            {"variableName": m[1]},
        ),
    ),
    (
        re.compile(r"^Unknown fragment '(.+?)'"),
        lambda m: (
            f"Fragment {m[1]} was used, but not defined",
            "useAndDefineFragment",
            {"fragmentName": m[1]},
        ),
    ),
    (
        re.compile(r"^Field '(.+?)' of type '(.+?)' must have a selection of subfields"),
        lambda m: (
            f"Field must have selections (field '{m[1]}' returns {m[2].strip('![]')} but has no "
            f"selections. Did you mean '{m[1]} {{ ... }}'?)",
            "selectionMismatch",
            {"nodeName": f"field '{m[1]}'", "typeName": m[2].strip("![]")},
        ),
    ),
    (
        re.compile(r"^Variable '\$(.+?)' is never used in operation '(.+?)'"),
        lambda m: (
            f"Variable ${m[1]} is declared by {m[2]} but not used",
            "variableNotUsed",
            {"variableName": m[1]},
        ),
    ),
    (
        re.compile(r"^Variable '\$(.+?)' is never used"),
        lambda m: (
            f"Variable ${m[1]} is declared by anonymous query but not used",
            "variableNotUsed",
            {"variableName": m[1]},
        ),
    ),
    (
        re.compile(r"^Unknown directive '@(.+?)'"),
        lambda m: (
            f"Directive @{m[1]} is not defined",
            "undefinedDirective",
            {"directiveName": m[1]},
        ),
    ),
    (
        re.compile(r"^Directive '@(.+?)' may not be used on (.+?)\."),
        lambda m: (
            f"'@{m[1]}' can't be applied to {m[2].lower()}s (allowed: fields)",
            "directiveCannotBeApplied",
            {"targetName": m[2].lower(), "name": m[1]},
        ),
    ),
    (
        re.compile(r"(?i)oneof|exactly one (key|field)"),
        lambda m: (m.string, "invalidOneOfInputObject", {}),
    ),
    (
        re.compile(r"^Unknown type '(.+?)'"),
        lambda m: (f"{m[1]} isn't a defined input type", "variableRequiresValidType", {}),
    ),
    (
        re.compile(r"^Variable '\$(.+?)' of type '(.+?)' used in position expecting type '(.+?)'"),
        lambda m: (
            f"Type mismatch on variable ${m[1]} ({m[2]} / {m[3]})",
            "variableMismatch",
            {"variableName": m[1]},
        ),
    ),
    (
        re.compile(
            r"^(Expected value of type|Int cannot|String cannot|Value|Enum|Expected|Invalid)"
        ),
        lambda m: (m.string, "argumentLiteralsIncompatible", {}),
    ),
]


def static_error(error: GraphQLError, document: DocumentNode | None = None) -> dict[str, Any]:
    """A document that the schema refuses; the answer has no `data` at all."""
    message, code = error.message, "invalidDocument"
    more: dict[str, Any] = {}
    for pattern, say in _RULES:
        if found := pattern.search(error.message):
            message, code, more = say(found)
            break
    if code == "argumentLiteralsIncompatible" and document is not None:
        return _bad_literal(error, document) or _entry(error, message, {"code": code})
    return _entry(error, message, {"code": code, **more})


def parse_error(error: GraphQLError) -> dict[str, Any]:
    return _entry(error, error.message.lower(), {"code": "PARSE_ERROR"})


def _entry(error: GraphQLError, message: str, extensions: dict[str, Any]) -> dict[str, Any]:
    places = [{"line": at.line, "column": at.column} for at in error.locations or []]
    return {"message": message, "locations": places, "extensions": extensions}


_VARIABLE = re.compile(
    r"^Variable '\$(.+?)' has invalid value(?: at ((?:\.\w+|\[\d+\])+))?: (.*)$", re.DOTALL
)
_EXPLANATIONS: list[tuple[re.Pattern[str], str]] = [
    (re.compile(r"to include required field '(.+?)'"), "Expected value to not be null"),
    (re.compile(r"of type '(.+?)' not to include unknown field"), "Field is not defined on {0}"),
    (re.compile(r"non-null type"), "Expected value to not be null"),
    (re.compile(r"^Int cannot represent.*: (.+)$"), "Could not coerce value {0} to Int"),
    (re.compile(r"^String cannot represent.*: (.+)$"), "Could not coerce value {0} to String"),
    (re.compile(r"^Value '(.+?)' does not exist in '(.+?)' enum"), 'Expected "{0}" to be a {1}'),
    (
        re.compile(r"^Within OneOf Input Object type '(.+?)'"),
        "'{0}' requires exactly one argument",
    ),
]
_NAMED = re.compile(r"(?:include required field|not to include unknown field) '(.+?)'")


def variable_errors(errors: list[GraphQLError], values: dict[str, Any]) -> list[dict[str, Any]]:
    """One INVALID_VARIABLE per variable, with the place and the reason of each problem."""
    by_name: dict[str, list[GraphQLError]] = {}
    for error in errors:
        found = _VARIABLE.match(error.message)
        by_name.setdefault(found[1] if found else "", []).append(error)
    return [_variable_error(name, rows, values) for name, rows in by_name.items()]


def _variable_error(
    name: str, errors: list[GraphQLError], values: dict[str, Any]
) -> dict[str, Any]:
    node: Any = errors[0].nodes[0] if errors[0].nodes else None
    kind = print_ast(node.type) if hasattr(node, "type") else ""
    problems = [_problem(error) for error in errors]
    told = [
        f"{'.'.join(str(step) for step in each['path'])} ({each['explanation']})"
        for each in problems
        if each["path"]
    ]
    where = f" for {', '.join(told)}" if told else ""
    extensions = {"code": "INVALID_VARIABLE", "value": values.get(name), "problems": problems}
    message = f"Variable ${name} of type {kind} was provided invalid value{where}"
    return _entry(errors[0], message, extensions)


def _problem(error: GraphQLError) -> dict[str, Any]:
    found = _VARIABLE.match(error.message)
    steps = re.findall(r"\w+", found[2] or "") if found else []
    reason = found[3] if found else error.message
    path: list[str | int] = [int(step) if step.isdigit() else step for step in steps]
    if named := _NAMED.search(reason):
        path.append(named[1])
    for pattern, words in _EXPLANATIONS:
        if match := pattern.search(reason):
            reason = words.format(*match.groups())
            break
    return {"path": path, "explanation": reason}


def _input_type(type_name: str, field: str) -> str:
    """The library's message does not tell the type of a missing field; the schema does."""
    kind: Any = load().schema.type_map.get(type_name)
    return str(kind.fields[field].type) if kind is not None else ""


class _Finder(Visitor):
    """Finds the argument that a refused literal stands in."""

    def __init__(self, wanted: Node, types: TypeInfo) -> None:
        super().__init__()
        self._wanted = wanted
        self._types = types
        self._fields: list[str] = []
        self.found: tuple[str, str, str] | None = None

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        self._fields.append(node.name.value)

    def leave_field(self, node: FieldNode, *_: Any) -> None:
        self._fields.pop()

    def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
        if node.value is self._wanted and self._fields:
            self.found = (node.name.value, self._fields[-1], str(self._types.get_input_type()))


def _bad_literal(error: GraphQLError, document: DocumentNode) -> dict[str, Any] | None:
    node = error.nodes[0] if error.nodes else None
    if node is None:
        return None
    types = TypeInfo(load().schema)
    finder = _Finder(node, types)
    visit(document, TypeInfoVisitor(types, finder))
    if finder.found is None:
        return None
    argument, field, kind = finder.found
    message = (
        f"Argument '{argument}' on Field '{field}' has an invalid value ({print_ast(node)}). "
        f"Expected type '{kind}'."
    )
    extensions = {
        "code": "argumentLiteralsIncompatible",
        "typeName": "Field",
        "argumentName": argument,
    }
    return _entry(error, message, extensions)
