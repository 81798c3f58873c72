import json
import socket
import subprocess
import sys
from pathlib import Path

from sandbox.demo import keys

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = """
import sys
from pathlib import Path
from sandbox.demo import ports
found = ports.choose(Path(sys.argv[1]), {"web": int(sys.argv[2]), "store": 0})
print(found["web"], found["store"], flush=True)
sys.stdin.read()
"""


class Demo:
    """Another process that chooses ports and goes on running."""

    def __init__(self, memory: Path, wish: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(memory), str(wish)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.web, self.store = map(int, self.process.stdout.readline().split())

    def stop(self) -> None:
        self.process.communicate()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_two_demos_at_once_have_ports_of_their_own(tmp_path: Path) -> None:
    wish = free_port()
    one, two = Demo(tmp_path / "one.json", wish), Demo(tmp_path / "two.json", wish)
    one.stop()
    two.stop()

    assert one.web == wish
    assert len({one.web, one.store, two.web, two.store}) == 4


def test_the_second_start_has_the_same_ports(tmp_path: Path) -> None:
    memory, wish = tmp_path / "ports.json", free_port()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", wish))
        taken.listen()
        first = Demo(memory, wish)
        first.stop()
    second = Demo(memory, wish)
    second.stop()

    assert first.web != wish
    assert (second.web, second.store) == (first.web, first.store)


def test_a_spoilt_memory_is_no_obstacle(tmp_path: Path) -> None:
    memory, wish = tmp_path / "ports.json", free_port()
    memory.write_text("[]]")
    demo = Demo(memory, wish)
    demo.stop()

    assert demo.web == wish
    assert json.loads(memory.read_text())["web"] == wish


def test_keys_stay_the_same_and_private(tmp_path: Path) -> None:
    path = tmp_path / "demo" / "secrets.env"
    first = keys.load(path)

    assert keys.load(path) == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert keys.load(tmp_path / "other.env") != first
