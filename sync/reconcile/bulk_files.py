"""A bulk operation that is waited for across slices, and its file gone on with."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from shopify_app import bulk
from shopify_app.client import ShopifyClient
from shopify_app.errors import ShopifyUnavailable
from sync.reconcile.rounds import Page, Round

MARK = "bulk"
_LOOK_AGAIN = 2.0
_LATER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An operation, when it was asked for, and how many of its rows are done."""

    operation: str
    at: datetime
    done: int = 0

    @classmethod
    def read(cls, cursor: str) -> "Asked | None":
        mark, _, rest = cursor.partition("|")
        if mark != MARK:
            return None
        operation, at, done = rest.split("|")
        return cls(operation=operation, at=datetime.fromisoformat(at), done=int(done))

    def cursor(self, *, done: int = 0) -> str:
        return f"{MARK}|{self.operation}|{self.at.isoformat()}|{done}"


def waited_for(
    round_: Round, client: ShopifyClient, name: str, cursor: str, *, grouped: bool = False
) -> Iterator[Page]:
    """Ask for an operation unless the cursor names one, and wait; the last page names it.

    Each look at it is a page, so the wait takes nobody's worker for long.
    """
    asked = Asked.read(cursor)
    if asked is None:
        operation = bulk.start(client, name, grouped=grouped)
        asked = Asked(operation=operation, at=timezone.now())
    yield Page(cursor=asked.cursor(done=asked.done))
    while not (state := bulk.state(client, asked.operation)).is_done:
        if state.ended_badly or timezone.now() - asked.at > bulk.LONGEST:
            bulk.cancel(client, asked.operation)
            # The next try asks for another one.
            yield Page(cursor="")
            raise ShopifyUnavailable(f"the bulk operation {name} failed", retry_after=_LATER)
        round_.pause(_LOOK_AGAIN)
        yield Page(cursor=asked.cursor(done=asked.done))


def rows(client: ShopifyClient, asked: Asked) -> Iterator[bulk.Row]:
    """Yield the rows of its file. Where it was read to before, the caller skips."""
    return bulk.rows(client, bulk.state(client, asked.operation))
