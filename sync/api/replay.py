"""The Idempotency-Key: a call that is repeated takes effect once.

A key is claimed and committed before the work; the answer is stored in the transaction of
the work, so either both are there or neither. Only answers of calls that took effect are
kept: after a refusal nothing has happened, and the same key may carry the mended call.
"""

import functools
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec, TypeVar

from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from erp_connectors.models import ApiKey
from sync.api.auth import key_of
from sync.api.problems import Refused
from sync.models import StoredAnswer

# Longer than a web server lets any request run: a claim this old belongs to the dead.
CLAIM_LIFE = timedelta(seconds=60)
_KEY = re.compile(r"[\x21-\x7e]{1,255}")

View = TypeVar("View", bound=APIView)
Rest = ParamSpec("Rest")
Handler = Callable[Concatenate[View, Request, Rest], Response]


def once_per_key(handler: Handler[View, Rest]) -> Handler[View, Rest]:
    """Make a POST repeatable under its Idempotency-Key. All of it happens, or nothing."""

    @functools.wraps(handler)
    def wrapped(
        view: View, request: Request, /, *args: Rest.args, **kwargs: Rest.kwargs
    ) -> Response:
        key = _key(request)
        if key is None:
            with transaction.atomic():
                return handler(view, request, *args, **kwargs)
        claim = take(key_of(request), key, _digest(request))
        if isinstance(claim, StoredAnswer):
            return Response(
                claim.body, status=claim.status, headers={"Idempotent-Replayed": "true"}
            )
        try:
            with transaction.atomic():
                response = handler(view, request, *args, **kwargs)
                claim.keep(response)
        except BaseException:
            claim.release()
            raise
        return response

    return wrapped


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to carry out the call of one key. `claimed_at` is its fence."""

    row: StoredAnswer

    def keep(self, response: Response) -> None:
        """Store the answer, or undo the work because somebody else took the key over."""
        stored = self._mine().update(status=response.status_code, body=response.data)
        if not stored:
            raise _busy()

    def release(self) -> None:
        self._mine().delete()

    def _mine(self) -> Any:
        return StoredAnswer.objects.filter(
            pk=self.row.pk, status__isnull=True, claimed_at=self.row.claimed_at
        )


def take(api_key: ApiKey, key: str, digest: str) -> Claim | StoredAnswer:
    """Claim a key, or return the answer it got. Raises Refused if it is busy or misused."""
    try:
        with transaction.atomic():
            claimed = StoredAnswer.objects.create(api_key=api_key, key=key, request_digest=digest)
            return Claim(row=claimed)
    except IntegrityError:
        row = StoredAnswer.objects.filter(api_key=api_key, key=key).first()
    if row is None:
        # Released between our two statements.
        raise _busy()
    if row.status is not None:
        return _answered(row, digest)
    return _take_over(row, digest)


def _answered(row: StoredAnswer, digest: str) -> StoredAnswer:
    if row.request_digest != digest:
        raise Refused(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "key_reused",
            "This Idempotency-Key was used for another call. Use a new key for a new call.",
        )
    return row


def _take_over(row: StoredAnswer, digest: str) -> Claim:
    now = timezone.now()
    if row.claimed_at > now - CLAIM_LIFE:
        raise _busy()
    taken = StoredAnswer.objects.filter(
        pk=row.pk, status__isnull=True, claimed_at=row.claimed_at
    ).update(claimed_at=now, request_digest=digest)
    if not taken:
        raise _busy()
    row.claimed_at = now
    return Claim(row=row)


def _key(request: Request) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise Refused(
            HTTPStatus.BAD_REQUEST,
            "bad_key",
            "Idempotency-Key must be 1 to 255 visible ASCII characters.",
        )
    return key


def _digest(request: Request) -> str:
    # The meaning of the body and not its bytes: a client may write JSON anew each time.
    body = json.dumps(request.data, sort_keys=True, default=str)
    return hashlib.sha256(f"{request.method} {request.path}\n{body}".encode()).hexdigest()


def _busy() -> Refused:
    return Refused(
        HTTPStatus.CONFLICT,
        "in_progress",
        "A call with this Idempotency-Key is still at work. Ask again in a few seconds.",
    )
