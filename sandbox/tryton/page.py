"""A small page on which a visitor plays the company: counts stock, changes prices, ships."""

import html
from decimal import Decimal, InvalidOperation
from urllib.parse import parse_qs, urlencode

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.tryton import clerk
from sandbox.tryton.rpc import Rpc, RpcError
from sandbox.tryton.words import Words, state_word, words_for

LARGEST_FORM = 10_000


class CompanyPage:
    """The page's three forms and two lists, over one Tryton database."""

    def __init__(self, url: str, database: str, password: str) -> None:
        self._office = clerk.Office(url, database, password)

    async def show(self, request: Request) -> Response:
        """List what waits and what left."""
        words = words_for(request.query_params.get("lang", "es"))
        try:
            waiting, left = await run_in_threadpool(self._lists)
        except RpcError as error:
            return HTMLResponse(_document(words, _notice(words, str(error), False)), 503)
        notice = _notice(
            words, request.query_params.get("said", ""), request.query_params.get("ok") == "1"
        )
        return HTMLResponse(_document(words, notice + _body(words, waiting, left)))

    def _lists(self) -> tuple[list[clerk.ShipmentRow], list[clerk.ShipmentRow]]:
        def read(rpc: Rpc) -> tuple[list[clerk.ShipmentRow], list[clerk.ShipmentRow]]:
            return clerk.shipments(rpc), clerk.shipments(rpc, pending=False, limit=15)

        found: tuple[list[clerk.ShipmentRow], list[clerk.ShipmentRow]] = self._office.act(read)
        return found

    async def act(self, request: Request) -> Response:
        """Do what one of the forms asks, and come back with what happened."""
        # Another site's page may post here; only our own may be obeyed.
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return PlainTextResponse("cross-site", 403)
        body = await request.body()
        if len(body) > LARGEST_FORM:
            return PlainTextResponse("too large", 413)
        form = {key: values[0].strip() for key, values in parse_qs(body.decode()).items()}
        words = words_for(form.get("lang", "es"))
        try:
            work = _work(request.path_params["action"], form)
            await run_in_threadpool(self._office.act, work)
            said, done = words["done"], True
        except (clerk.NoSuchRecord, RpcError) as error:
            said, done = str(error), False
        except (InvalidOperation, KeyError, ValueError):
            said, done = words["bad_number"], False
        query = urlencode({"lang": words["lang"], "said": said, "ok": int(done)})
        return RedirectResponse(f"/?{query}", 303)


def _work(action: str, form: dict[str, str]) -> clerk.Work:
    if action == "stock":
        quantity = _number(form["quantity"])
        return lambda rpc: clerk.set_stock(rpc, form["sku"], form["warehouse"], quantity)
    if action == "price":
        price = _number(form["price"])
        return lambda rpc: clerk.set_price(rpc, form["code"], price)
    shipment = int(form["shipment"])
    tracking, carrier = form.get("tracking", ""), form.get("carrier", "")
    return lambda rpc: clerk.ship(rpc, shipment, tracking=tracking, carrier=carrier)


def _number(text: str) -> Decimal:
    number = Decimal(text.replace(",", "."))
    if not 0 <= number < 10**7:
        raise ValueError(text)
    return number


def _document(words: Words, body: str) -> str:
    other = "en" if words["lang"] == "es" else "es"
    return f"""<!doctype html><html lang="{words["lang"]}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>{words["title"]}</title>
<style>{STYLE}</style></head><body><header><h1>{words["title"]}</h1>
<p>{words["what"]}</p><a href="/?lang={other}" lang="{other}">{words["other"]}</a></header>
<main>{body}</main></body></html>"""


