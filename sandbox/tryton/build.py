"""Make the seeded database, once per machine; afterwards, copies in seconds."""

import re
import secrets
import subprocess
import time
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path

from sandbox.tryton import databases
from sandbox.tryton.cache import (
    REPOSITORY,
    Say,
    cache_directory,
    exclusive,
    seed_fingerprint,
    silent,
    unfinished,
)
from sandbox.tryton.install import ensure_environment, interpreter, tryton

MODULES = (
    "country currency company party product product_attribute product_price_list product_kit "
    "account account_eu account_es account_invoice account_product account_invoice_stock "
    "stock stock_package stock_shipment_cost stock_package_shipping carrier "
    "sale sale_price_list sale_shipment_cost sale_product_quantity web_shop"
)
MODULE_STEP = re.compile(r"trytond\.modules (\w+) (register|load)")
SEED_PREFIX = "tryton_seed_"
# A sandbox on this machine's own socket and loopback: there is nothing here to protect.
ADMIN_PASSWORD = "admin-demo-2026"  # noqa: S105
PUENTE_PASSWORD = "puente-demo-2026"  # noqa: S105


def template_name() -> str:
    return f"{SEED_PREFIX}{seed_fingerprint(MODULES)}"


def ensure_template(pg_url: str, say: Say = silent) -> str:
    """Return the name of the seeded database on this server; restore or build it first.

    Nothing else should connect to it: PostgreSQL copies only an idle database.
    """
    ensure_environment(say)
    name = template_name()
    if databases.exists(pg_url, name):
        return name
    with databases.locked(pg_url, name):
        if not databases.exists(pg_url, name):
            # Earlier seeds, and what a killed build left behind: a dump brings one back.
            databases.drop_leftovers(pg_url, SEED_PREFIX)
            _restore(pg_url, name, _ensure_dump(pg_url, say), say)
    return name


def clone(pg_url: str, name: str, say: Say = silent) -> None:
    """Create a fresh copy of the seeded company."""
    template = ensure_template(pg_url, say)
    # PostgreSQL refuses to copy a database while another copy of it is being made.
    with databases.locked(pg_url, template):
        databases.create(pg_url, name, template=template)


def _restore(pg_url: str, name: str, dump: Path, say: Say) -> None:
    say("loading the seeded company")
    temporary = f"{name}_{secrets.token_hex(4)}"
    databases.create(pg_url, temporary)
    try:
        databases.restore(pg_url, temporary, dump)
        databases.rename(pg_url, temporary, name)
    except BaseException:
        databases.drop(pg_url, temporary)
        raise


def _ensure_dump(pg_url: str, say: Say) -> Path:
    major = databases.major_version(pg_url)
    dump = cache_directory() / f"seed-{seed_fingerprint(MODULES)}-pg{major}.dump"
    if dump.exists():
        return dump
    with exclusive("seed", say):
        if not dump.exists():
            with unfinished(dump) as place:
                _build_dump(pg_url, place, say)
    return dump


def _build_dump(pg_url: str, place: Path, say: Say) -> None:
    name = f"{template_name()}_{secrets.token_hex(4)}"
    started = time.monotonic()
    databases.create(pg_url, name)
    try:
        _create_tables(pg_url, name, say)
        _seed(pg_url, name, say)
        databases.dump(pg_url, name, place)
    finally:
        databases.drop(pg_url, name)
    say(f"the company is built ({time.monotonic() - started:.0f} s); later starts copy it")


def _create_tables(pg_url: str, name: str, say: Say) -> None:
    say("creating Tryton's tables (one to four minutes, once per machine)")
    command = [*tryton("trytond-admin"), "-d", name, "--email", "admin@example.com", "-vv"]
    command += ["-l", "es", "--activate-dependencies", "-u", *MODULES.split()]
    password = cache_directory() / "admin-password"
    password.write_text(ADMIN_PASSWORD)
    environment = {"TRYTOND_DATABASE_URI": "postgresql:///", "TRYTONPASSFILE": str(password)}
    registered, loaded = set(), set()
    for line in _lines(command, {**databases.environment(pg_url), **environment}):
        step = MODULE_STEP.search(line)
        if step and step.group(2) == "register":
            registered.add(step.group(1))
        elif step and step.group(1) not in loaded:
            loaded.add(step.group(1))
            say(f"tables {len(loaded)}/{len(registered)}: {step.group(1)}")


def _seed(pg_url: str, name: str, say: Say) -> None:
    say("seeding a Spanish fashion company")
    environment = {
        "TRYTOND_DATABASE_URI": f"postgresql:///{name}",
        "TRYTON_SEED_PASSWORD": PUENTE_PASSWORD,
        "PYTHONPATH": str(REPOSITORY),
    }
    command = [*interpreter(), "-W", "ignore", "-m", "sandbox.tryton.seed"]
    for line in _lines(command, {**databases.environment(pg_url), **environment}):
        say(line)


def _lines(command: list[str], environment: Mapping[str, str]) -> Iterator[str]:
    """Yield what a program says as it says it; raise if it fails."""
    last: deque[str] = deque(maxlen=30)
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            for line in process.stdout or ():
                last.append(line.rstrip())
                yield last[-1]
        except BaseException:
            process.terminate()
            raise
    if process.returncode:
        raise RuntimeError(f"{command[1]} failed:\n" + "\n".join(last))
