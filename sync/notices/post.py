"""One call to an address that somebody typed in: looked up, timed, and not followed on."""

import contextlib
import socket
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx2
from django.utils.translation import gettext_noop as _

from sync.notices.errors import NotDelivered
from sync.notices.places import check_address

_MAY_COME_LATER = {429, 503}
_LONGEST_WAIT = timedelta(hours=1)
_AWAY = _("The receiver cannot be reached.")
_SLOW = _("The receiver did not answer in time.")
_ANSWERED = _("The receiver answered %(status)s and not that it took it.")
_ELSEWHERE = _("The receiver answered %(status)s: it has moved. Enter its new address.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long, in seconds, one answer is waited for, and a whole call may last."""

    answer: float = 5
    whole: float = 10


def post(
    url: str, body: bytes, headers: Mapping[str, str], *, patience: Patience | None = None
) -> None:
    """Post JSON and return if it was taken, or raise NotDelivered.

    The answer's body is not read: whoever may enter an address must learn nothing of
    what answers there.
    """
    patience = patience or Patience()
    target = check_address(url)
    address = httpx2.URL(target.url)
    cut = _Cut()
    try:
        with (
            cut.after(patience.whole),
            httpx2.Client(
                timeout=patience.answer, follow_redirects=False, trust_env=False
            ) as client,
            client.stream(
                "POST",
                # To the address that was checked: its name may lead elsewhere by now.
                address.copy_with(host=target.pinned.ip),
                content=body,
                headers={
                    **headers,
                    "Host": address.netloc.decode(),
                    "Content-Type": "application/json",
                    "User-Agent": "Puente",
                },
                extensions={"sni_hostname": target.pinned.host, "trace": cut.trace},
            ) as response,
        ):
            _check(response)
    except httpx2.TimeoutException:
        raise NotDelivered(_SLOW) from None
    except (httpx2.HTTPError, httpx2.InvalidURL):
        # Their texts may hold the address, which can be a secret in itself.
        raise NotDelivered(_SLOW if cut.happened else _AWAY) from None


def _check(response: httpx2.Response) -> None:
    status = response.status_code
    if response.is_success:
        return
    if response.is_redirect:
        raise NotDelivered(_ELSEWHERE, status=str(status))
    wait = _asked_wait(response) if status in _MAY_COME_LATER else None
    raise NotDelivered(_ANSWERED, retry_after=wait, status=str(status))


def _asked_wait(response: httpx2.Response) -> timedelta | None:
    asked = response.headers.get("retry-after", "")[:6]
    return min(timedelta(seconds=int(asked)), _LONGEST_WAIT) if asked.isdecimal() else None


class _Cut:
    """Ends a call that lasts too long, however slowly its answer drips."""

    def __init__(self) -> None:
        self.happened = False
        self._stream: Any = None

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Remember the connection when it is made; called by the HTTP library."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._stream = info["return_value"]

    @contextlib.contextmanager
    def after(self, seconds: float) -> Iterator[None]:
        timer = threading.Timer(seconds, self._now)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _now(self) -> None:
        self.happened = True
        connection = self._stream and self._stream.get_extra_info("socket")
        if connection is not None:
            # Not closed: the thread that reads would be left with a number that soon
            # belongs to another file.
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
