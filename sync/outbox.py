"""Keep what we decided to write until the store has accepted it."""

import json
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from mapping.models import Channel
from shopify_app import commands
from shopify_app.client import ShopifyClient
from sync import queue
from sync.models import InboxMessage, OutboxCommand, Priority, Status, SyncJob
from sync.wake import wake

# Shopify forgets a key after 24 hours; a repeat after that would be a second write.
KEY_TRUSTED_FOR = timedelta(hours=23)

# The conflict locks the waiting row, so a worker cannot take it before we commit and
# compute from what was true before; if it already has, a new row follows in the lane.
_PUT = """
INSERT INTO sync_outboxcommand AS o (channel_id, lane, priority, status, run_after, attempts,
    claims, reason_code, reason, created_at, kind, key, arguments, idempotency_key, cause_id,
    job_id)
VALUES (%(channel)s, %(lane)s, %(priority)s, %(status)s, %(run_after)s, 0, 0, '', %(reason)s,
    %(now)s, %(kind)s, %(key)s, %(arguments)s, %(idempotency_key)s, %(cause)s, %(job)s)
ON CONFLICT (channel_id, kind, key) WHERE status = 'waiting' AND request IS NULL
DO UPDATE SET run_after = LEAST(o.run_after, EXCLUDED.run_after),
    arguments = o.arguments || EXCLUDED.arguments,
    priority = LEAST(o.priority, EXCLUDED.priority),
    job_id = COALESCE(EXCLUDED.job_id, o.job_id)
"""


@transaction.atomic
def put(
    channel: Channel,
    *,
    kind: str,
    key: str,
    lane: str,
    arguments: dict[str, Any] | None = None,
    priority: Priority = Priority.NORMAL,
    run_after: datetime | None = None,
    cause: InboxMessage | None = None,
    job: SyncJob | None = None,
) -> None:
    """Ask for a write. One that waits for the same record already is enough, and takes
    over what the new one adds.

    In a channel that only looks, the write is recorded and not sent.
    """
    now = timezone.now()
    shadow = channel.mode == Channel.Mode.SHADOW
    with connection.cursor() as cursor:
        cursor.execute(
            _PUT,
            {
                "channel": channel.pk,
                "lane": f"{channel.pk}/{lane}"[:400],
                "priority": int(priority),
                "status": Status.IGNORED if shadow else Status.WAITING,
                "reason": "shadow" if shadow else "",
                "run_after": run_after or now,
                "now": now,
                "kind": kind,
                "key": key,
                "arguments": json.dumps(arguments or {}),
                "idempotency_key": uuid.uuid4(),
                "cause": cause.pk if cause else None,
                "job": job.pk if job else None,
            },
        )
    wake()


def commit_request(row: OutboxCommand, command: commands.Command) -> None:
    """Store the request and its key. Until this is committed nothing may leave."""
    row.request = {"kind": command.kind, "fields": commands.dump(command)}
    row.sent_at = timezone.now()
    queue.hold_lease(row)
    OutboxCommand.objects.filter(pk=row.pk, claims=row.claims).update(
        request=row.request, sent_at=row.sent_at, arguments=row.arguments
    )


def call(row: OutboxCommand, client: ShopifyClient) -> commands.CommandResult:
    """Send the stored request with its key: the one place where we write to Shopify.

    Raises what the client raises; after ShopifyOutcomeUnknown the request stays
    stored and the next try repeats it. Any answer settles it, also a refusal.
    """
    assert row.request is not None
    queue.hold_lease(row)
    command = commands.load(row.request["kind"], row.request["fields"])
    return commands.send(command, client, key=str(row.idempotency_key))


def key_is_stale(row: OutboxCommand) -> bool:
    """Return whether the key is too old to repeat the request blindly."""
    return row.sent_at is not None and timezone.now() - row.sent_at > KEY_TRUSTED_FOR
