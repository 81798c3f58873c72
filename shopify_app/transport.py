"""One pooled HTTP client for the process, and what a request can come to.

Every request to Shopify, GraphQL and OAuth alike, leaves from here.
"""

import os
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import BinaryIO

import httpx2
from django.conf import settings

TIMEOUT = httpx2.Timeout(30, connect=5)
# A token is asked for with its row locked, and other workers wait behind it.
TOKEN_TIMEOUT = httpx2.Timeout(10, connect=5)
# A server that trickles bytes would never hit the time-out above.
LONGEST_CALL = 60.0
LARGEST_ANSWER = 32 * 1024 * 1024
USER_AGENT = "Puente"

# Files go to the disk and not into memory: as much as that may hold, and as long as it takes.
LARGEST_FILE = 4 * 1024**3
LONGEST_DOWNLOAD = 900.0
# Where Shopify keeps the files that it makes for us.
FILE_HOSTS = {"storage.googleapis.com"}

SHOP_DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]*\.myshopify\.com")


class NotSent(Exception):
    """Nothing left this machine, so nothing can have happened."""


class NotFormed(Exception):
    """The request cannot be written down: a wrong address, or a token with odd characters."""


class AnswerLost(Exception):
    """The request left and no whole answer came back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    status: int
    headers: Mapping[str, str]
    body: bytes


def address(shop_domain: str, path: str) -> str:
    """Return where to call a store. Raises NotFormed for what is not a store's domain."""
    # A domain comes from headers, tokens and forms: unchecked it could name any host.
    if len(shop_domain) > 120 or not SHOP_DOMAIN.fullmatch(shop_domain):
        raise NotFormed("not a myshopify.com domain")
    base: str = settings.SHOPIFY_BASE_URL
    return base.replace("{shop}", shop_domain).rstrip("/") + path


def file_address(url: str, shop_domain: str) -> str:
    """Return the address of a file that an answer named. Raises NotFormed if it is not Shopify's.

    Unchecked it could name any machine that we reach, and some trust us.
    """
    try:
        # The sender's own parser: another one may read the host differently.
        found, store = httpx2.URL(url), httpx2.URL(address(shop_domain, "/"))
    except (httpx2.InvalidURL, TypeError):
        raise NotFormed("not an address") from None
    stored = found.scheme == "https" and found.port is None and found.host in FILE_HOSTS
    here = (found.scheme, found.host, found.port) == (store.scheme, store.host, store.port)
    if found.userinfo or not (stored or here):
        raise NotFormed("not one of Shopify's file addresses")
    return url


def download(url: str, target: BinaryIO) -> int:
    """Save what is at an address, unpacked, and return the status. Only a 200 is saved.

    No token goes along: the address itself is the permission. Raises as `post` does.
    """
    with _plainly(), pooled().stream("GET", url, headers={"Accept": "*/*"}) as response:
        if response.status_code == 200:
            _save(response, target)
        return response.status_code


def post(
    url: str,
    *,
    content: bytes | None = None,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str],
    timeout: httpx2.Timeout | None = None,
) -> Response:
    """Send one request, once. Raises NotSent, NotFormed or AnswerLost.

    The exceptions carry a kind and no more: an original message may quote a header,
    and one of ours is the token.
    """
    if not all(value.isascii() and value.isprintable() for value in headers.values()):
        # The HTTP library would quote the value, and so the token, in its debug log.
        raise NotFormed("a header holds odd characters")
    started = time.monotonic()
    with (
        _plainly(),
        pooled().stream(
            "POST",
            url,
            content=content,
            data=form,
            headers=dict(headers),
            timeout=timeout or TIMEOUT,
        ) as response,
    ):
        body = _read(response, started)
        return Response(status=response.status_code, headers=response.headers, body=body)


@contextmanager
def _plainly() -> Iterator[None]:
    """Say what became of a request, and nothing that was in it."""
    try:
        yield
    except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
        raise NotSent(type(error).__name__) from None
    except (httpx2.LocalProtocolError, httpx2.UnsupportedProtocol, httpx2.InvalidURL) as error:
        raise NotFormed(type(error).__name__) from None
    except httpx2.RequestError as error:
        raise AnswerLost(type(error).__name__) from None


def _read(response: httpx2.Response, started: float) -> bytes:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > LARGEST_ANSWER:
            raise AnswerLost("the answer is too large")
        if time.monotonic() - started > LONGEST_CALL:
            raise AnswerLost("the answer never ends")
    return bytes(body)


def _save(response: httpx2.Response, target: BinaryIO) -> None:
    started, saved = time.monotonic(), 0
    for chunk in response.iter_bytes():
        target.write(chunk)
        saved += len(chunk)
        if saved > LARGEST_FILE:
            raise AnswerLost("the file is too large")
        if time.monotonic() - started > LONGEST_DOWNLOAD:
            raise AnswerLost("the file never ends")


_clients: dict[str, httpx2.Client] = {}
_lock = threading.Lock()


def pooled() -> httpx2.Client:
    """Return the process's client. Threads share it; a forked child makes its own."""
    base: str = settings.SHOPIFY_BASE_URL
    with _lock:
        if base not in _clients:
            _clients[base] = httpx2.Client(
                follow_redirects=False,
                timeout=TIMEOUT,
                limits=httpx2.Limits(max_connections=50, max_keepalive_connections=20),
                headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
                # Stores share this client; a cookie of one must not reach another.
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            )
        return _clients[base]


def _forget_parents_connections() -> None:
    # Two processes writing on one connection would mix their requests up. The parent's
    # lock may also have been held at the fork.
    global _lock
    _lock = threading.Lock()
    _clients.clear()


os.register_at_fork(after_in_child=_forget_parents_connections)
