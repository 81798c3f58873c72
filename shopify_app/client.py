"""Shopify's Admin API: send one stored document, and say truthfully what came of it."""

import json
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from types import TracebackType
from typing import Any, BinaryIO, Self

from django.conf import settings
from django.utils import timezone

from mapping.documents import CallRecord, Recorder
from shopify_app import answers, auth, cost, documents, limiter, transport
from shopify_app.documents import Document
from shopify_app.errors import (
    BulkFileUnusable,
    ShopifyAccessDenied,
    ShopifyError,
    ShopifyOutcomeUnknown,
    ShopifyRejected,
    ShopifyUnavailable,
)
from shopify_app.limiter import Priority
from shopify_app.models import Shop

# A worker holds a lease while we wait here: a few seconds, then the row waits instead.
PATIENCE = 6.0
TRIES = 3
# `last_ok_at` is for people; a write per call would make the row a bottleneck.
NOTE_EVERY = timedelta(minutes=1)

# A renewal is no document, nor is a file; they are recorded like one.
_RENEWAL = Document(name="renew_token", text="", is_write=False, is_keyed=False)
_FILE = Document(name="bulk_file", text="", is_write=False, is_keyed=False)

_OUTCOMES: tuple[tuple[type[ShopifyError], str], ...] = (
    (ShopifyUnavailable, "unavailable"),
    (ShopifyOutcomeUnknown, "unknown"),
    (ShopifyError, "refused"),
)


def _drop(_call: CallRecord) -> None:
    """Keep no record."""


