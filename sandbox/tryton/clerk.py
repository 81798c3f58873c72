"""What the company's own staff do in their ERP: count stock, change a price, ship an order."""

import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sandbox.tryton.rpc import SESSION_ENDED, Rpc, RpcError

PENDING = ["draft", "waiting", "assigned", "picked", "packed"]
SOLD_BY = ("sale.line,", "sale.line.component,")
LEFT = ["shipped", "done"]


class NoSuchRecord(LookupError):
    """The demo's user named something the company does not have."""


@dataclass(frozen=True, kw_only=True)
class ShipmentRow:
    """One delivery note, as the demo page lists it.

    `order` is the web order's name, `reference` its unique key in the ERP.
    """

    id: int
    number: str
    state: str
    sale: str
    order: str
    reference: str
    customer: str
    lines: tuple[str, ...]
    tracking: str = ""


def set_stock(rpc: Rpc, sku: str, warehouse: str, quantity: Decimal) -> None:
    """Count one item in one warehouse; what the count finds becomes the stock."""
    place = _one(
        rpc, "stock.location", [["type", "=", "warehouse"], ["code", "=", warehouse]],
        ["storage_location"], f"warehouse {warehouse}",
    )  # fmt: skip
    line = {"product": _product(rpc, sku)["id"], "quantity": float(quantity)}
    inventory = rpc.call(
        "stock.inventory.create",
        [
            {
                "location": place["storage_location"],
                "date": dt.datetime.now(dt.UTC).date(),
                "lines": [["create", [line]]],
            }
        ],
    )
    rpc.call("stock.inventory.confirm", inventory)


def set_price(rpc: Rpc, code: str, gross: Decimal) -> None:
    """Change a model's price, given with IVA as the shop window shows it.

    `code` is the model's, or that of any of its variants.
    """
    fields = ["template", "template.account_category.customer_taxes.rate"]
    domain = ["OR", ["code", "=", code], ["template.code", "=", code]]
    product = _one(rpc, "product.product", domain, fields, f"product {code}")
    taxes = product["template."]["account_category."]["customer_taxes."]
    rate = sum((tax["rate"] for tax in taxes), Decimal(0))
    net = (gross / (1 + rate)).quantize(Decimal("0.0001"))
    rpc.call("product.template.write", [product["template"]], {"list_price": net})


def shipments(rpc: Rpc, *, pending: bool = True, limit: int = 50) -> list[ShipmentRow]:
    """List what waits to leave, oldest first, or what has left, newest first."""
    rows = rpc.call(
        "stock.shipment.out.search_read",
        [["state", "in", PENDING if pending else LEFT]],
        0,
        limit,
        [["id", "ASC" if pending else "DESC"]],
        ["number", "state", "customer.name", "outgoing_moves.product.code",
         "outgoing_moves.quantity", "outgoing_moves.origin", "packages.shipping_reference"],
    )  # fmt: skip
    sales = _sales(rpc, [origin for row in rows for origin in _origins(row)])
    return [_row(row, sales) for row in rows]


def _origins(row: dict[str, Any]) -> list[str]:
    """Return the lines that goods were sold by, or the components of kits that were."""
    origins = [str(move["origin"] or "") for move in row["outgoing_moves."]]
    return [each for each in origins if each.startswith(SOLD_BY)]


def _sales(rpc: Rpc, origins: list[str]) -> dict[str, dict[str, Any]]:
    """Return the sale of each of these."""
    found: dict[str, dict[str, Any]] = {}
    for model in ("sale.line", "sale.line.component"):
        path = "sale" if model == "sale.line" else "line.sale"
        fields = [f"{path}.{name}" for name in ("number", "reference", "web_id")]
        ids = {int(each.split(",")[1]) for each in origins if each.startswith(f"{model},")}
        for row in rpc.call(f"{model}.read", sorted(ids), fields) if ids else []:
            sale = row["sale."] if path == "sale" else row["line."]["sale."]
            found[f"{model},{row['id']}"] = sale
    return found


def _row(row: dict[str, Any], sales: dict[str, dict[str, Any]]) -> ShipmentRow:
    sale: dict[str, Any] = next((sales[each] for each in _origins(row)), {})
    moves = [move for move in row["outgoing_moves."] if move["quantity"]]
    return ShipmentRow(
        id=row["id"],
        number=row["number"] or "",
        state=row["state"],
        sale=sale.get("number") or "",
        order=sale.get("reference") or "",
        reference=sale.get("web_id") or "",
        customer=row["customer."]["name"],
        lines=tuple(f"{move['quantity']:g} x {move['product.']['code']}" for move in moves),
        tracking=", ".join(p["shipping_reference"] or "" for p in row["packages."]),
    )


