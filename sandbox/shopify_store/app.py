"""The HTTP face: Admin API, OAuth, control API and pages, on plain ASGI routes."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qsl

import anyio
import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from . import oauth
from .bulk_http import FileStore
from .control import Control
from .control_calls import NotFound
from .execution import MAX_BODY, Api, Reply, unauthorized
from .order_request import OrderRefused
from .pages import routes as page_routes
from .refusals import Refused
from .store import OpenShop, Store
from .webhooks import is_loopback

_VERSION = re.compile(r"^(\d{4}-\d{2}|unstable)$")
_POINTS = {
    ("GET", ""): "describe",
    ("PATCH", ""): "change",
    ("POST", "app"): "app",
    ("POST", "token"): "token",
    ("GET", "state"): "state",
    ("GET", "log"): "log",
    ("GET", "counters"): "counters",
    ("POST", "orders"): "place",
    ("POST", "inventory"): "inventory",
    ("POST", "products"): "products",
    ("POST", "fill"): "fill",
    ("POST", "variants"): "variants",
    ("DELETE", "products"): "delete_product",
    ("POST", "faults"): "add_fault",
    ("GET", "faults"): "list_faults",
    ("DELETE", "faults"): "clear_faults",
    ("POST", "webhooks/flush"): "flush",
    ("POST", "session-token"): "session_token",
    ("POST", "reset"): "reset",
}
_ORDER_POINTS = ("cancel", "refund", "edit", "pay", "capture", "hold", "fulfil", "update")


class JSON(JSONResponse):
    """JSON that knows decimals and times."""

    def render(self, content: Any) -> bytes:
        return msgspec.json.encode(content)


class Face:
    """Holds the parts that routes need."""

    def __init__(self, store: Store, api: Api, control: Control) -> None:
        self.store = store
        self.api = api
        self.control = control

    def shop(self, request: Request) -> OpenShop | None:
        named = request.path_params.get("shop")
        if named is not None:
            return self.store.get(named)
        return self.store.at_host(request.headers.get("host", ""))

    async def graphql(self, request: Request) -> Response:
        opened = self.shop(request)
        if opened is None or not _VERSION.match(request.path_params["version"]):
            return JSON({"errors": "Not Found"}, status_code=404)
        body = await _body(request)
        text = request.headers.get("x-shopify-access-token")
        token = oauth.check(opened.shop, text, self.store.clock.now())
        if token is None:
            return _answer(request, unauthorized())
        try:
            call = json.loads(body)
        except ValueError:
            call = None
        if not isinstance(call, dict):
            return JSON({"errors": "Bad Request"}, status_code=400)
        debug = request.headers.get("shopify-graphql-cost-debug") == "1"
        reply = await run_in_threadpool(lambda: self.api.call(opened, token, call, debug=debug))
        if reply.lost is not None:
            return await _lose(request, reply)
        return _answer(request, reply)

    async def token(self, request: Request) -> Response:
        opened = self.shop(request)
        if opened is None:
            return JSON({"errors": "Not Found"}, status_code=404)
        form = _form(await _body(request), request.headers.get("content-type", ""))
        return await run_in_threadpool(self._grant, opened, form)

    def _grant(self, opened: OpenShop, form: dict[str, Any]) -> Response:
        kind = str(form.get("grant_type")).rsplit(":", 1)[-1]
        with self.store.action(opened, "oauth") as act:
            try:
                answer = oauth.grant(act, form)
            except oauth.OAuthError as error:
                act.log("oauth", grant=kind, outcome=error.error)
                body = {"error": error.error, "error_description": error.description}
                return JSON(body, status_code=error.status)
            act.log("oauth", grant=kind, outcome="granted")
        return JSON(answer)

    async def control_point(self, request: Request) -> Response:
        if request.client is not None and not is_loopback(request.client.host):
            return JSON({"error": "the control API answers this machine only"}, status_code=403)
        raw = await _body(request)
        if raw and "json" not in request.headers.get("content-type", ""):
            # A foreign web page can send anything but this to our machine unasked.
            return JSON({"error": "the content type must be application/json"}, status_code=415)
        try:
            body = json.loads(raw or b"{}")
        except ValueError:
            return JSON({"error": "the body is not JSON"}, status_code=400)
        if not isinstance(body, dict):
            return JSON({"error": "the body must be a JSON object"}, status_code=400)
        return await run_in_threadpool(self._control, request, body)

    def _control(self, request: Request, body: dict[str, Any]) -> Response:
        try:
            return JSON(self._dispatch(request, body))
        except NotFound as error:
            return JSON({"error": str(error)}, status_code=404)
        except OrderRefused as error:
            return JSON({"error": str(error)}, status_code=422)
        except Refused as error:
            return JSON({"error": str(error), "errors": error.errors}, status_code=422)
        except (KeyError, ValueError, msgspec.ValidationError) as error:
            return JSON({"error": f"{type(error).__name__}: {error}"}, status_code=400)

    def _dispatch(self, request: Request, body: dict[str, Any]) -> Any:
        path, method = request.path_params.get("rest", ""), request.method
        if path == "clock" and method == "POST":
            return self.control.advance(body)
        if path == "shops":
            return self.control.open_shop(body) if method == "POST" else self.control.list_shops()
        _, _, after = path.partition("shops/")
        domain, _, point = after.partition("/")
        opened = self.store.get(domain)
        if opened is None:
            raise NotFound(f"no shop {domain!r}")
        query = dict(request.query_params)
        if point.startswith("orders/"):
            order, _, verb = point.removeprefix("orders/").rpartition("/")
            if method != "POST" or verb not in _ORDER_POINTS:
                raise NotFound(f"no control point {method} {path}")
            return self.control.run(verb, opened, body, query | {"order": order})
        if (method, point) not in _POINTS:
            raise NotFound(f"no control point {method} {path}")
        return self.control.run(_POINTS[method, point], opened, body, query)


async def _body(request: Request) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY:
            return b""
        parts.append(part)
    return b"".join(parts)


def _form(body: bytes, kind: str) -> dict[str, Any]:
    if "json" in kind:
        try:
            found = json.loads(body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}
    return dict(parse_qsl(body.decode(errors="replace")))


def _answer(request: Request, reply: Reply) -> Response:
    if reply.html is not None:
        return Response(reply.html, reply.status, reply.headers, "text/html")
    return JSON(reply.body, reply.status, reply.headers)


async def _lose(request: Request, reply: Reply) -> Response:
    """The work was done (or not); its answer is late, damaged, or never leaves."""
    fault = reply.lost
    assert fault is not None
    await anyio.sleep(fault.seconds)
    if fault.kind == "slow":
        return _answer(request, reply)
    if fault.kind == "applied_then_error":
        return JSON({"errors": f"HTTP {fault.status}"}, fault.status)
    if fault.kind == "truncated_json":
        whole = msgspec.json.encode(reply.body)
        return Response(whole[: len(whole) // 2], 200, reply.headers, "application/json")
    request.scope["sandbox.abort"]()
    return Response(status_code=500)


async def health(request: Request) -> Response:
    return JSON({"status": "ok"})


class Abortable:
    """Gives every request a way to drop its connection without an answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        cycle = getattr(send, "__self__", None)
        if scope["type"] == "http" and cycle is not None:
            scope["sandbox.abort"] = cycle.transport.abort
        await self._app(scope, receive, send)


def build(store: Store, api: Api, control: Control) -> ASGIApp:
    face = Face(store, api, control)
    graphql, token = "/admin/api/{version}/graphql.json", "/admin/oauth/access_token"
    prefix = "/shops/{shop}"
    routes = [
        *FileStore(store).routes(),
        Route("/health", health),
        Route(graphql, face.graphql, methods=["POST"]),
        Route(token, face.token, methods=["POST"]),
        Route(prefix + graphql, face.graphql, methods=["POST"]),
        Route(prefix + token, face.token, methods=["POST"]),
        Route(
            "/control/{rest:path}", face.control_point, methods=["GET", "POST", "PATCH", "DELETE"]
        ),
        *page_routes(store),
    ]
    return Abortable(Starlette(routes=routes))
