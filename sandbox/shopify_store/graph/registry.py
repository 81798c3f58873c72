"""Where a field of the schema meets the code that answers it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from graphql import GraphQLError, GraphQLNamedType, GraphQLResolveInfo, get_named_type

from .. import ids
from ..faults import ANSWER_KINDS
from ..paging import Key, Page, by_id, page, page_by_id
from ..records import Shop, Token
from ..refusals import Refused, refuse
from ..search import Field, Search
from ..store import Action
from .walk import Walk

Info = GraphQLResolveInfo[Any]
NOT_MODELLED = "SANDBOX_NOT_MODELLED"


@dataclass(kw_only=True)
class Call:
    """One API call on its way: who asks, in which action, what to warn about."""

    act: Action
    token: Token
    scopes: dict[tuple[str, str], tuple[str, ...]]
    searches: list[Search]
    user_errors: list[dict[str, Any]]
    idempotency_key: str | None = None
    # A line of a bulk mutation.
    free: bool = False
    # Only a bulk query has one.
    walk: Walk | None = None


@dataclass(slots=True, kw_only=True)
class Ask:
    """One field being asked for: its arguments, and the shop that answers."""

    call: Call
    info: Info
    args: dict[str, Any]

    @property
    def act(self) -> Action:
        return self.call.act

    @property
    def shop(self) -> Shop:
        return self.call.act.shop

    def page(self, rows: Iterable[Any], key: Key | None = None, *, limit: int = 250) -> Page:
        if self.call.walk is not None:
            return self.call.walk.page(rows, self.args, key or by_id)
        return page(rows, self.args, key or by_id, limit=limit)

    def table(
        self, name: object, table: dict[int, Any], keep: Callable[[Any], bool] = bool
    ) -> Page:
        """A page of a whole table by id, which costs the same however large the table is."""
        ordered = self.shop.indexes.ordered(name, table)
        if self.call.walk is not None:
            return self.call.walk.page(filter(keep, ordered.rows), self.args, None)
        return page_by_id(ordered, self.args, keep)

    def first(self, rows: list[Any]) -> list[Any]:
        """A plain list with an optional `first`."""
        size = self.args.get("first")
        return rows if size is None else rows[:size]

    def search(self, rows: Iterable[Any], fields: Mapping[str, Field], text: Field) -> list[Any]:
        query = self.args.get("query") or ""
        found = Search(fields=fields, text=text, query=query)
        found.path = [str(step) for step in self.info.path.as_list()]
        if found.warnings:
            self.call.searches.append(found)
        return [row for row in rows if found.test(row)]

    def id(self, name: str, kind: str) -> int:
        """The number of an id argument; text that is no global id is refused outright."""
        try:
            return ids.number(self.args[name], kind)
        except ids.BadId:
            raise invalid_id(name) from None


class Edge(NamedTuple):
    """A row and its place in a page; its cursor is made when it is asked for."""

    row: Any
    page: Page
    place: int


class Failed(dict[str, Any]):
    """The payload of a refused mutation: errors, and null for all the rest."""


Resolver = Callable[[Any, Ask], Any]
_FIELDS: dict[tuple[str, str], Resolver] = {}
_RECORD_TYPES: dict[type, str] = {}


def invalid_id(name: str) -> GraphQLError:
    return GraphQLError(
        f"Invalid global id for '{name}': invalid id", extensions={"code": "RESOURCE_NOT_FOUND"}
    )


def resolve(type_name: str, **fields: Resolver) -> None:
    """Attach resolvers to fields of a type; a name that Python keeps for itself ends in `_`."""
    for name, resolver in fields.items():
        _FIELDS[type_name, name.rstrip("_")] = resolver


def attributes(type_name: str, **names: str) -> None:
    """Fields that are an attribute of the record under another name."""
    for field, attribute in names.items():
        _FIELDS[type_name, field] = _getter(attribute)


def _getter(attribute: str) -> Resolver:
    return lambda record, ask: getattr(record, attribute)


def record_type(record: type, name: str) -> None:
    _RECORD_TYPES[record] = name


def modelled() -> set[tuple[str, str]]:
    return set(_FIELDS)


def type_name_of(value: Any, *_: Any) -> str | None:
    if isinstance(value, dict):
        return value.get("__typename")
    return _RECORD_TYPES.get(type(value))


def resolve_field(source: Any, info: Info, **args: Any) -> Any:
    """Answer one field, or say why not: no access, or not modelled here."""
    parent, name = info.parent_type.name, info.field_name
    call: Call = info.context
    check_access(call, info.parent_type, name, info.return_type)
    if call.walk is not None and parent == "QueryRoot" and call.walk.found is not None:
        return call.walk.window
    ask = Ask(call=call, info=info, args=args)
    try:
        if parent == "Mutation":
            return _mutate(_FIELDS.get((parent, name)), ask, name)
        return reader(parent, name)(source, ask)
    except ids.BadId:
        raise invalid_id(name) from None


def reader(parent: str, name: str) -> Resolver:
    """What answers a field: the resolver written for it, else the record itself."""
    return _FIELDS.get((parent, name)) or partial(_plain, parent, name)


def _plain(parent: str, name: str, source: Any, ask: Ask) -> Any:
    if type(source) is dict and name in source:
        value = source[name]
        return value(ask) if callable(value) else value
    if isinstance(source, Edge):
        return source.row if name == "node" else source.page.cursor(source.place)
    if isinstance(source, Page):
        return _page_field(source, name)
    if isinstance(source, Failed):
        return source.get(name)
    raise not_modelled(f"{parent}.{name}")


def not_modelled(what: str) -> GraphQLError:
    return GraphQLError(f"sandbox: {what} is not modelled", extensions={"code": NOT_MODELLED})


def _page_field(source: Page, name: str) -> Any:
    if name == "nodes":
        return source.rows
    if name == "edges":
        return [Edge(row, source, place) for place, row in enumerate(source.rows)]
    if name == "pageInfo":
        return {
            "hasNextPage": source.more_after,
            "hasPreviousPage": source.more_before,
            "startCursor": source.cursor(0) if source.rows else None,
            "endCursor": source.cursor(-1) if source.rows else None,
        }
    raise not_modelled(f"connection field {name}")


def _mutate(resolver: Resolver | None, ask: Ask, name: str) -> Any:
    if resolver is None:
        raise not_modelled(f"Mutation.{name}")
    try:
        _fail_on_demand(ask, name)
        payload = resolver(None, ask)
    except Refused as refused:
        payload = Failed()
        payload[_error_field(ask.info)] = refused.errors
    if isinstance(payload, dict):
        errors = payload.setdefault(_error_field(ask.info), [])
        ask.call.user_errors += errors
        payload.setdefault("userErrors", errors)
    return payload


def _fail_on_demand(ask: Ask, name: str) -> None:
    operation = ask.info.operation.name
    names = {name, operation.value if operation else ""}
    fault = ask.act.opened.faults.take(ANSWER_KINDS, names, mutation=True)
    if fault is not None:
        raise refuse(None, f"sandbox: {fault.code} on demand", fault.code)


def _error_field(info: Info) -> str:
    return "orderCancelUserErrors" if info.field_name == "orderCancel" else "userErrors"


def check_access(call: Call, parent: GraphQLNamedType, name: str, returns: Any) -> None:
    """The scopes of the field itself, then of the type that it returns."""
    if not needs_any(call, call.scopes.get((parent.name, name), ())):
        raise access_denied(name, call.scopes[parent.name, name])
    kind = get_named_type(returns).name.removesuffix("Connection")
    wanted = call.scopes.get((kind, ""), ())
    # Inside an object that was allowed, its own type is not asked about again.
    if kind != parent.name and not needs_any(call, wanted):
        raise access_denied(name, wanted)


def needs_any(call: Call, scopes: Iterable[str]) -> bool:
    wanted = list(scopes)
    return not wanted or any(grants(call.token.scopes, each) for each in wanted)


def grants(held: list[str], wanted: str) -> bool:
    """A scope to write includes the scope to read."""
    return wanted in held or wanted.replace("read_", "write_", 1) in held


def access_denied(name: str, scopes: Iterable[str]) -> GraphQLError:
    listed = ", ".join(f"`{scope}`" for scope in scopes)
    wanted = f"{listed} access scope."
    return GraphQLError(
        f"Access denied for {name} field. Required access: {wanted}",
        extensions={
            "code": "ACCESS_DENIED",
            "documentation": "https://shopify.dev/api/usage/access-scopes",
            "requiredAccess": wanted,
        },
    )
