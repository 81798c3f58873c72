"""A comparison as a chain of pages: it can stop after any of them and go on from there.

A night's comparison takes longer than a worker may be busy with one thing, and a worker
may die: what a page found is stored when it is through, and so is the place after it.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mapping.models import Channel
from sync.models import SyncJob


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One comparison of one channel. `began` stays the same when it goes on later.

    `pause` waits for the store to prepare a long answer.
    """

    channel: Channel
    began: datetime
    job: SyncJob | None = None
    pause: Callable[[float], None] = time.sleep

    @property
    def asks_erp(self) -> bool:
        return self.channel.company.erpconnection.enabled


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a page came to, in numbers, and where to go on after it.

    `may_stop` False: the stage would have to begin again.
    """

    cursor: str
    counts: Mapping[str, int] = field(default_factory=dict)
    may_stop: bool = True


# Yields a page at a time, going on after the page that a cursor was of ("": from the
# beginning); after its last page there is none. A page that cannot be read raises, and
# nothing follows from its absence.
# Where a cursor of the other side's cannot say "the end".
END = "end"
Stage = Callable[[Round, str], Iterator[Page]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a comparison stands: in which stage, and after which of its pages."""

    stage: str = ""
    cursor: str = ""


def go(round_: Round, stages: Mapping[str, Stage], place: Place) -> Iterator[tuple[Place, Page]]:
    """Run the stages from a place on; after each page say where they stand now."""
    names = [*stages, END]
    first = names.index(place.stage) if place.stage in names else 0
    for name in names[first:-1]:
        cursor = place.cursor if name == place.stage else ""
        # Not a place to stop at: every slice of work gets at least one page further.
        yield Place(stage=name, cursor=cursor), Page(cursor=cursor, may_stop=False)
        for page in stages[name](round_, cursor):
            yield Place(stage=name, cursor=page.cursor), page


def add(job: SyncJob, counts: Mapping[str, int]) -> None:
    """Add to what a run has found, for all to see."""
    if counts:
        total = Counter(job.counts)
        total.update(counts)
        job.counts = dict(total)
        SyncJob.objects.filter(pk=job.pk).update(counts=job.counts)
