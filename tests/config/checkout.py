import os
import shutil
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "config"


class Checkout:
    """Just enough of a copy of this project to start its PostgreSQL."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "config").mkdir(parents=True)
        for name in ("__init__.py", "postgres.py", "postgres_binaries.py"):
            shutil.copy(SOURCE / name, root / "config" / name)

    def start(self, *words: str, **environment: str) -> "subprocess.Popen[str]":
        clean = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
        return subprocess.Popen(
            [sys.executable, "-m", "config.postgres", *words],
            cwd=self.root,
            env=clean | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def call(self, *words: str, **environment: str) -> str:
        process = self.start(*words, **environment)
        output, _ = process.communicate(timeout=60)
        assert process.returncode == 0, output
        return output.strip()

    def server_pid(self, area: Path | None = None) -> int:
        found = next((area or self.root / ".local" / "postgres").glob("data-*/postmaster.pid"))
        return int(found.read_text().split("\n", 1)[0])
