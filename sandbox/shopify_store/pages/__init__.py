"""Pages for people: the shop window, its orders, and a stand-in for the Shopify admin."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from ..records import Shop
from ..shops import launch_url
from ..store import Store
from .words import LANGUAGES, words

HERE = Path(__file__).parent
STATIC = {
    "store.css": "text/css",
    "common.js": "text/javascript",
    "shop.js": "text/javascript",
    "orders.js": "text/javascript",
    "admin.js": "text/javascript",
    "frame.js": "text/javascript",
}
_LAYOUT = Template((HERE / "layout.html").read_text())
Maker = Callable[[Store, Shop, str], dict[str, Any]]


def language(request: Request) -> str:
    wanted = request.query_params.get("lang", "es")
    return wanted if wanted in LANGUAGES else "es"


def render(title: str, body: str, script: str, lang: str, config: dict[str, Any]) -> Response:
    """One layout for all pages; what a script needs stands in the page as JSON."""
    said = {key: html.escape(text) for key, text in words(lang).items()}
    config = config | {"lang": lang, "words": words(lang)}
    page = _LAYOUT.substitute(
        lang=lang,
        title=html.escape(title),
        body=Template(body).safe_substitute(said),
        script=script,
        # "</script>" inside a JSON text would end the element.
        config=json.dumps(config, default=str).replace("<", "\\u003c"),
        shop=html.escape(config.get("shop", "")),
        other="en" if lang == "es" else "es",
        **said,
    )
    return HTMLResponse(page)


def routes(store: Store) -> list[BaseRoute]:
    def page(name: str, more: Maker | None = None) -> Callable[[Request], Any]:
        async def show(request: Request) -> Response:
            opened = store.get(request.path_params["shop"])
            if opened is None:
                return HTMLResponse("<h1>404</h1>", 404)
            lang = language(request)
            config = {"shop": opened.shop.domain, "name": opened.shop.name}
            config["currency"] = opened.shop.currency
            if more is not None:
                config |= await run_in_threadpool(more, store, opened.shop, lang)
            body = (HERE / f"{name}.html").read_text()
            return render(opened.shop.name, body, name, lang, config)

        return show

    prefix = "/shops/{shop}"
    return [
        Route("/", _front(store)),
        Route("/app-bridge.js", _bridge),
        Route("/static/{file}", _static),
        Route(prefix, _slash),
        Route(prefix + "/", page("shop")),
        Route(prefix + "/orders", page("orders")),
        Route(prefix + "/admin", page("admin")),
        Route(prefix + "/admin/apps/{app}", page("frame", _frame)),
    ]


def _frame(store: Store, shop: Shop, lang: str) -> dict[str, Any]:
    if shop.app is None or not shop.app.app_url:
        return {"app_url": None, "app_origin": None, "app_name": ""}
    parts = urlsplit(shop.app.app_url)
    return {
        "app_url": launch_url(shop, store.clock.now(), lang),
        "app_origin": f"{parts.scheme}://{parts.netloc}",
        "app_name": shop.app.name,
    }


def _front(store: Store) -> Callable[[Request], Any]:
    async def show(request: Request) -> Response:
        rows = "".join(
            f'<li><a href="/shops/{html.escape(each.shop.domain)}/">{html.escape(each.shop.name)}'
            f"</a> <small>{html.escape(each.shop.domain)}</small></li>"
            for each in store.all()
        )
        body = f"<h1>$shops</h1><ul class='list'>{rows}</ul>"
        return render("Sandbox", body, "common", language(request), {"shop": ""})

    return show


async def _slash(request: Request) -> Response:
    return RedirectResponse(f"/shops/{request.path_params['shop']}/")


async def _bridge(request: Request) -> Response:
    return FileResponse(HERE / "app-bridge.js", media_type="text/javascript")


async def _static(request: Request) -> Response:
    name = request.path_params["file"]
    if name not in STATIC:
        return Response(status_code=404)
    return FileResponse(HERE / name, media_type=STATIC[name])
