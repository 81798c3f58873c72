"""Bulk operations: Shopify runs one big query by itself and leaves the answer in a file.

For whole stores: no pages, and no points for the rows. The file is saved and proven whole
before its first row is handed out; a part of it is never taken for all of it.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from tempfile import TemporaryFile
from typing import Any, BinaryIO

import msgspec

from shopify_app import documents
from shopify_app.client import ShopifyClient
from shopify_app.errors import (
    BulkFileUnusable,
    ShopifyAccessDenied,
    ShopifyError,
    ShopifyRejected,
    ShopifyUnavailable,
)

Row = dict[str, Any]
# Waits so many seconds. A worker passes its own, to show meanwhile that it is alive.
Pause = Callable[[float], None]

LONGEST = timedelta(hours=1)
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 15.0
DOWNLOADS = 3
# A description of half a megabyte, every character of it escaped.
LONGEST_LINE = 8 * 1024 * 1024

# Five may run at once. What else LIMIT_REACHED may mean is written nowhere: later, too.
_FULL = {"LIMIT_REACHED", "OPERATION_IN_PROGRESS"}
_FULL_FOR = timedelta(minutes=2)
_AGAIN_AFTER = timedelta(minutes=15)
_ENDED_BADLY = {"CANCELED", "EXPIRED", "FAILED"}


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkState:
    """How far an operation is. `partial_url` is only named, and never read.

    A `status` that we do not know is taken for "still at it".
    """

    status: str
    object_count: int
    error_code: str
    # Whoever has an address may read the file, so no log may get it.
    url: str = field(repr=False)
    partial_url: str = field(repr=False)

    @property
    def is_done(self) -> bool:
        return self.status == "COMPLETED" and not (self.error_code or self.partial_url)

    @property
    def ended_badly(self) -> bool:
        return self.status in _ENDED_BADLY or (self.status == "COMPLETED" and not self.is_done)


def run(
    client: ShopifyClient,
    name: str,
    *,
    grouped: bool = False,
    pause: Pause = time.sleep,
    longest: timedelta = LONGEST,
) -> Iterator[Row]:
    """Run queries/bulk/<name>.graphql and return its rows, in no order unless `grouped`.

    Starts and waits at once; the file is fetched at the first row. Hold no transaction.
    """
    done = wait(client, start(client, name, grouped=grouped), pause=pause, longest=longest)
    return rows(client, done, pause=pause)


def start(client: ShopifyClient, name: str, *, grouped: bool = False) -> str:
    """Start a bulk query and return the operation's id.

    `grouped` puts every row below its parent, and makes the operation slower.
    After a lost answer it may run without us knowing: it ends by itself, and changes nothing.
    """
    variables = {"query": documents.bulk_text(name), "grouped": grouped}
    payload = client.run("bulk_run", variables)["bulkOperationRunQuery"] or {}
    errors = payload.get("userErrors") or []
    messages = [f"{name}: {error['message']}" for error in errors]
    if any(error["code"] in _FULL for error in errors):
        raise ShopifyUnavailable("; ".join(messages), retry_after=_FULL_FOR)
    if errors:
        raise ShopifyRejected("bulk_run", messages)
    if not payload.get("bulkOperation"):
        raise ShopifyUnavailable(f"{name}: Shopify started nothing and said no reason")
    return str(payload["bulkOperation"]["id"])


def state(client: ShopifyClient, operation: str) -> BulkState:
    node = client.run("bulk_state", {"id": operation})["bulkOperation"]
    if node is None:
        raise ShopifyUnavailable("Shopify does not know the bulk operation any more")
    return BulkState(
        status=node["status"],
        url=node["url"] or "",
        object_count=int(node["objectCount"]),
        error_code=node["errorCode"] or "",
        partial_url=node["partialDataUrl"] or "",
    )


def cancel(client: ShopifyClient, operation: str) -> None:
    """Ask Shopify to stop an operation, and free its place. One that has ended stays as it is."""
    client.run("bulk_cancel", {"id": operation})


def wait(
    client: ShopifyClient,
    operation: str,
    *,
    pause: Pause = time.sleep,
    longest: timedelta = LONGEST,
) -> BulkState:
    """Wait for an operation and return it complete; stop it if it takes longer than `longest`.

    Raises ShopifyUnavailable where it ended in any other way, with a part of the answer or not.
    """
    waited, step = 0.0, FIRST_PAUSE
    while waited < longest.total_seconds():
        pause(step)
        waited += step
        step = min(step * 1.5, LONGEST_PAUSE)
        found = _look(client, operation)
        if found and found.ended_badly:
            raise _failure(found)
        if found and found.is_done:
            return found
    with suppress(ShopifyError):
        cancel(client, operation)
    raise ShopifyUnavailable("the bulk operation takes too long", retry_after=_AGAIN_AFTER)


def rows(client: ShopifyClient, done: BulkState, *, pause: Pause = time.sleep) -> Iterator[Row]:
    """Yield the rows of a complete operation, after all of them have arrived intact.

    The file waits on the disk: however slow the caller is, Shopify is not kept waiting.
    Read again, it gives the same rows in the same order, for seven days. Raises
    BulkFileUnusable where only another operation helps.
    """
    if not done.is_done:
        raise _failure(done)
    if not done.url:
        # An empty answer has no file.
        if done.object_count:
            raise BulkFileUnusable(f"no file for {done.object_count} objects")
        return
    with TemporaryFile() as file:
        _fetch(client, done.url, file, pause)
        file.seek(0)
        found = sum(1 for _ in _parsed(file))
        if found < done.object_count:
            raise BulkFileUnusable(f"{found} rows for {done.object_count} objects")
        file.seek(0)
        yield from _parsed(file)


def _look(client: ShopifyClient, operation: str) -> BulkState | None:
    # An operation of an hour is not given up because one look at it failed.
    try:
        return state(client, operation)
    except ShopifyUnavailable:
        return None


def _failure(found: BulkState) -> ShopifyError:
    part = "; the part that is there is not used" if found.partial_url else ""
    message = f"bulk operation {found.status} {found.error_code}".rstrip() + part
    if found.error_code == "ACCESS_DENIED":
        return ShopifyAccessDenied(message)
    return ShopifyUnavailable(message, retry_after=_AGAIN_AFTER)


def _fetch(client: ShopifyClient, url: str, file: BinaryIO, pause: Pause) -> None:
    for attempt in range(1, DOWNLOADS + 1):
        file.seek(0)
        file.truncate()
        try:
            client.download(url, file)
        except BulkFileUnusable:
            raise
        except ShopifyUnavailable:
            if attempt == DOWNLOADS:
                raise
            pause(2.0**attempt)
        else:
            return


def _parsed(file: BinaryIO) -> Iterator[Row]:
    while line := file.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise BulkFileUnusable("a row is too long")
        if line.isspace():
            continue
        try:
            row = msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise BulkFileUnusable("a row is damaged") from None
        if not isinstance(row, dict):
            raise BulkFileUnusable("a row is no object")
        yield row
