"""The demo from its first process to the line that says all is in step."""

import os
import shlex
import shutil
import time
from pathlib import Path

from sandbox.demo import databases, keys, ports, screen, tour
from sandbox.demo.children import Children
from sandbox.demo.erps import ERPS
from sandbox.demo.events import Narrator, StoreLog
from sandbox.demo.memory import Memory
from sandbox.demo.product import CHECKOUT, SYNCS, Product
from sandbox.demo.store import SandboxStore

PAUSE_SECONDS = 0.25


class Demo:
    """Everything that runs. Call `stop` however it went."""

    def __init__(self, *, erp: str, home: Path) -> None:
        self._started = time.monotonic()
        # Each ERP has a store and a Puente of its own: two back offices cannot feed one.
        self._home = home / erp
        self._server_url = os.environ["DATABASE_URL"]
        self._database = f"puente_{erp}"
        self._drop_remains(secrets := home / "secrets.env")
        self._keys = keys.load(secrets)
        self._ports = ports.choose(home / "ports.json")
        self._url = f"http://127.0.0.1:{self._ports['web']}"
        self._erp = ERPS[erp](self._server_url, self._ports)
        self._store = SandboxStore(
            port=self._ports["store"],
            state=self._home / "store",
            keys=self._keys,
            app_url=self._url,
        )
        self._children = Children(self._home / "logs", self._environment())
        self._product = Product(self._children, self._url)
        self._memory = Memory(self._home / "connected", self._settings())
        self._api_key = self._home / "api-key"

    def bring_up(self) -> None:
        """Start everything, connect it, and wait until store and ERP agree."""
        screen.say(f"Puente: a merchant's ERP and a Shopify store. Logs: {self._home / 'logs'}")
        databases.ensure(self._server_url, self._database)
        if self._memory.holds():
            self._resume()
        else:
            self._set_up()
            self._memory.keep()
        tour.show(
            web=self._url,
            store=self._store.page,
            embedded=self._store.embedded_page,
            erp=self._erp,
            password=self._keys["DEMO_PASSWORD"],
            api_key=self._api_key.read_text(),
            by_hand=self._write_wrapper(),
        )

    def narrate(self) -> None:
        """Tell what happens until somebody stops the demo, or a part of it dies."""
        narrator = Narrator(StoreLog(self._store.log), self._erp)
        while True:
            self._children.check()
            narrator.tell()
            time.sleep(PAUSE_SECONDS)

    def stop(self) -> None:
        self._children.stop()

    def _drop_remains(self, secrets: Path) -> None:
        """Start afresh where a part was deleted: the others would speak of what is gone."""
        parts = (secrets.exists(), (self._home / "store").exists())
        if all(parts) and databases.exists(self._server_url, self._database):
            return
        for name in (self._database, ERPS[self._home.name].database):
            databases.drop(self._server_url, name)
        shutil.rmtree(self._home, ignore_errors=True)

    def _set_up(self) -> None:
        with screen.step(f"starting the store and {self._erp.title}"):
            migrating = self._product.start_migrating()
            self._store.start(self._children)
            self._erp.start(self._children)
            self._children.finish(migrating)
            self._store.open(self._children, self._erp.warehouses.values())
        before = self._store.spent()
        with screen.step("starting Puente and connecting both"):
            self._start_puente()
            self._connect()
            self._children.wait_until(self._product.is_up, what="Puente", seconds=60)
        for what in SYNCS:
            with screen.step(what):
                progress = screen.Progress(self._in_store if what == "catalogue" else str)
                self._product.sync(what, progress)
                progress.flush()
        spent = self._store.spent() - before
        least = self._store.contents().least_points()
        # On a later start the store is full already, and there is next to nothing to pay.
        share = f", {spent.points / least:.2f} times the least" if spent.mutations > 10 else ""
        self._say_in_step(f"That took {spent}{share}.")

    def _in_store(self) -> str:
        found = self._store.contents()
        return f" (in the store: {found.products} products, {found.variants} variants)"

    def _resume(self) -> None:
        with screen.step(f"starting the store, {self._erp.title} and Puente"):
            self._store.start(self._children)
            self._erp.start(self._children)
            self._store.open(self._children, self._erp.warehouses.values())
            self._start_puente()
        before = self._store.spent()
        with screen.step("comparing the two"):
            progress = screen.Progress()
            self._product.reconcile(progress)
            progress.flush()
            self._children.wait_until(self._product.is_up, what="Puente", seconds=60)
        self._say_in_step(f"To see it took {self._store.spent() - before}.")

    def _start_puente(self) -> None:
        self._product.start_web(self._ports["web"])
        self._product.start_worker()

    def _connect(self) -> None:
        creating = self._product.start_creating_user(self._keys["DEMO_PASSWORD"])
        erp = self._erp
        key = self._product.connect_erp(erp.kind, erp.settings(), erp.secrets())
        self._api_key.touch(mode=0o600)
        self._api_key.write_text(key)
        self._product.connect_store(erp.price_list, erp.warehouses, erp.attributes)
        self._children.finish(creating)

    def _say_in_step(self, price: str) -> None:
        screen.say(
            f"\n  In {time.monotonic() - self._started:.1f} s the store and {self._erp.title} are "
            f"in step: {self._store.contents()}. {price}"
        )

    def _environment(self) -> dict[str, str]:
        return {**os.environ, **self._settings(), "PYTHONUNBUFFERED": "1"}

    def _settings(self) -> dict[str, str]:
        """What Puente is told in the demo: as in production, with keys of this checkout."""
        return {
            "DATABASE_URL": self._server_url.replace("/puente?", f"/{self._database}?"),
            "SECRET_KEY": self._keys["SECRET_KEY"],
            "APP_URL": self._url,
            # The ERP is on this machine, where a real installation lets nobody point it.
            "ERP_ALLOWED_NETWORKS": "socket,127.0.0.0/8",
            "SHOPIFY_BASE_URL": self._store.address_of_shops,
            "SHOPIFY_APP_BRIDGE_URL": self._store.app_bridge,
            # The sandbox stands in for the Shopify admin that frames our page.
            "EMBED_EXTRA_ANCESTORS": self._store.origin,
            "SHOPIFY_CLIENT_ID": self._keys["SHOPIFY_CLIENT_ID"],
            "SHOPIFY_CLIENT_SECRETS": self._keys["SHOPIFY_CLIENT_SECRET"],
        }

    def _write_wrapper(self) -> Path:
        """Leave a command that runs manage.py on this demo's Puente."""
        path = self._home / "manage"
        path.touch(mode=0o700)
        settings = "".join(
            f"export {name}={shlex.quote(value)}\n" for name, value in self._settings().items()
        )
        path.write_text(
            f"#!/bin/sh\n# manage.py on the demo's Puente.\n{settings}"
            f'cd {shlex.quote(str(CHECKOUT))} && exec .venv/bin/python manage.py "$@"\n'
        )
        return path.relative_to(CHECKOUT)
