"""Measure how long changes take to arrive, and say it in percentiles."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from mapping.models import Channel
from sync.models import LatencyBucket

Stream = LatencyBucket.Stream

# Milliseconds. Close together where the promise is made (1.5 s and 3 s), then wider.
EDGES = (
    *(100, 250, 500, 750, 1000, 1250, 1500, 1750, 2000, 2500, 3000, 4000, 5000, 7500),
    *(10_000, 15_000, 30_000, 60_000, 300_000, 900_000, 3_600_000, 86_400_000),
)

_ADD = """
INSERT INTO sync_latencybucket AS b (channel_id, stream, minute, up_to, count)
SELECT %s, %s, date_trunc('minute', %s::timestamptz), * FROM unnest(%s::int[], %s::int[])
ON CONFLICT (channel_id, stream, minute, up_to) DO UPDATE SET count = b.count + EXCLUDED.count
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """Seconds within which half, and nineteen of twenty, changes arrived."""

    count: int
    p50: float
    p95: float


def note(
    channel: Channel, stream: LatencyBucket.Stream, since: Iterable[datetime], *, at: datetime
) -> None:
    """Count changes that arrived at a moment, each by when it was made."""
    bars = Counter(_bar(moment, at) for moment in since)
    if bars:
        ordered = sorted(bars.items())
        edges, counts = [edge for edge, _ in ordered], [count for _, count in ordered]
        with connection.cursor() as cursor:
            cursor.execute(_ADD, (channel.pk, stream, at, edges, counts))


def _bar(since: datetime, at: datetime) -> int:
    # Clocks differ: a change cannot arrive before it was made.
    milliseconds = max((at - since).total_seconds() * 1000, 0)
    return EDGES[min(bisect_left(EDGES, milliseconds), len(EDGES) - 1)]


def delay(
    channel: Channel,
    stream: LatencyBucket.Stream,
    *,
    within: timedelta = timedelta(hours=1),
    now: datetime | None = None,
) -> Delay | None:
    """Return the percentiles of the last while, or None if nothing arrived in it."""
    since = (now or timezone.now()) - within
    rows = LatencyBucket.objects.filter(channel=channel, stream=stream, minute__gte=since)
    bars = sorted(rows.values_list("up_to").annotate(number=Sum("count")).order_by("up_to"))
    total = sum(number for _edge, number in bars)
    if not total:
        return None
    return Delay(count=total, p50=_within(bars, total * 0.5), p95=_within(bars, total * 0.95))


def _within(bars: list[tuple[int, int]], wanted: float) -> float:
    """Return the seconds within which so many arrived, straight within the bar."""
    seen = 0
    for edge, number in bars:
        if seen + number >= wanted:
            place = EDGES.index(edge)
            begins = EDGES[place - 1] if place else 0
            return round((begins + (edge - begins) * (wanted - seen) / number) / 1000, 2)
        seen += number
    raise AssertionError("the bars hold fewer than they hold")
