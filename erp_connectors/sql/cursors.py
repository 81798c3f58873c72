"""Where a reader of changes stands. Pure: the database is in reads.py.

An ERP that numbers its changes takes the number inside a transaction, so a lower number may
become visible after a higher one. A reader that only went forward would lose it. We ask the
database which transactions are open, and go past a number only when every transaction that
could still bring a lower one has ended. What was read meanwhile is remembered and not
handed on twice.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from erp_connectors.errors import ErpMisconfigured

# More runs of numbers than this are forgotten from the low end: those rows come again.
LONGEST_MEMORY = 1000
# Before every change: rows older than the ERP's counting have the number 0.
NOWHERE = -1
DAMAGED = "The place to go on reading from is damaged."

Runs = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """What the database said when a pass began.

    Transactions below `oldest` have ended; those from `next` on had not begun.
    `newest` is the highest change that could be seen.
    """

    oldest: int
    next: int
    newest: int = NOWHERE

    @property
    def is_quiet(self) -> bool:
        return self.oldest == self.next


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """`settled`: all changes up to here were read and no more can come.

    `newest` and `watch`: changes up to `newest` are settled once every transaction
    below `watch` has ended. `seen`: changes above `settled` that were handed on.
    A pass reads from `low` to `until`; `at` is how far it got, and `then_settled`
    what is settled once it is through. `is_full`: the pass began with nothing read.
    """

    settled: int = NOWHERE
    newest: int = NOWHERE
    watch: int = 0
    seen: Runs = ()
    is_full: bool = True
    at: int | None = None
    low: int = NOWHERE
    until: int = NOWHERE
    then_settled: int = NOWHERE

    @property
    def is_inside_a_pass(self) -> bool:
        return self.at is not None

    @property
    def has_more(self) -> bool:
        return self.at is not None and self.at < self.until


def read(text: str) -> Cursor:
    if not text:
        return Cursor()
    if not text.startswith("{"):
        raise ErpMisconfigured(DAMAGED)
    try:
        values: dict[str, Any] = json.loads(text)
        values["seen"] = tuple((low, high) for low, high in values.get("seen", ()))
        return Cursor(**values)
    except (ValueError, TypeError):
        raise ErpMisconfigured(DAMAGED) from None


def write(cursor: Cursor) -> str:
    """Return the cursor as text; what has its default is left out."""
    default = Cursor()
    names = Cursor.__slots__
    values = {name: getattr(cursor, name) for name in names}
    return json.dumps(
        {name: value for name, value in values.items() if value != getattr(default, name)},
        separators=(",", ":"),
    )


def begin(cursor: Cursor, horizon: Horizon) -> Cursor:
    """Start a pass: fix how far it reads, and what will be settled after it."""
    if horizon.next < cursor.watch or horizon.newest < cursor.settled:
        # Transactions and changes only ever grow: this is another database, as after
        # a restored backup. What we remember means nothing there.
        cursor = Cursor()
    newest = max(horizon.newest, cursor.newest)
    low = cursor.settled
    begun = replace(cursor, low=low, at=low, until=newest, then_settled=low)
    if horizon.is_quiet:
        return replace(begun, then_settled=newest, newest=newest, watch=0)
    if cursor.watch and horizon.oldest < cursor.watch:
        # An older watch stays until it is over, or steady traffic would never settle.
        return begun
    settled = cursor.newest if cursor.watch else cursor.settled
    return replace(begun, then_settled=settled, newest=newest, watch=horizon.next)


def observe(cursor: Cursor, horizon: Horizon) -> Cursor:
    """Note what was open at a first look, so that a second one may find it over."""
    return replace(cursor, newest=horizon.newest, watch=horizon.next)


def begin_since(cursor: Cursor, newest: int, overlap: int) -> Cursor:
    """Start a pass by time stamps: some of what was read is read again, every time.

    A stamp is set when a change is made, and the change may be seen much later.
    """
    until = max(newest, cursor.settled)
    low = NOWHERE if cursor.settled == NOWHERE else cursor.settled - overlap
    return replace(cursor, low=low, at=low, until=until, then_settled=until)


def advance(cursor: Cursor, positions: Iterable[int], *, remember: bool) -> Cursor:
    """Move on inside a pass, past changes that were handed on just now."""
    passed = sorted(positions)
    kept = [each for each in passed if remember and each > cursor.then_settled]
    return replace(
        cursor,
        at=passed[-1] if passed else cursor.at,
        seen=_merged(cursor.seen, kept)[-LONGEST_MEMORY:],
    )


def finish(cursor: Cursor) -> Cursor:
    """End a pass."""
    return replace(
        cursor,
        settled=cursor.then_settled,
        seen=tuple(run for run in cursor.seen if run[1] > cursor.then_settled),
        is_full=False,
        at=None,
        low=NOWHERE,
        until=NOWHERE,
        then_settled=NOWHERE,
    )


def seen_ranges(cursor: Cursor) -> str:
    """Return what was handed on already, as PostgreSQL writes many ranges."""
    return "{" + ",".join(f"[{low},{high}]" for low, high in cursor.seen) + "}"


def _merged(runs: Runs, versions: list[int]) -> Runs:
    merged: list[tuple[int, int]] = []
    for low, high in sorted([*runs, *((version, version) for version in versions)]):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)
