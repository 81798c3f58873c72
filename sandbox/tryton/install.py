"""Tryton's own virtualenv: its versions are not ours, and the two never mix."""

import os
import subprocess
import sys
from pathlib import Path

from sandbox.tryton.cache import REQUIREMENTS, Say, cache_directory, exclusive, silent, unfinished


def ensure_environment(say: Say = silent) -> Path:
    """Return Tryton's virtualenv, made on the first call."""
    environment = cache_directory() / "venv"
    if environment.exists():
        return environment
    with exclusive("venv", say):
        if not environment.exists():
            say("installing Tryton 8.2 (60 packages, about a minute)")
            with unfinished(environment) as place:
                _install(place)
            say("installed")
    return environment


def _install(place: Path) -> None:
    # Scripts keep the path they were made with, so nobody runs them directly: see tryton().
    uv = Path(sys.executable).with_name("uv")
    target = place / "bin" / "python"
    if uv.exists():
        _run([uv, "venv", "--quiet", "--python", sys.executable, place])
        install: list[str | Path] = [uv, "pip", "install", "--quiet", "--python", target]
    else:
        _run([sys.executable, "-m", "venv", place])
        install = [target, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*install, "--require-hashes", "-r", REQUIREMENTS])


def tryton(program: str) -> list[str]:
    """Return the command that runs one of Tryton's programs."""
    environment = ensure_environment()
    return [str(environment / "bin" / "python"), str(environment / "bin" / program)]


def interpreter() -> list[str]:
    """Return the command that runs Python with Tryton in it."""
    return [str(ensure_environment() / "bin" / "python")]


def _run(command: list[str | Path]) -> None:
    result = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    if result.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{result.stderr[-3000:]}")
