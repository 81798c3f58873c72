"""Remember that everything was connected, so that a second start need not do it again."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from sandbox.demo.product import CHECKOUT

CODE = ("config", "erp_connectors", "mapping", "sandbox", "shopify_app", "sync")


class Memory:
    """Holds as long as code, settings, database and store are the ones of last time."""

    def __init__(self, path: Path, settings: Mapping[str, str]) -> None:
        self._path = path
        self._print = _fingerprint(settings)

    def holds(self) -> bool:
        return self._path.exists() and self._path.read_text() == self._print

    def keep(self) -> None:
        self._path.write_text(self._print)


def _fingerprint(settings: Mapping[str, str]) -> str:
    known = hashlib.sha256(repr(sorted(settings.items())).encode())
    for path in sorted(_sources()):
        found = path.stat()
        known.update(f"{path}:{found.st_mtime_ns}:{found.st_size}\n".encode())
    return known.hexdigest()


def _sources() -> Iterable[Path]:
    for folder in CODE:
        yield from (CHECKOUT / folder).rglob("*.py")
        yield from (CHECKOUT / folder).rglob("*.sql")
