"""Shopify's search syntax: `status:open updated_at:>='2026-11-01' -tag:b2b`.

A field that nobody knows is ignored with a warning, and the query then matches everything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from operator import eq, ge, gt, le, lt
from typing import Any

Values = Iterable[Any]
Field = Callable[[Any], Values]
Test = Callable[[Any], bool]

_TOKEN = re.compile(
    r"""\s*(?:(?P<paren>[()])|(?P<minus>-(?=\S))|(?P<word>
        (?:[A-Za-z_][\w.]*:(?:<=|>=|<|>)?(?:"(?:\\.|[^"])*"|'(?:\\.|[^'])*'|[^\s()"']+))
        |"(?:\\.|[^"])*"|'(?:\\.|[^'])*'|[^\s()]+))""",
    re.VERBOSE,
)
_TERM = re.compile(r"^([A-Za-z_][\w.]*):(<=|>=|<|>)?(.*)$", re.DOTALL)


@dataclass(kw_only=True)
class Search:
    """A parsed query: a test for records, and what Shopify would warn about."""

    fields: Mapping[str, Field]
    text: Field
    query: str
    path: list[str] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._tokens = _tokens(self.query)
        self._at = 0
        self.test: Test = self._either() if self._tokens else lambda record: True

    def extension(self) -> dict[str, Any]:
        return {"path": self.path, "query": self.query, "warnings": self.warnings}

    def _peek(self) -> str | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _take(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1]

    def _either(self) -> Test:
        tests = [self._both()]
        while self._peek() == "OR":
            self._take()
            tests.append(self._both())
        return tests[0] if len(tests) == 1 else lambda record: any(t(record) for t in tests)

    def _both(self) -> Test:
        tests = [self._one()]
        while self._peek() not in (None, "OR", ")"):
            if self._peek() == "AND":
                self._take()
                continue
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda record: all(t(record) for t in tests)

    def _one(self) -> Test:
        word = self._take() if self._peek() is not None else ""
        if word in ("-", "NOT"):
            inner = self._one()
            return lambda record: not inner(record)
        if word == "(":
            inner = self._either()
            if self._peek() == ")":
                self._take()
            return inner
        return self._term(word)

    def _term(self, token: str) -> Test:
        found = _TERM.match(token)
        if found is None:
            wanted = _bare(token).lower()
            return lambda record: any(wanted in str(v).lower() for v in self.text(record) if v)
        name, operator, value = found[1], found[2] or ":", _bare(found[3])
        values = self.fields.get(name)
        if values is None:
            message = {
                "field": name,
                "message": "Invalid search field for this query.",
                "code": "invalid_field",
            }
            self.warnings.append(message)
            return lambda record: True
        test = _comparison(operator, value)
        return lambda record: any(map(test, values(record)))


def _tokens(query: str) -> list[str]:
    tokens = []
    at = 0
    while at < len(query) and (found := _TOKEN.match(query, at)):
        tokens.append(found["paren"] or found["minus"] or found["word"])
        at = found.end()
    return tokens


def _bare(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text


def moment(text: str) -> datetime | None:
    try:
        parsed = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _comparison(operator: str, wanted: str) -> Test:
    """The test of one value. What is wanted is read here once, not again for every record."""
    if wanted == "*":
        return lambda have: have is not None and have != ""
    at, number, text = moment(wanted), _decimal(wanted), _text_test(operator, wanted)

    def test(have: Any) -> bool:
        if isinstance(have, datetime):
            return _ordered(have, operator, at)
        if isinstance(have, (int, Decimal)) and not isinstance(have, bool):
            return _ordered(have, operator, number)
        return have is not None and text(str(have))

    return test


def _text_test(operator: str, wanted: str) -> Callable[[str], bool]:
    if operator != ":":
        return lambda have: _ordered(have, operator, wanted)
    small = wanted.lower()
    if small.endswith("*"):
        return lambda have: have.lower().startswith(small[:-1])
    return lambda have: have.lower() == small


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text.rsplit("/", 1)[-1])
    except InvalidOperation:
        return None


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    ":": eq,
    ">": gt,
    ">=": ge,
    "<": lt,
    "<=": le,
}


def _ordered(have: Any, operator: str, wanted: Any) -> bool:
    return wanted is not None and _OPERATORS[operator](have, wanted)
