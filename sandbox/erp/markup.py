"""The back office's page as HTML."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.erp.queries import MOST_ROWS, Row
from sandbox.erp.words import Language, say

TABS = (
    ("stock", "/"),
    ("prices", "/precios"),
    ("orders", "/pedidos"),
    ("notes", "/albaranes"),
)
MADRID = ZoneInfo("Europe/Madrid")


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How one visitor sees the page."""

    language: Language
    tab: str
    path: str
    search: str = ""
    message: str = ""
    refused: bool = False

    def say(self, word: str) -> str:
        return escape(say(word, self.language))

    def link(self, path: str) -> str:
        return path if self.language == "es" else f"{path}?lang=en"


def page(view: View, body: str) -> str:
    tabs = "".join(
        f'<a href="{view.link(path)}"{" aria-current=page" if tab == view.tab else ""}>'
        f"{view.say(tab)}</a>"
        for tab, path in TABS
    )
    other = ("en", "English") if view.language == "es" else ("es", "Español")
    note = ""
    if view.message:
        kind = " no" if view.refused else ""
        note = f'<p class="message{kind}" role="status">{escape(view.message)}</p>'
    return (
        f'<!doctype html><html lang="{view.language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{view.say(view.tab)} · {view.say('title')}</title>"
        '<link rel="stylesheet" href="/estilo.css"><link rel="icon" href="data:,">'
        '<script src="/refrescar.js" defer></script></head><body>'
        f"<header><strong>{view.say('title')}</strong><nav>{tabs}</nav>"
        f'<a href="{view.path}?lang={other[0]}" lang="{other[0]}">{other[1]}</a></header>'
        f"<main>{note}{_search(view)}{body}</main></body></html>"
    )


def _search(view: View) -> str:
    hint = view.say(f"search_{view.tab}")
    return (
        f'<form class="search" action="{view.path}" role="search">{_language(view)}'
        f'<input type="search" name="q" value="{escape(view.search)}"'
        f' placeholder="{hint}" aria-label="{hint}"><button>{view.say("find")}</button></form>'
    )


def stock(view: View, rows: Sequence[Row]) -> str:
    def line(row: Row) -> str:
        low = ' class="n bad"' if row["disponible"] <= 0 else ' class="n"'
        keys = {"q": view.search, "sku": row["sku"], "almacen": row["almacen"]}
        label = f"{view.say('on_hand')} {row['sku']}"
        edit = _edit(view, "/existencias", keys, "cantidad", row["fisico"], label)
        return (
            f"<td><code>{row['sku']}</code></td><td>{escape(row['descripcion'])}</td>"
            f'<td>{row["almacen"]}</td><td class="n">{edit}</td>'
            f'<td class="n">{_plain(row["reservado"])}</td>'
            f'<td class="n">{_plain(row["bloqueado"])}</td>'
            f"<td{low}>{_plain(row['disponible'])}</td>"
            f'<td class="soft">{_moment(row["modificado_en"])}</td>'
        )

    heads = (
        "SKU",
        "article",
        "warehouse",
        "=on_hand",
        "=reserved",
        "=blocked",
        "=free",
        "changed",
    )
    return _table(view, heads, rows, line)


def prices(view: View, rows: Sequence[Row]) -> str:
    def line(row: Row) -> str:
        tax = view.say("included" if row["iva_incluido"] else "excluded")
        keys = {"q": view.search, "id": row["id"]}
        label = f"{view.say('price')} {row['codigo']}"
        edit = _edit(view, "/precios", keys, "precio", row["precio"], label)
        return (
            f"<td><code>{row['codigo']}</code></td><td>{escape(row['descripcion'])}</td>"
            f'<td>{row["tarifa"]}</td><td>{tax}</td><td class="n">{_plain(row["cantidad_minima"])}'
            f'</td><td class="n">{edit}</td><td class="soft">{_moment(row["modificado_en"])}</td>'
        )

    heads = ("article", "", "price_list", "tax", "=from", "=price", "changed")
    return _table(view, heads, rows, line)


def _edit(
    view: View, action: str, keys: dict[str, Any], name: str, figure: Decimal, label: str
) -> str:
    """Return a form for one figure in a row."""
    hidden = "".join(_hidden(key, value) for key, value in keys.items())
    return (
        f'<form method="post" action="{action}">{_language(view)}{hidden}'
        f'<input class="figure" name="{name}" inputmode="decimal" required'
        f' value="{_plain(figure)}" aria-label="{label}">'
        f"<button>{view.say('save')}</button></form>"
    )


def notes(view: View, rows: Sequence[Row]) -> str:
    def line(row: Row) -> str:
        tracking = escape(row["seguimiento"])
        if row["url"] and tracking:
            tracking = f'<a href="{escape(row["url"])}" rel="noreferrer">{tracking}</a>'
        return (
            f"<td><code>{row['numero']}</code></td><td>{_moment(row['fecha'])}</td>"
            f"<td><code>{row['pedido']}</code> {escape(row['pedido_web'])}</td>"
            f"<td>{row['almacen']}</td><td>{escape(row['contenido'])}</td>"
            f"<td>{escape(row['agencia'])}</td><td>{tracking}</td>"
        )

    heads = ("number", "date", "order", "warehouse", "lines", "carrier", "tracking")
    return _table(view, heads, rows, line)


