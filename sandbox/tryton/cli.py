"""The command line of the sandbox's Tryton."""

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from pathlib import Path

import uvicorn

from sandbox.tryton import build, clerk
from sandbox.tryton.cache import cache_directory, say_aloud
from sandbox.tryton.page import application
from sandbox.tryton.rpc import Rpc, RpcError
from sandbox.tryton.server import RunningTryton, running_tryton


def main() -> int:
    """Run one command; say plainly what is wrong instead of showing a traceback."""
    options = _parser().parse_args()
    try:
        command: Callable[[argparse.Namespace], None] = options.command
        command(options)
    except (clerk.NoSuchRecord, RpcError, RuntimeError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox.tryton", description=__doc__)
    commands = parser.add_subparsers(required=True)
    server = argparse.ArgumentParser(add_help=False)
    server.add_argument(
        "--pg",
        default=os.environ.get("DATABASE_URL"),
        help="PostgreSQL to use, as postgresql://postgres@/postgres?host=/socket/folder",
    )
    company = argparse.ArgumentParser(add_help=False)
    company.add_argument("--url", help="of a Tryton that runs; by default the last one started")
    company.add_argument("--database")

    def add(
        name: str, parent: argparse.ArgumentParser, command: Callable[..., None], text: str
    ) -> argparse.ArgumentParser:
        made = commands.add_parser(name, parents=[parent], help=text, description=text)
        made.set_defaults(command=command)
        return made

    add("build", server, _build, "install Tryton and build the seeded company, once per machine")
    add("clone", server, _clone, "make a fresh copy of the company").add_argument("name")
    start = add("start", server, _start, "run Tryton until interrupted")
    start.add_argument("--database", default="tryton_demo", help="created if it does not exist")
    start.add_argument("--port", type=int, default=0)
    add("url", company, _url, "print where the Tryton that runs is, as JSON")
    stock = add("stock", company, _stock, "set the stock of an item in a warehouse")
    stock.add_argument("sku")
    stock.add_argument("warehouse", help="MAD, BCN or TIENDA")
    stock.add_argument("quantity", type=_number)
    price = add("price", company, _price, "set a model's price, IVA included")
    price.add_argument("code")
    price.add_argument("price", type=_number)
    ship = add("ship", company, _ship, "send the next pending shipment")
    ship.add_argument("sale", nargs="?", default="", help="its sale, or the web order's reference")
    ship.add_argument("--tracking", default="")
    ship.add_argument("--carrier", default="SEUR")
    page = add("page", company, _page, "serve a small page to play the company with")
    page.add_argument("--port", type=int, default=8069)
    return parser


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text.replace(",", "."))
    except InvalidOperation:
        raise argparse.ArgumentTypeError(f"not a number: {text}") from None
    if not 0 <= number < 10**7:
        raise argparse.ArgumentTypeError(f"out of range: {text}")
    return number


def _pg(options: argparse.Namespace) -> str:
    if not options.pg:
        raise RuntimeError("Say which PostgreSQL to use: --pg URL, or DATABASE_URL.")
    return str(options.pg)


def _build(options: argparse.Namespace) -> None:
    name = build.ensure_template(_pg(options), say_aloud)
    say_aloud(f"ready: database {name}")


def _clone(options: argparse.Namespace) -> None:
    build.clone(_pg(options), options.name, say_aloud)
    say_aloud(f"database {options.name} is ready")


def _start(options: argparse.Namespace) -> None:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with running_tryton(
        _pg(options), database=options.database, port=options.port, say=say_aloud
    ) as running:
        note = _note()
        note.write_text(json.dumps(_address(running)))
        try:
            while not stop.wait(1):
                os.kill(running.pid, 0)
        finally:
            note.unlink(missing_ok=True)


def _address(running: RunningTryton) -> dict[str, str]:
    return {
        "url": running.url,
        "database": running.database,
        "user": running.user,
        "password": running.password,
    }


def _note() -> Path:
    return cache_directory() / "running.json"


def _where(options: argparse.Namespace) -> tuple[str, str]:
    if options.url and options.database:
        return options.url, options.database
    if not _note().exists():
        raise RuntimeError("No Tryton runs here: start one, or give --url and --database.")
    noted = json.loads(_note().read_text())
    return options.url or noted["url"], options.database or noted["database"]


def _staff(options: argparse.Namespace, work: clerk.Work) -> None:
    clerk.as_staff(*_where(options), build.ADMIN_PASSWORD, work)


def _url(options: argparse.Namespace) -> None:
    _where(options)
    sys.stdout.write(f"{_note().read_text()}\n")


def _stock(options: argparse.Namespace) -> None:
    sku, place, quantity = options.sku, options.warehouse, options.quantity
    _staff(options, lambda rpc: clerk.set_stock(rpc, sku, place, quantity))
    say_aloud(f"{sku} in {place}: {quantity}")


def _price(options: argparse.Namespace) -> None:
    _staff(options, lambda rpc: clerk.set_price(rpc, options.code, options.price))
    say_aloud(f"{options.code}: {options.price} € IVA included")


def _ship(options: argparse.Namespace) -> None:
    def send(rpc: Rpc) -> None:
        shipment = clerk.find_shipment(rpc, options.sale)
        clerk.ship(rpc, shipment, tracking=options.tracking, carrier=options.carrier)
        say_aloud(f"shipment {shipment} sent")

    _staff(options, send)


def _page(options: argparse.Namespace) -> None:
    url, database = _where(options)
    say_aloud(f"the company's page: http://127.0.0.1:{options.port}/")
    uvicorn.run(
        application(url, database, build.ADMIN_PASSWORD),
        host="127.0.0.1",
        port=options.port,
        log_level="warning",
    )
