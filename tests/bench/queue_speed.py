"""Our queue against a bare loop of SQL, on the same rows in the same minutes. Prints JSON."""

import json
import statistics
import sys
import time
from collections.abc import Callable

import django

django.setup()

from django.db import connection  # noqa: E402  (it needs the set-up above)

from mapping.models import Channel  # noqa: E402
from sync import queue  # noqa: E402
from sync.models import InboxMessage  # noqa: E402

ROUNDS, ROWS = 5, 200
_FILL = """
INSERT INTO sync_inboxmessage (channel_id, lane, priority, status, run_after, attempts, claims,
    reason_code, reason, created_at, message_id, topic, key, payload)
SELECT %s, 'bench/' || n, 2, 'waiting', now(), 0, 0, '', '', now(), 'bench:' || n, 'bench',
    n::text, '{}' FROM generate_series(1, %s) n"""
_BARE_CLAIM = """
UPDATE sync_inboxmessage SET status = 'running', lease_until = now() + interval '1 minute'
WHERE id = (SELECT id FROM sync_inboxmessage WHERE status = 'waiting' AND run_after <= now()
    ORDER BY priority, run_after, id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id"""
_BARE_FINISH = """
UPDATE sync_inboxmessage SET status = 'done', lease_until = NULL, finished_at = now()
WHERE id = %s"""


def ours() -> None:
    row = queue.claim(InboxMessage)
    assert row is not None
    assert queue.finish(row)


def bare() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_BARE_CLAIM)
        (key,) = cursor.fetchone() or (0,)
        cursor.execute(_BARE_FINISH, [key])


def rate(step: Callable[[], None]) -> float:
    started = time.perf_counter()
    for _ in range(ROWS):
        step()
    return ROWS / (time.perf_counter() - started)


def measure(channel: Channel, depth: int) -> dict[str, float]:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM sync_inboxmessage WHERE topic = 'bench'")
        cursor.execute(_FILL, [channel.pk, depth + 2 * ROUNDS * ROWS])
        cursor.execute("VACUUM ANALYZE sync_inboxmessage")
    rates: dict[str, list[float]] = {"ours": [], "bare": []}
    for _ in range(ROUNDS):
        rates["bare"].append(rate(bare))
        rates["ours"].append(rate(ours))
    found = {name: round(statistics.median(each), 1) for name, each in rates.items()}
    return found | {"depth": depth, "ratio": round(found["ours"] / found["bare"], 2)}


def main() -> None:
    channel = Channel.objects.get()
    found = [measure(channel, depth) for depth in (1_000, 100_000)]
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM sync_inboxmessage WHERE topic = 'bench'")
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