def orders(
    view: View, rows: Sequence[Row], refused: Sequence[Row], carriers: Sequence[Row]
) -> str:
    """Return the part of the page that is fetched again every few seconds."""
    cards = "".join(_order(view, row, carriers) for row in rows)
    if not rows:
        cards = f'<p class="empty">{view.say("no_orders")}</p>'
    if not refused:
        return cards

    def line(row: Row) -> str:
        return (
            f"<td>{_moment(row['recibido_en'])}</td><td>{escape(row['pedido_web'])}</td>"
            f"<td><code>{escape(row['referencia'])}</code></td><td>{escape(row['mensaje'])}</td>"
        )

    table = _table(view, ("date", "order", "reference", "reason"), refused, line)
    return f'{cards}<section class="card"><h2>{view.say("refused")}</h2>{table}</section>'


def _order(view: View, row: Row, carriers: Sequence[Row]) -> str:
    is_open = row["estado"] in {"PENDIENTE", "PARCIAL"}
    heads = ("SKU", "article", "=quantity", "=sent", "=tax", "=amount", "=now" if is_open else "")
    name = " · ".join(escape(part) for part in (row["nombre"], row["nif"]) if part)
    lines = _table(view, heads, row["lineas"], lambda item: _order_line(view, item, is_open))
    return (
        f'<form class="card" method="post" action="/pedidos/{row["id"]}/enviar">{_language(view)}'
        f"<h2><code>{row['numero']}</code> {escape(row['pedido_web'])}"
        f' <span class="state {row["estado"]}">{view.say(row["estado"])}</span>'
        f' <span class="soft">{_moment(row["fecha"])} · {row["almacen"]}</span>'
        f' <span class="total">{_money(row["total"])}</span></h2>'
        f'<p>{name} ({row["cliente"]}) <span class="soft">→ {escape(row["destinatario"])}'
        f" · {escape(row['direccion_envio'])}</span></p>{lines}"
        f'<p class="soft">{view.say("base")} {_money(row["base"])} · {view.say("tax")}'
        f" {_money(row['cuota_iva'])} · {view.say('rounding')} {_money(row['redondeo'])}</p>"
        f"{_actions(view, row, carriers) if is_open else ''}</form>"
    )


def _order_line(view: View, item: Row, is_open: bool) -> str:
    left = item["cantidad"] - item["servida"]
    field = ""
    if is_open and item["sku"] and left:
        field = (
            f'<input class="figure" type="number" min="0" max="{_plain(left)}"'
            f' name="linea_{item["linea"]}" value="{_plain(left)}"'
            f' aria-label="{view.say("now")} {item["sku"]}">'
        )
    sent = _plain(item["servida"]) if item["sku"] else ""
    kit = f'<br><span class="soft">{item["contenido"]}</span>' if item["contenido"] else ""
    return (
        f"<td><code>{item['sku'] or ''}</code></td><td>{escape(item['descripcion'])}{kit}</td>"
        f'<td class="n">{_plain(item["cantidad"])}</td><td class="n">{sent}</td>'
        f'<td class="n">{_plain(item["tipo_iva"])} %</td>'
        f'<td class="n">{item["importe"]:.4f}</td><td class="n">{field}</td>'
    )


def _actions(view: View, row: Row, carriers: Sequence[Row]) -> str:
    options = "".join(
        f'<option value="{each["codigo"]}">{escape(each["nombre"])}</option>' for each in carriers
    )
    cancel = ""
    if row["estado"] == "PENDIENTE":
        cancel = (
            f'<button class="quiet" formaction="/pedidos/{row["id"]}/anular" formnovalidate>'
            f"{view.say('cancel')}</button>"
        )
    return (
        f'<footer><select name="agencia" aria-label="{view.say("carrier")}">{options}</select>'
        f'<input name="seguimiento" placeholder="{view.say("tracking")}"'
        f' aria-label="{view.say("tracking")}">'
        f"<button>{view.say('ship')}</button>{cancel}</footer>"
    )


def _table(
    view: View, heads: Iterable[str], rows: Sequence[Row], line: Callable[[Row], str]
) -> str:
    """Return rows as a table; a head that begins with "=" stands over figures."""
    if not rows:
        return f'<p class="empty">{view.say("nothing")}</p>'
    head = "".join(
        f"<th{' class=n' if name.startswith('=') else ''}>{view.say(name.lstrip('='))}</th>"
        for name in heads
    )
    body = "".join(f"<tr>{line(row)}</tr>" for row in rows)
    cut = f'<p class="soft">{view.say("shown") % MOST_ROWS}</p>' if len(rows) == MOST_ROWS else ""
    return (
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
        f"</div>{cut}"
    )


def _language(view: View) -> str:
    return _hidden("lang", "en") if view.language == "en" else ""


def _hidden(name: str, value: Any) -> str:
    return f'<input type="hidden" name="{name}" value="{escape(str(value))}">'


def _plain(figure: Decimal) -> str:
    """Return a figure without the zeros that only fill its column."""
    text = format(figure, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _money(amount: Decimal) -> str:
    cents = amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    text = f"{cents:,.2f}".replace(",", "·").replace(".", ",").replace("·", ".")
    return f"{text} €"


def _moment(when: datetime) -> str:
    return f"{when.astimezone(MADRID):%d/%m/%Y %H:%M:%S}"
