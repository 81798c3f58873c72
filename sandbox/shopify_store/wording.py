"""Static and variable errors in Shopify's words and with its codes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from graphql import GraphQLError, print_ast

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
        re.compile(
            r"^(?:Expected value of type .*?include|Field) '?(.+?)\.(.+?)'? "
            r"of required type '(.+?)'"
        ),
        lambda m: (
            f"Argument '{m[2]}' on InputObject '{m[1]}' is required. Expected type {m[3]}",
            "missingRequiredInputObjectAttribute",
            {"argumentName": m[2], "argumentType": m[3], "inputObjectType": m[1]},
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


def static_error(error: GraphQLError) -> dict[str, Any]:
    """A document that the schema refuses; the answer has no `data` at all."""
    message, code = error.message, "invalidDocument"
    more: dict[str, Any] = {}
    for pattern, say in _RULES:
        if found := pattern.search(error.message):
            message, code, more = say(found)
            break
    return _entry(error, message, {"code": code, **more})


def parse_error(error: GraphQLError) -> dict[str, Any]:
    return _entry(error, error.message.lower(), {"code": "PARSE_ERROR"})


def _entry(error: GraphQLError, message: str, extensions: dict[str, Any]) -> dict[str, Any]:
    places = [{"line": at.line, "column": at.column} for at in error.locations or []]
    return {"message": message, "locations": places, "extensions": extensions}


_VARIABLE = re.compile(
    r"^Variable '\$(.+?)' (?:has invalid value|got invalid value)(.*)$", re.DOTALL
)
_PLACE = re.compile(r"at '?(?:value|[A-Za-z_]\w*)?((?:\.\w+|\[\d+\])*)'?[;:]")


def variable_error(error: GraphQLError, values: dict[str, Any]) -> dict[str, Any]:
    """A variable that does not fit its type: INVALID_VARIABLE with the place and the reason."""
    found = _VARIABLE.match(error.message)
    node: Any = error.nodes[0] if error.nodes else None
    name = node.variable.name.value if node is not None and hasattr(node, "variable") else ""
    name = name or (found[1] if found else "")
    kind = print_ast(node.type) if node is not None and hasattr(node, "type") else ""
    rest = (found[2] if found else error.message).strip()
    place = _PLACE.search(rest)
    steps = re.findall(r"\w+", place[1]) if place else []
    reason = re.split(r"[;:] ", rest, maxsplit=1)[-1].strip() or "Expected value to not be null"
    where = f" for {'.'.join(steps)} ({reason})" if steps else ""
    path = [int(step) if step.isdigit() else step for step in steps]
    extensions = {
        "code": "INVALID_VARIABLE",
        "value": values.get(name),
        "problems": [{"path": path, "explanation": reason}],
    }
    return _entry(
        error, f"Variable ${name} of type {kind} was provided invalid value{where}", extensions
    )
