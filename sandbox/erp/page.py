"""The back office's page: count stock, change prices, send and cancel web orders."""

import json
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.erp import database, markup, operations, queries
from sandbox.erp.markup import View
from sandbox.erp.operations import Connection
from sandbox.erp.words import Language, say

LARGEST_FORM = 64 * 1024
HERE = Path(__file__).parent
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src data:; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
Form = dict[str, str]


class Page:
    """Answers for one back office."""

    def __init__(self, dsn: str, language: Language) -> None:
        self._dsn = dsn
        self._language = language

    def routes(self) -> list[Route]:
        return [
            Route("/", self._tab("stock", _stock)),
            Route("/precios", self._tab("prices", _prices), methods=["GET"]),
            Route("/pedidos", self._tab("orders", _orders)),
            Route("/albaranes", self._tab("notes", _notes)),
            Route("/existencias", self._action("/", _set_stock), methods=["POST"]),
            Route("/precios", self._action("/precios", _set_price), methods=["POST"]),
            Route("/pedidos/{id:int}/enviar", self._action("/pedidos", _ship), methods=["POST"]),
            Route("/pedidos/{id:int}/anular", self._action("/pedidos", _cancel), methods=["POST"]),
            Route("/estilo.css", _file("estilo.css", "text/css")),
            Route("/refrescar.js", _file("refrescar.js", "text/javascript")),
            Route("/salud", self._health),
        ]

    def _tab(self, tab: str, body: Callable[[Connection, View], str]) -> Callable[..., Any]:
        def show(request: Request) -> Response:
            view = View(
                language=self._language_of(request.query_params.get("lang", "")),
                tab=tab,
                path=request.url.path,
                search=request.query_params.get("q", "")[:100].strip(),
                message=request.query_params.get("aviso", "")[:300],
                refused="no" in request.query_params,
            )
            with database.connect(self._dsn) as connection:
                part = body(connection, view)
            if tab == "orders" and "x-part" not in request.headers:
                part = f'<div id="pedidos">{part}</div>'
            whole = part if "x-part" in request.headers else markup.page(view, part)
            return HTMLResponse(whole, headers=HEADERS)

        return show

    def _action(
        self, back: str, act: Callable[[Connection, Form, int], str]
    ) -> Callable[..., Any]:
        async def run(request: Request) -> Response:
            # Browsers say where a form was: only our own page may post here.
            if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
                return PlainTextResponse("", status_code=403)
            form = await _form(request)
            if form is None:
                return PlainTextResponse("", status_code=413)
            query = {name: form[name] for name in ("lang", "q") if form.get(name)}
            try:
                query["aviso"] = await run_in_threadpool(
                    self._do, act, form, request.path_params.get("id", 0)
                )
            except operations.Refused as refused:
                query |= {"aviso": str(refused), "no": "1"}
            except InvalidOperation:
                language = self._language_of(form.get("lang", ""))
                query |= {"aviso": say("not_a_number", language), "no": "1"}
            return RedirectResponse(f"{back}?{urlencode(query)}", status_code=303)

        return run

    def _do(self, act: Callable[[Connection, Form, int], str], form: Form, key: int) -> str:
        with database.connect(self._dsn) as connection:
            done = act(connection, form, key)
        return f"{say('done', self._language_of(form.get('lang', '')))}: {done}"

    def _language_of(self, asked: str) -> Language:
        if asked == "en":
            return "en"
        return "es" if asked == "es" else self._language

    def _health(self, _request: Request) -> Response:
        database.connect(self._dsn).close()
        return PlainTextResponse("ok")


def make_app(dsn: str, *, language: Language = "es") -> Starlette:
    """Return the page as an ASGI application on the database `dsn`, as its owner."""
    return Starlette(routes=Page(dsn, language).routes())


async def _form(request: Request) -> Form | None:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FORM:
            return None
    parsed = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=500)
    return {name: values[-1] for name, values in parsed.items()}


def _file(name: str, kind: str) -> Callable[[Request], Response]:
    content = (HERE / name).read_bytes()

    def serve(_request: Request) -> Response:
        return Response(content, media_type=kind, headers=HEADERS)

    return serve


def _stock(connection: Connection, view: View) -> str:
    return markup.stock(view, queries.stock(connection, view.search))


def _prices(connection: Connection, view: View) -> str:
    return markup.prices(view, queries.prices(connection, view.search))


def _orders(connection: Connection, view: View) -> str:
    return markup.orders(
        view,
        queries.orders(connection, view.search),
        queries.refused(connection),
        queries.carriers(connection),
    )


def _notes(connection: Connection, view: View) -> str:
    return markup.notes(view, queries.notes(connection, view.search))


def _set_stock(connection: Connection, form: Form, _key: int) -> str:
    sku, warehouse = form.get("sku", ""), form.get("almacen", "")
    quantity = _figure(form.get("cantidad", ""))
    operations.set_stock(connection, sku, warehouse, quantity)
    return f"{sku} / {warehouse} = {quantity}"


def _set_price(connection: Connection, form: Form, _key: int) -> str:
    price = _figure(form.get("precio", ""))
    if price < 0:
        raise operations.Refused("El precio no puede ser negativo.")
    row = connection.execute(
        "UPDATE gestion.precios SET precio = %s WHERE id = %s RETURNING articulo, sku, tarifa",
        [price, int(_figure(form.get("id", "")))],
    ).fetchone()
    return f"{row[1] or row[0]} / {row[2]} = {price}" if row else "="


def _ship(connection: Connection, form: Form, key: int) -> str:
    asked = [
        {"linea": int(name.removeprefix("linea_")), "cantidad": str(_figure(value or "0"))}
        for name, value in form.items()
        if name.startswith("linea_") and name.removeprefix("linea_").isdigit()
    ]
    return operations.send(
        connection,
        key,
        carrier=form.get("agencia", ""),
        tracking=form.get("seguimiento", "").strip()[:60],
        parts=json.dumps(asked),
    )


def _cancel(connection: Connection, _form: Form, key: int) -> str:
    operations.cancel_by_key(connection, key)
    return say("ANULADO", "es")


def _figure(text: str) -> Decimal:
    """Read a figure as people type it here: 1234,5 or 1234.5."""
    figure = Decimal(text.strip().replace(",", "."))
    if not figure.is_finite() or abs(figure) >= Decimal(1_000_000):
        raise InvalidOperation
    return figure