def ship(rpc: Rpc, shipment: int, *, tracking: str = "", carrier: str = "") -> None:
    """Pick, pack with a tracking number and send one shipment."""
    state = _state(rpc, shipment)
    if state not in PENDING:
        raise NoSuchRecord(f"shipment {shipment} is {state}: nothing to send")
    if state == "draft":
        rpc.call("stock.shipment.out.wait", [shipment])
    if _state(rpc, shipment) == "waiting":
        _assign(rpc, shipment)
    if carrier:
        rpc.call("stock.shipment.out.write", [shipment], {"carrier": _carrier(rpc, carrier)})
    if _state(rpc, shipment) == "assigned":
        rpc.call("stock.shipment.out.pick", [shipment])
    if tracking:
        _pack_into_box(rpc, shipment, tracking)
    if _state(rpc, shipment) == "picked":
        rpc.call("stock.shipment.out.pack", [shipment])
    rpc.call("stock.shipment.out.do", [shipment])


def ship_part(rpc: Rpc, shipment: int, sku: str, quantity: Decimal) -> None:
    """Make a shipment smaller, before it is sent; the sale then makes another for the rest."""
    rpc.call("stock.shipment.out.draft", [shipment])
    fields = ["outgoing_moves.product.code", "outgoing_moves.quantity"]
    (row,) = rpc.call("stock.shipment.out.read", [shipment], fields)
    for move in row["outgoing_moves."]:
        wanted = float(quantity) if move["product."]["code"] == sku else 0.0
        rpc.call("stock.move.write", [move["id"]], {"quantity": wanted})
    rpc.call("stock.shipment.out.wait", [shipment])


def _assign(rpc: Rpc, shipment: int) -> None:
    rpc.call("stock.shipment.out.assign_try", [shipment])
    if _state(rpc, shipment) == "waiting":
        raise NoSuchRecord(f"shipment {shipment}: not enough stock to send it")


def _pack_into_box(rpc: Rpc, shipment: int, tracking: str) -> None:
    fields = ["outgoing_moves", "packages", "company"]
    (row,) = rpc.call("stock.shipment.out.read", [shipment], fields)
    (box, *_) = rpc.call("stock.package.type.search", [], 0, 1, None)
    if row["packages"]:
        rpc.call("stock.package.write", row["packages"], {"shipping_reference": tracking})
        return
    rpc.call(
        "stock.package.create",
        [
            {
                "type": box,
                "company": row["company"],
                "shipment": f"stock.shipment.out,{shipment}",
                "shipping_reference": tracking,
                "moves": [["add", row["outgoing_moves"]]],
            }
        ],
    )


def find_shipment(rpc: Rpc, sale: str) -> int:
    """Return the next shipment to send: of a sale by number or web order, or of any."""
    for row in shipments(rpc):
        if not sale or sale in (row.sale, row.order, row.reference):
            return row.id
    raise NoSuchRecord(f"no shipment is waiting{f' for {sale}' if sale else ''}")


def _state(rpc: Rpc, shipment: int) -> str:
    rows = rpc.call("stock.shipment.out.search_read", [["id", "=", shipment]], 0, 1, None,
                    ["state"])  # fmt: skip
    if not rows:
        raise NoSuchRecord(f"shipment {shipment} does not exist")
    return str(rows[0]["state"])


def _carrier(rpc: Rpc, name: str) -> int:
    domain = [["party.name", "ilike", name]]
    return int(_one(rpc, "carrier", domain, ["id"], f"carrier {name}")["id"])


def _product(rpc: Rpc, sku: str) -> dict[str, Any]:
    return _one(rpc, "product.product", [["code", "=", sku]], ["id"], f"product {sku}")


def _one(rpc: Rpc, model: str, domain: list[Any], fields: list[str], what: str) -> dict[str, Any]:
    rows: list[dict[str, Any]] = rpc.call(f"{model}.search_read", domain, 0, 1, None, fields)
    if not rows:
        raise NoSuchRecord(f"the company has no {what}")
    return rows[0]


Work = Callable[[Rpc], Any]


class Office:
    """The company's administrator, logged in once: Tryton takes a second to check a password."""

    def __init__(self, url: str, database: str, password: str) -> None:
        self._rpc = Rpc(url, database)
        self._password = password
        self._lock = threading.Lock()
        self._logged_in = False

    def act(self, work: Work) -> Any:
        """Do something, logging in again if the session has ended meanwhile."""
        with self._lock:
            if self._logged_in:
                try:
                    return work(self._rpc)
                except RpcError as error:
                    if error.name != SESSION_ENDED:
                        raise
            self._rpc.login("admin", self._password)
            self._logged_in = True
            return work(self._rpc)

    def close(self) -> None:
        self._rpc.close()


def as_staff(url: str, database: str, password: str, work: Work) -> Any:
    """Do one thing as the company's administrator."""
    with Rpc(url, database) as rpc:
        return work(rpc.login("admin", password))
