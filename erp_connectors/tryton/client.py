"""JSON-RPC to one Tryton database: sessions, time-outs, and every failure in our words."""

import base64
import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import httpx2

from erp_connectors.errors import (
    ErpError,
    ErpMisconfigured,
    ErpOutcomeUnknown,
    ErpUnavailable,
)
from erp_connectors.network import pin_url
from erp_connectors.tryton import sessions
from erp_connectors.tryton.failures import TrytonWarning, bad_status, refusal
from erp_connectors.tryton.sessions import Session
from erp_connectors.tryton.settings import TrytonSettings
from erp_connectors.tryton.wire import decode, encode
from mapping.documents import CallRecord, Recorder

LARGEST_ANSWER = 64 * 1024 * 1024
# Nothing of these can have reached Tryton.
NOT_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
OUTCOMES = (
    (ErpUnavailable, "unavailable"),
    (ErpOutcomeUnknown, "unknown"),
    (ErpError, "refused"),
)

Row = dict[str, Any]


class TrytonClient:
    """Calls models of one database as one user."""

    def __init__(self, settings: TrytonSettings, record: Recorder) -> None:
        self._settings = settings
        self._record = record
        self._address = pin_url(settings.url)
        self._http: httpx2.Client | None = None

    def close(self) -> None:
        """Give back the connections; the next call opens new ones."""
        if self._http:
            self._http.close()
            self._http = None

    def _connected(self) -> httpx2.Client:
        if self._http is None:
            address = httpx2.URL(self._address.url)
            # To the address that was checked: its name may lead elsewhere by now.
            pinned = str(address.copy_with(host=self._address.pinned.ip)).rstrip("/")
            self._http = httpx2.Client(
                base_url=f"{pinned}/{self._settings.database}",
                headers={"Host": address.netloc.decode()},
                timeout=httpx2.Timeout(self._settings.timeout_seconds, connect=5.0),
                follow_redirects=False,
                trust_env=False,
            )
        return self._http

    def read(self, method: str, *params: Any, **context: Any) -> Any:
        """Call a method that changes nothing; a failure can always be repeated."""
        return self._call(method, params, context, key=None)

    def write(self, method: str, *params: Any, key: str, **context: Any) -> Any:
        """Call a method that changes something, on behalf of an idempotency key.

        Raises ErpOutcomeUnknown when the answer was lost.
        """
        try:
            return self._call(method, params, context, key=key)
        except TrytonWarning as warning:
            if not warning.may_be_acknowledged:
                raise
            skip = "model.res.user.warning.skip"
            self._call(skip, (warning.name, False), {}, key=key)
            return self._call(method, params, context, key=key)

    def search(
        self,
        model: str,
        domain: Sequence[Any],
        fields: Sequence[str],
        *,
        order: Sequence[tuple[str, str]] = (("id", "ASC"),),
        limit: int | None = None,
        **context: Any,
    ) -> list[Row]:
        """Return the matching rows with these fields; `"a.b"` arrives as `row["a."]["b"]`."""
        rows: list[Row] = self.read(
            f"model.{model}.search_read",
            list(domain),
            0,
            limit,
            [list(pair) for pair in order],
            list(fields),
            **context,
        )
        return rows

    def has_field(self, model: str, name: str) -> bool:
        """Say whether this installation's model has a field; modules bring and take them."""
        session = sessions.kept(self._settings)
        if session is None or model not in session.fields:
            known = frozenset(self.read(f"model.{model}.fields_get", None))
            session = sessions.kept(self._settings)
            if session is None:
                return name in known
            session.fields[model] = known
        return name in session.fields[model]

    def _call(
        self, method: str, params: Sequence[Any], context: dict[str, Any], *, key: str | None
    ) -> Any:
        started, clock = datetime.now(UTC), time.monotonic()
        error: ErpError | None = None
        try:
            return self._with_session(method, params, context, is_write=key is not None)
        except ErpError as failure:
            error = failure
            raise
        finally:
            outcome = next((word for kind, word in OUTCOMES if isinstance(error, kind)), "ok")
            self._record(
                CallRecord(
                    system="tryton",
                    operation=method.removeprefix("model."),
                    started_at=started,
                    milliseconds=round((time.monotonic() - clock) * 1000),
                    outcome=outcome,
                    is_write=key is not None,
                    idempotency_key=key or "",
                    error=str(error)[:500] if error else "",
                )
            )

    def _with_session(
        self, method: str, params: Sequence[Any], context: dict[str, Any], *, is_write: bool
    ) -> Any:
        for attempt in (1, 2):
            session = sessions.kept(self._settings) or self._log_in()
            arguments = [*params, {**session.context, **context}]
            answer = self._post(method, arguments, session, is_write=is_write)
            if answer is not None:
                return decode(answer.get("result"))
            # The session has ended; the call was not looked at.
            sessions.forget(self._settings, session)
            if attempt == 2:
                break
        raise ErpMisconfigured("Tryton refuses this user's sessions.")

    def _log_in(self) -> Session:
        settings = self._settings
        login = [settings.user, {"password": settings.password}, "es"]
        answer = self._post("common.db.login", login, None, is_write=False)
        result = answer and answer.get("result")
        if not isinstance(result, list) or len(result) < 2:
            raise ErpMisconfigured("Tryton does not accept this user and password.")
        token = base64.b64encode(f"{settings.user}:{result[0]}:{result[1]}".encode()).decode()
        session = Session(authorization=f"Session {token}", context={})
        preferences = self._post(
            "model.res.user.get_preferences", [True, {}], session, is_write=False
        )
        context = dict(preferences["result"]) if preferences else {}
        session = Session(authorization=session.authorization, context=context)
        sessions.keep(settings, session)
        return session

    def _post(
        self, method: str, params: list[Any], session: Session | None, *, is_write: bool
    ) -> Row | None:
        """Return the answer, or None if Tryton does not know the session."""
        body = {"id": 0, "method": method, "params": encode(params)}
        headers = {"Authorization": session.authorization} if session else {}
        try:
            with self._connected().stream(
                "POST",
                "/rpc/",
                json=body,
                headers=headers,
                extensions={"sni_hostname": self._address.pinned.host},
            ) as response:
                if response.status_code == 401 and session:
                    return None
                if response.status_code == 401:
                    raise ErpMisconfigured("Tryton does not accept this user and password.")
                if response.status_code != 200:
                    raise bad_status(response.status_code, is_write=is_write)
                return _understood(_whole(response))
        except NOT_SENT as error:
            raise ErpUnavailable(f"Tryton cannot be reached: {error}") from error
        except (httpx2.HTTPError, ValueError) as error:
            if is_write:
                raise ErpOutcomeUnknown(f"Tryton's answer was lost: {error!r}") from error
            raise ErpUnavailable(f"Tryton did not answer: {error!r}") from error


def _whole(response: httpx2.Response) -> bytes:
    content = bytearray()
    for piece in response.iter_bytes():
        content += piece
        if len(content) > LARGEST_ANSWER:
            raise ValueError("the answer is too large")
    return bytes(content)


def _understood(content: bytes) -> Row:
    answer = json.loads(content)
    if not isinstance(answer, dict):
        raise ValueError("the answer is not Tryton's")
    if answer.get("error"):
        raise refusal(answer["error"])
    return answer
