"""Where what is slow to make is kept, once per machine, and how two makers stay apart."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
REQUIREMENTS = HERE / "requirements.txt"

Say = Callable[[str], None]


def say_aloud(text: str) -> None:
    """Report progress to a person."""
    sys.stdout.write(f"tryton: {text}\n")
    sys.stdout.flush()


def silent(_text: str) -> None:
    """Report progress to nobody."""


def cache_directory() -> Path:
    """Return this installation's directory; another set of pins gets another one."""
    root = Path(os.environ.get("PUENTE_CACHE") or Path.home() / ".cache" / "puente")
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return root / f"tryton-8.2-{_fingerprint([REQUIREMENTS], python)}"


def seed_fingerprint(modules: str) -> str:
    """Name what the seeded database is made of, so that a changed seed is built again."""
    return _fingerprint([REQUIREMENTS, *sorted((HERE / "seed").glob("*.py"))], modules)


def _fingerprint(files: list[Path], extra: str) -> str:
    digest = hashlib.sha256(extra.encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


@contextlib.contextmanager
def exclusive(name: str, say: Say = silent) -> Iterator[Path]:
    """Hold a lock that ends with the process, however it ends; yield the cache directory."""
    directory = cache_directory()
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / f"{name}.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another process is building; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield directory


@contextlib.contextmanager
def unfinished(target: Path) -> Iterator[Path]:
    """Yield a place to build in; only a build that ends well appears under its real name."""
    place = target.with_name(f"{target.name}.unfinished")
    _remove(place)
    yield place
    place.rename(target)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
