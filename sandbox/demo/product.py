"""Puente itself, as an operator runs it: by manage.py and over HTTP."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sandbox.demo.children import Child, Children
from sandbox.demo.web import answers

CHECKOUT = Path(__file__).resolve().parents[2]
COMPANY = "Calzados Puente"
STORE = "puente-demo.myshopify.com"
USER = "demo"
SYNCS = ("catalogue", "prices", "stock")


def python(*words: str) -> list[str]:
    return [sys.executable, *words]


class Product:
    """Starts Puente's processes and gives its commands."""

    def __init__(self, children: Children, url: str) -> None:
        self._children = children
        self.url = url

    def start_migrating(self) -> Child:
        command = python("manage.py", "migrate", "--no-input", "--verbosity", "0", "--skip-checks")
        return self._children.start("manage-migrate", command, stays=False)

    def start_creating_user(self, password: str) -> Child:
        command = python("manage.py", "create_demo_user", "--username", USER)
        return self._children.start("manage-user", [*command, "--password", password], stays=False)

    def connect_erp(
        self, kind: str, settings: Mapping[str, Any], secrets: Mapping[str, str]
    ) -> str:
        """Connect the ERP and return an API key for it, or "" if it has one already."""
        flags = [
            word
            for name, value in settings.items()
            for word in ("--set", f"{name}={json.dumps(value)}")
        ]
        said = self._manage(
            "connect_erp",
            *("--company", COMPANY, "--kind", kind, "--poll-seconds", "1", *flags),
            *("--api-key-name", "demo", "--json"),
            ERP_SECRETS=json.dumps(dict(secrets)),
        )
        return str(_last_json(said).get("api_key") or "")

    def connect_store(
        self, price_list: str, warehouses: Mapping[str, str], attributes: Sequence[str]
    ) -> None:
        places = [f"--warehouse={code}={name}" for code, name in warehouses.items()]
        fields = [f"--attribute={text}" for text in attributes]
        self._manage(
            "connect_store",
            *("--company", COMPANY, "--channel", "Tienda demo", "--domain", STORE),
            *("--grant", "client_credentials", "--price-list", price_list, *places, *fields),
        )

    def start_web(self, port: int) -> Child:
        return self._children.start(
            "web",
            python(
                *("-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}"),
                *("--worker-class", "gthread", "--workers", "2", "--threads", "4"),
                # Loaded once, not in each worker.
                "--preload",
                *("--graceful-timeout", "5", "--no-control-socket", "--access-logfile", "-"),
            ),
        )

    def start_worker(self) -> Child:
        return self._children.start("worker", python("manage.py", "runq", "--grace", "8"))

    def is_up(self) -> bool:
        return answers(f"{self.url}/health/live")

    def sync(self, what: str, each_line: Callable[[str], None]) -> None:
        self._manage("sync", what, "--store", STORE, "--wait", each_line=each_line)

    def reconcile(self, each_line: Callable[[str], None]) -> None:
        self._manage("reconcile", "--store", STORE, "--wait", each_line=each_line)

    def _manage(
        self,
        command: str,
        *words: str,
        each_line: Callable[[str], None] = lambda _: None,
        **environment: str,
    ) -> str:
        return self._children.run(
            f"manage-{command}",
            python("manage.py", command, *words, "--skip-checks"),
            each_line=each_line,
            **environment,
        )


def _last_json(said: str) -> dict[str, Any]:
    """Return the JSON object among a command's lines."""
    for line in reversed(said.splitlines()):
        if line.startswith("{"):
            found: dict[str, Any] = json.loads(line)
            return found
    return {}
