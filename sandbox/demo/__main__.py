"""`make demo`: a Spanish merchant's ERP and a Shopify store on this machine, kept in step."""

import argparse
import os
import signal
import sys
from pathlib import Path

from sandbox.demo import screen
from sandbox.demo.children import ChildDied
from sandbox.demo.erps import ERPS
from sandbox.demo.kernel import end_with
from sandbox.demo.play import Demo
from sandbox.demo.product import CHECKOUT

# Holds the process id of the launcher of the private PostgreSQL, our parent.
MARK = "PUENTE_DEMO_LAUNCHER"


class Stopped(BaseException):
    """A person, or the process that started us, wants the demo to end."""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--erp", choices=sorted(ERPS), default="sql")
    parser.add_argument("--once", action="store_true", help="end when everything is in step")
    return parser.parse_args()


def _start_again_with_postgres() -> None:
    """Become a child of the launcher, which stops the server after us if it started it."""
    # Whatever database this person works with otherwise is none of the demo's business.
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    # The launcher takes our place, and so our number.
    environment[MARK] = str(os.getpid())
    launcher = [sys.executable, "-m", "config.postgres", "run", "--"]
    demo = [sys.executable, "-m", "sandbox.demo", *sys.argv[1:]]
    os.chdir(CHECKOUT)
    os.execve(sys.executable, launcher + demo, environment)  # noqa: S606


class StopOnce:
    """Raises Stopped at the first signal. A second one must not break the clearing up."""

    def __init__(self) -> None:
        self._stopping = False

    def __call__(self, number: int, _frame: object) -> None:
        if not self._stopping:
            self._stopping = True
            raise Stopped(number)


def main() -> int:
    options = _arguments()
    if os.environ.get(MARK) != str(os.getppid()):
        _start_again_with_postgres()
    end_with(int(os.environ[MARK]))
    stop_once = StopOnce()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop_once)
    demo = Demo(erp=options.erp, home=Path(CHECKOUT) / ".local" / "demo")
    try:
        demo.bring_up()
        if not options.once:
            demo.narrate()
    except Stopped:
        screen.say("\n  Stopping ...")
    except ChildDied as death:
        screen.complain(f"\nThe demo ends: {death}")
        return 1
    finally:
        demo.stop()
    screen.say("  Everything is stopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
