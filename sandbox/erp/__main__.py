"""The back office by hand: create it, open its page, or do one thing in it."""

import argparse
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import TypeAlias

import uvicorn

from sandbox.erp import database, operations
from sandbox.erp.page import make_app

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def _create(options: argparse.Namespace) -> str:
    made = database.create(
        options.dsn, role=options.role, unique_reference=not options.no_unique_reference
    )
    return "creado" if made else "ya estaba"


def _page(options: argparse.Namespace) -> str:
    app = make_app(options.dsn, language=options.lang)
    uvicorn.run(app, host=options.host, port=options.port, log_level="warning")
    return ""


def _stock(options: argparse.Namespace) -> str:
    with database.connect(options.dsn) as connection:
        operations.set_stock(connection, options.sku, options.almacen, options.cantidad)
    return f"{options.sku} en {options.almacen}: {options.cantidad}"


def _price(options: argparse.Namespace) -> str:
    with database.connect(options.dsn) as connection:
        operations.set_price(connection, options.sku, options.tarifa, options.precio)
    return f"{options.sku} en {options.tarifa}: {options.precio}"


def _ship(options: argparse.Namespace) -> str:
    lines = operations.parse_lines(options.lines) if options.lines else None
    with database.connect(options.dsn) as connection:
        return operations.ship(
            connection,
            options.pedido,
            carrier=options.carrier,
            tracking=options.tracking,
            lines=lines,
        )


def _cancel(options: argparse.Namespace) -> str:
    with database.connect(options.dsn) as connection:
        operations.cancel(connection, options.pedido)
    return f"{options.pedido}: anulado"


def _bulk_stock(options: argparse.Namespace) -> str:
    with database.connect(options.dsn) as connection:
        changed = operations.bulk_stock(connection, options.cantidad, seed=options.seed)
    return f"{changed} existencias cambiadas"


def _arguments(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.erp", description=__doc__)
    commands = parser.add_subparsers(required=True)
    _serving(commands)
    _working(commands)
    return parser.parse_args(words)


def _serving(commands: Commands) -> None:
    create = _command(commands, "create", _create, "make it; does nothing the second time")
    create.add_argument("--role", default=database.ROLE, help="the account for the web")
    create.add_argument("--no-unique-reference", action="store_true")
    page = _command(commands, "page", _page, "serve its page")
    page.add_argument("--host", default="127.0.0.1")
    page.add_argument("--port", type=int, required=True)
    page.add_argument("--lang", choices=["es", "en"], default="es")


def _working(commands: Commands) -> None:
    stock = _command(commands, "stock", _stock, "write down a count")
    stock.add_argument("sku")
    stock.add_argument("almacen")
    stock.add_argument("cantidad", type=Decimal)
    price = _command(commands, "price", _price, "change a price of an article or of one SKU")
    price.add_argument("sku")
    price.add_argument("tarifa")
    price.add_argument("precio", type=Decimal)
    ship = _command(commands, "ship", _ship, "send an order, print its delivery note's number")
    ship.add_argument("pedido", help="its number, web name or reference")
    ship.add_argument("--lines", help="SKU:2,OTHER:1; all that is left without it")
    ship.add_argument("--tracking", default="")
    ship.add_argument("--carrier", default="SEUR")
    cancel = _command(commands, "cancel", _cancel, "cancel an order of which nothing was sent")
    cancel.add_argument("pedido")
    bulk = _command(commands, "bulk-stock", _bulk_stock, "change many levels at once")
    bulk.add_argument("cantidad", type=int)
    bulk.add_argument("--seed", type=int)


def _command(
    commands: Commands, name: str, run: Callable[[argparse.Namespace], str], text: str
) -> argparse.ArgumentParser:
    added = commands.add_parser(name, help=text)
    added.set_defaults(run=run)
    added.add_argument("--dsn", required=True, help="the back office's database, as its owner")
    return added


def main(words: list[str] | None = None) -> int:
    options = _arguments(words)
    try:
        answer = options.run(options)
    except operations.Refused as refused:
        sys.stderr.write(f"{refused}\n")
        return 1
    if answer:
        sys.stdout.write(f"{answer}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