STYLE = """
body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#f6f5f2;color:#222}
header{background:#5b2a86;color:#fff;padding:1rem 2rem}header h1{margin:0}header a{color:#fff}
main{max-width:70rem;margin:1rem auto;padding:0 1rem}
form.card{background:#fff;border:1px solid #ddd;border-radius:8px;padding:1rem;margin:0 0 1rem}
.forms{display:grid;grid-template-columns:repeat(auto-fit,minmax(20rem,1fr));gap:1rem}
label{display:inline-block;margin:0 .6rem .6rem 0}input,select,button{font:inherit;padding:.3rem}
table{width:100%;border-collapse:collapse;background:#fff}td,th{padding:.5rem;text-align:left;
border-bottom:1px solid #ddd;vertical-align:top}button{background:#5b2a86;color:#fff;border:0;
border-radius:6px;padding:.4rem .8rem}.ok{background:#dcf3e1}.bad{background:#fbdcdc}
.ok,.bad{padding:.6rem 1rem;border-radius:8px}
"""


def _notice(words: Words, text: str, done: bool) -> str:
    if not text:
        return ""
    return f'<p role="status" class="{"ok" if done else "bad"}">{html.escape(text)}</p>'


def _body(words: Words, waiting: list[clerk.ShipmentRow], left: list[clerk.ShipmentRow]) -> str:
    hidden = f'<input type="hidden" name="lang" value="{words["lang"]}">'
    return f"""<div class="forms">
<form class="card" method="post" action="/do/stock">{hidden}<h2>{words["stock"]}</h2>
<label>SKU <input name="sku" value="ZM001-NEG-37" required></label>
<label>{words["warehouse"]} <select name="warehouse"><option>MAD<option>BCN<option>TIENDA</select>
</label><label>{words["quantity"]} <input name="quantity" size="5" required></label>
<button>{words["save"]}</button></form>
<form class="card" method="post" action="/do/price">{hidden}<h2>{words["price"]}</h2>
<label>{words["code"]} <input name="code" value="ZM001" required></label>
<label>{words["gross"]} <input name="price" size="7" required></label>
<button>{words["save"]}</button></form></div>
<h2>{words["waiting"]}</h2>{_table(words, waiting, hidden) or f"<p>{words['none']}</p>"}
<h2>{words["left"]}</h2>{_table(words, left, "") or f"<p>{words['none']}</p>"}"""


def _table(words: Words, rows: list[clerk.ShipmentRow], hidden: str) -> str:
    if not rows:
        return ""
    head = "".join(
        f"<th>{words[name]}</th>"
        for name in ("note", "order", "customer", "lines", "state", "tracking")
    )
    return (
        f"<table><thead><tr>{head}</tr></thead><tbody>"
        f"{''.join(_line(words, row, hidden) for row in rows)}</tbody></table>"
    )


def _line(words: Words, row: clerk.ShipmentRow, hidden: str) -> str:
    cells = [row.number, f"{row.order} ({row.sale})", row.customer, ", ".join(row.lines)]
    shown = "".join(f"<td>{html.escape(cell)}</td>" for cell in cells)
    last = _ship_form(words, row.id, hidden) if hidden else html.escape(row.tracking)
    state = state_word(words, row.state)
    return f"<tr>{shown}<td>{html.escape(state)}</td><td>{last}</td></tr>"


def _ship_form(words: Words, shipment: int, hidden: str) -> str:
    carriers = "".join(f"<option>{name}" for name in ("SEUR", "Correos Express", "MRW"))
    return f"""<form method="post" action="/do/ship">{hidden}
<input type="hidden" name="shipment" value="{shipment}">
<select name="carrier" aria-label="{words["carrier"]}">{carriers}</select>
<input name="tracking" size="14" placeholder="{words["tracking"]}" aria-label="{words["tracking"]}"
 value="SEUR{shipment:08d}"> <button>{words["ship"]}</button></form>"""


def application(url: str, database: str, password: str) -> Starlette:
    """Return the page over one Tryton database, with its administrator's password."""
    page = CompanyPage(url, database, password)
    return Starlette(
        routes=[
            Route("/", page.show),
            Route("/do/{action:str}", page.act, methods=["POST"]),
        ]
    )