class ShopifyClient:
    """The Admin API of one store. `run` raises shopify_app.errors and nothing else."""

    def __init__(self, shop: Shop, record: Recorder, priority: Priority) -> None:
        self.shop = shop
        self._record = record
        self._priority = priority

    @classmethod
    def for_shop(
        cls, shop: Shop, *, record: Recorder = _drop, priority: Priority = Priority.NORMAL
    ) -> Self:
        return cls(shop, record, priority)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Nothing to give back: connections belong to the process."""

    def cost_of(self, operation: str, variables: Mapping[str, Any]) -> int:
        return cost.cost_of(operation, variables)

    def run(
        self, operation: str, variables: Mapping[str, Any], *, idempotency_key: str = ""
    ) -> dict[str, Any]:
        """Send queries/<operation>.graphql and return its data, user errors included.

        Repeats only what certainly was not carried out, and only for a few seconds.
        """
        document = documents.load(operation)
        if document.is_keyed:
            if not idempotency_key:
                raise ValueError(f"{operation} needs an idempotency key")
            variables = {**variables, "key": idempotency_key}
        deadline = time.monotonic() + PATIENCE
        for attempt in range(1, TRIES + 1):
            try:
                return self._with_token(document, variables, idempotency_key, deadline)
            except ShopifyUnavailable as failure:
                wait = (failure.retry_after or timedelta(seconds=0.2 * attempt)).total_seconds()
                if attempt == TRIES or time.monotonic() + wait > deadline:
                    raise
                time.sleep(wait)
        raise AssertionError("the last try returns or raises")

    def download(self, url: str, target: BinaryIO) -> None:
        """Save a file that Shopify made for this store. The token stays here."""
        call = _Call(_FILE, "")
        try:
            self._save(url, target)
        except ShopifyError as error:
            self._failed(call, error)
            raise
        self._record(call.succeeded([]))

    def _save(self, url: str, target: BinaryIO) -> None:
        # The address is a secret for as long as it works, and is told nobody.
        try:
            status = transport.download(transport.file_address(url, self.shop.domain), target)
        except transport.NotFormed as error:
            raise ShopifyRejected(_FILE.name, [str(error)]) from None
        except (transport.NotSent, transport.AnswerLost) as error:
            raise ShopifyUnavailable(f"{_FILE.name}: {error}") from None
        if 300 <= status < 500 and status != 429:
            raise BulkFileUnusable(f"{_FILE.name}: HTTP {status}")
        if status != 200:
            raise ShopifyUnavailable(f"{_FILE.name}: HTTP {status}")

    def _with_token(
        self, document: Document, variables: Mapping[str, Any], key: str, deadline: float
    ) -> dict[str, Any]:
        """Send once, with a token that is good; a token refused is renewed once."""
        renewed = not self.shop.token_is_fresh()
        if renewed:
            self._renew()
        try:
            return self._send(document, variables, key, deadline)
        except answers.TokenRefused:
            if renewed:
                raise
        self._renew(refused=self.shop.credentials["access_token"])
        return self._send(document, variables, key, deadline)

    def _renew(self, *, refused: str = "") -> None:
        call = _Call(_RENEWAL, "")
        try:
            auth.renew(self.shop, refused=refused)
        except ShopifyError as error:
            self._failed(call, error)
            raise
        self._record(call.succeeded([]))

    def _send(
        self, document: Document, variables: Mapping[str, Any], key: str, deadline: float
    ) -> dict[str, Any]:
        price = cost.cost_of(document.name, variables)
        self._wait_for_points(document, price, deadline)
        call = _Call(document, key)
        try:
            answer = self._exchange(document, variables, price)
            call.answered(answer)
            data = answers.data_of(document, answer)
        except ShopifyError as error:
            self._failed(call, error)
            raise
        self._record(call.succeeded(answers.user_errors(document, data)))
        self._note_success()
        return data

    def _exchange(
        self, document: Document, variables: Mapping[str, Any], price: int
    ) -> answers.Answer:
        body = json.dumps({"query": document.text, "variables": variables}, allow_nan=False)
        path = f"/admin/api/{settings.SHOPIFY_API_VERSION}/graphql.json"
        try:
            response = transport.post(
                transport.address(self.shop.domain, path),
                content=body.encode(),
                headers={
                    "Content-Type": "application/json",
                    "X-Shopify-Access-Token": self.shop.credentials["access_token"],
                },
            )
        except transport.NotSent as error:
            limiter.give_back(self.shop, price)
            raise ShopifyUnavailable(f"{document.name}: no connection ({error})") from None
        except transport.NotFormed as error:
            limiter.give_back(self.shop, price)
            reason = f"cannot be sent ({error}): check the token and SHOPIFY_BASE_URL"
            raise ShopifyRejected(document.name, [reason]) from None
        except transport.AnswerLost as error:
            raise answers.lost(document, f"no answer ({error})") from None
        answer = answers.open_answer(document, response)
        if answer.throttle:
            # Throttled calls show no actual cost: they spent nothing.
            limiter.settle(self.shop, answer.throttle, refund=price - (answer.actual_cost or 0))
        return answer

    def _wait_for_points(self, document: Document, price: int, deadline: float) -> None:
        while wait := limiter.reserve(self.shop, price, self._priority):
            if time.monotonic() + wait > deadline:
                raise ShopifyUnavailable(
                    f"{document.name}: the store's budget is spent",
                    retry_after=timedelta(seconds=wait),
                )
            time.sleep(wait)

    def _note_success(self) -> None:
        now = timezone.now()
        before = self.shop.last_ok_at
        if self.shop.last_error or before is None or now - before > NOTE_EVERY:
            self.shop.last_ok_at, self.shop.last_error = now, ""
            Shop.objects.filter(pk=self.shop.pk).update(last_ok_at=now, last_error="")

    def _failed(self, call: "_Call", error: ShopifyError) -> None:
        self._record(call.failed(error))
        if isinstance(error, ShopifyAccessDenied):
            self.shop.last_error = str(error)
            Shop.objects.filter(pk=self.shop.pk).update(last_error=str(error))


class _Call:
    """One request under way, on its way to becoming a CallRecord."""

    def __init__(self, document: Document, key: str) -> None:
        self._document = document
        self._key = key
        self._started_at: datetime = timezone.now()
        self._started = time.monotonic()
        self._answer: answers.Answer | None = None

    def answered(self, answer: answers.Answer) -> None:
        self._answer = answer

    def succeeded(self, errors: list[dict[str, Any]]) -> CallRecord:
        extract = [
            {name: error.get(name) for name in ("code", "field", "message")}
            for error in errors[:5]
        ]
        return self._record(
            outcome="refused" if errors else "ok",
            answer={"userErrors": extract, "count": len(errors)} if errors else {},
        )

    def failed(self, error: ShopifyError) -> CallRecord:
        outcome = next(name for kind, name in _OUTCOMES if isinstance(error, kind))
        return self._record(outcome=outcome, error=str(error)[:500])

    def _record(
        self, *, outcome: str, error: str = "", answer: dict[str, Any] | None = None
    ) -> CallRecord:
        actual = self._answer.actual_cost if self._answer else None
        return CallRecord(
            system="shopify",
            operation=self._document.name,
            started_at=self._started_at,
            milliseconds=round((time.monotonic() - self._started) * 1000),
            outcome=outcome,
            is_write=self._document.is_write,
            idempotency_key=self._key,
            request_id=self._answer.request_id if self._answer else "",
            cost=None if actual is None else Decimal(str(actual)),
            error=error,
            answer=answer or {},
        )
