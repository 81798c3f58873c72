"""A bulk query's file is taken whole or not at all, and nobody else's file is fetched."""

import gzip
import json
import socket
import tracemalloc
from datetime import timedelta
from typing import Any

import pytest

from mapping.documents import CallRecord
from shopify_app import bulk, documents, transport
from shopify_app.client import ShopifyClient
from shopify_app.errors import (
    BulkFileUnusable,
    ShopifyAccessDenied,
    ShopifyError,
    ShopifyRejected,
    ShopifyUnavailable,
)
from shopify_app.models import Shop
from tests.shopify_app import raw_server as wire
from tests.shopify_app.conftest import TOKEN
from tests.shopify_app.raw_server import RawServer

OPERATION = "gid://shopify/BulkOperation/1"
RUNNING = {"status": "RUNNING", "errorCode": None, "objectCount": "0", "url": None}
FILE = b'{"id":"gid:\\/\\/shopify\\/Product\\/1"}\n{"id":"gid:\\/\\/shopify\\/Product\\/2"}\n'
ROWS = [{"id": "gid://shopify/Product/1"}, {"id": "gid://shopify/Product/2"}]


@pytest.fixture
def records() -> list[CallRecord]:
    return []


@pytest.fixture
def client(shop: Shop, shopify: RawServer, records: list[CallRecord]) -> ShopifyClient:
    return ShopifyClient.for_shop(shop, record=records.append)


@pytest.fixture
def pauses() -> list[float]:
    """How long was waited; nobody really waits."""
    return []


def started(*errors: dict[str, Any]) -> wire.Step:
    operation = None if errors else {"id": OPERATION}
    payload = {"bulkOperation": operation, "userErrors": list(errors)}
    return wire.data({"bulkOperationRunQuery": payload})


def shown(**changes: Any) -> wire.Step:
    return wire.data({"bulkOperation": RUNNING | {"partialDataUrl": None} | changes})


def completed(shopify: RawServer, *, objects: int = 2, **changes: Any) -> wire.Step:
    values = {"status": "COMPLETED", "objectCount": str(objects), "url": shopify.url + "/file"}
    return shown(**(values | changes))


def state(**changes: Any) -> bulk.BulkState:
    values = {"status": "COMPLETED", "url": "", "error_code": "", "partial_url": ""}
    return bulk.BulkState(**({"object_count": 2} | values | changes))


def gets(shopify: RawServer) -> list[str]:
    return [each.path for each in shopify.requests if not each.body]


def test_the_rows_of_a_whole_file_arrive(
    client: ShopifyClient, shopify: RawServer, pauses: list[float]
) -> None:
    shopify.script = [
        *(started(), shown(), shown()),
        *(completed(shopify), wire.respond(200, FILE)),
    ]

    found = list(bulk.run(client, "levels", pause=pauses.append))

    assert found == ROWS
    sent = shopify.requests[0].variables
    assert sent == {"query": documents.bulk_text("levels"), "grouped": False}
    assert pauses == [1.0, 1.5, 2.25]


def test_the_token_is_not_sent_for_the_file(
    client: ShopifyClient, shopify: RawServer, pauses: list[float]
) -> None:
    shopify.script = [started(), completed(shopify), wire.respond(200, FILE)]

    list(bulk.run(client, "levels", pause=pauses.append))

    file = shopify.requests[-1]
    assert file.path == "/file"
    assert TOKEN not in str(file.headers)
    assert "x-shopify-access-token" in shopify.requests[0].headers


def test_a_compressed_file_is_unpacked(client: ShopifyClient, shopify: RawServer) -> None:
    packed = wire.respond(200, gzip.compress(FILE), Content_Encoding="gzip")
    shopify.script = [packed]

    assert list(bulk.rows(client, state(url=shopify.url + "/file"))) == ROWS


def test_a_line_with_nothing_in_it_is_no_row(client: ShopifyClient, shopify: RawServer) -> None:
    shopify.script = [wire.respond(200, FILE + b"\n")]

    assert list(bulk.rows(client, state(url=shopify.url + "/file"))) == ROWS


def test_who_prints_a_state_tells_no_address() -> None:
    assert "Signature" not in repr(state(url="https://h/?Signature=x", partial_url="Signature"))


def test_an_empty_answer_has_no_file(client: ShopifyClient, shopify: RawServer) -> None:
    assert list(bulk.rows(client, state(object_count=0))) == []
    with pytest.raises(BulkFileUnusable, match="no file"):
        list(bulk.rows(client, state(object_count=1)))
    assert shopify.requests == []


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"status": "FAILED", "errorCode": "INTERNAL_SERVER_ERROR"}, ShopifyUnavailable),
        ({"status": "FAILED", "errorCode": "TIMEOUT", "partial": True}, ShopifyUnavailable),
        ({"status": "FAILED", "errorCode": "ACCESS_DENIED"}, ShopifyAccessDenied),
        ({"status": "EXPIRED", "partial": True}, ShopifyUnavailable),
        ({"status": "CANCELED", "url": True}, ShopifyUnavailable),
        ({"errorCode": "INTERNAL_SERVER_ERROR"}, ShopifyUnavailable),
        ({"partial": True}, ShopifyUnavailable),
    ],
)
def test_a_part_is_never_taken_for_the_whole(
    client: ShopifyClient,
    shopify: RawServer,
    pauses: list[float],
    changes: dict[str, Any],
    kind: type[ShopifyError],
) -> None:
    address = shopify.url + "/file"
    ended = {"partialDataUrl": address if changes.pop("partial", None) else None}
    shopify.script = [started(), completed(shopify, **(ended | changes))]
    shopify.otherwise = wire.respond(200, FILE)

    with pytest.raises(kind):
        list(bulk.run(client, "levels", pause=pauses.append))

    assert gets(shopify) == []


def test_a_state_that_ended_badly_gives_no_rows(client: ShopifyClient, shopify: RawServer) -> None:
    failed = state(status="FAILED", partial_url=shopify.url + "/file")

    with pytest.raises(ShopifyUnavailable, match="not used"):
        list(bulk.rows(client, failed))
    assert shopify.requests == []


def half(connection: socket.socket) -> None:
    connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(FILE)}\r\n\r\n".encode())
    connection.sendall(FILE[:40])


def test_a_broken_download_is_begun_again(
    client: ShopifyClient, shopify: RawServer, pauses: list[float]
) -> None:
    shopify.script = [half, wire.reset, wire.respond(200, FILE)]

    rows = bulk.rows(client, state(url=shopify.url + "/file"), pause=pauses.append)

    assert list(rows) == ROWS
    assert len(pauses) == 2


@pytest.mark.parametrize(
    ("file", "complaint"),
    [
        (FILE[: FILE.index(b"\n") + 1], "1 rows for 2 objects"),
        (b"", "0 rows for 2 objects"),
        (FILE[:-5], "damaged"),
        (FILE.replace(b"Product\\/2", b"Product\\/2\xff"), "damaged"),
        (FILE + b"[]\n", "no object"),
        (b"<html>Not found</html>", "damaged"),
        (b'{"id":"' + b"x" * 300 + b'"}\n' + FILE, "too long"),
    ],
)
def test_no_row_of_a_damaged_file_is_handed_out(
    client: ShopifyClient,
    shopify: RawServer,
    monkeypatch: pytest.MonkeyPatch,
    file: bytes,
    complaint: str,
) -> None:
    monkeypatch.setattr(bulk, "LONGEST_LINE", 200)
    shopify.script = [wire.respond(200, file)]

    rows = bulk.rows(client, state(url=shopify.url + "/file"))

    with pytest.raises(BulkFileUnusable, match=complaint):
        next(rows)


def test_a_file_cut_short_before_its_compression_ended_is_not_whole(
    client: ShopifyClient, shopify: RawServer
) -> None:
    many = b"".join(b'{"id":%d}\n' % number for number in range(5000))
    packed = gzip.compress(many)[:-2000]
    shopify.otherwise = wire.respond(200, packed, Content_Encoding="gzip")

    rows = bulk.rows(client, state(url=shopify.url + "/file", object_count=5000))

    with pytest.raises(ShopifyUnavailable):
        next(rows)


@pytest.mark.parametrize("status", [301, 302, 307, 400, 403, 404, 410])
def test_a_file_that_is_elsewhere_or_gone_is_asked_for_once(
    client: ShopifyClient, shopify: RawServer, status: int
) -> None:
    shopify.otherwise = wire.respond(status, FILE, Location=shopify.url + "/other")

    with pytest.raises(BulkFileUnusable, match=f"HTTP {status}"):
        next(bulk.rows(client, state(url=shopify.url + "/file")))
    assert gets(shopify) == ["/file"]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_file_that_is_not_to_be_had_now_is_asked_for_again(
    client: ShopifyClient, shopify: RawServer, pauses: list[float], status: int
) -> None:
    shopify.otherwise = wire.respond(status, b"")

    with pytest.raises(ShopifyUnavailable) as failure:
        next(bulk.rows(client, state(url=shopify.url + "/file"), pause=pauses.append))
    assert not isinstance(failure.value, BulkFileUnusable)
    assert gets(shopify) == ["/file"] * bulk.DOWNLOADS


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/file",
        "http://storage.googleapis.com/file",
        "https://storage.googleapis.com:8443/file",
        "https://storage.googleapis.com.evil.example/file",
        "https://storage.googleapis.com@evil.example/file",
        "https://evil.example\\@storage.googleapis.com/file",
        "https://user@storage.googleapis.com/file",
        "http://127.0.0.1:1/file",
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "//storage.googleapis.com/file",
        "https://[/file",
        "x",
    ],
)
def test_no_file_is_fetched_from_a_foreign_host(
    client: ShopifyClient, shopify: RawServer, records: list[CallRecord], url: str
) -> None:
    with pytest.raises(ShopifyRejected) as refusal:
        next(bulk.rows(client, state(url=url)))

    assert shopify.requests == []
    # What is in an address may be a secret.
    assert url not in str(refusal.value)
    assert [(each.operation, each.outcome) for each in records] == [("bulk_file", "refused")]


def test_shopifys_own_files_may_be_fetched() -> None:
    url = "https://storage.googleapis.com/shopify/bulk.jsonl?GoogleAccessId=a&Signature=b%2Fc"

    assert transport.file_address(url, "shop-1.myshopify.com") == url


def test_no_place_for_one_more_means_later(client: ShopifyClient, shopify: RawServer) -> None:
    error = {"code": "OPERATION_IN_PROGRESS", "field": None, "message": "five are running"}
    shopify.script = [started(error)]

    with pytest.raises(ShopifyUnavailable) as refusal:
        bulk.start(client, "levels")

    assert refusal.value.retry_after == timedelta(minutes=2)


def test_a_query_that_is_refused_is_our_mistake(client: ShopifyClient, shopify: RawServer) -> None:
    shopify.script = [started({"code": "INVALID", "field": ["query"], "message": "no connection"})]

    with pytest.raises(ShopifyRejected, match="levels: no connection"):
        bulk.start(client, "levels")


def test_starting_one_is_no_write(
    client: ShopifyClient, shopify: RawServer, records: list[CallRecord]
) -> None:
    shopify.script = [started()]

    assert bulk.start(client, "levels") == OPERATION
    assert [each.is_write for each in records] == [False]


def test_one_that_takes_too_long_is_stopped(
    client: ShopifyClient, shopify: RawServer, pauses: list[float]
) -> None:
    stopped = wire.data({"bulkOperationCancel": {"userErrors": []}})
    shopify.script = [*[shown()] * 4, stopped]

    with pytest.raises(ShopifyUnavailable, match="too long"):
        bulk.wait(client, OPERATION, pause=pauses.append, longest=timedelta(seconds=8))

    assert sum(pauses) == 8.125
    assert b"bulkOperationCancel" in shopify.requests[-1].body


def test_a_failed_look_or_a_new_word_is_no_end(
    client: ShopifyClient, shopify: RawServer, pauses: list[float]
) -> None:
    shopify.script = [
        *[wire.respond(503, b"")] * 3,
        shown(status="THINKING"),
        completed(shopify),
    ]

    assert bulk.wait(client, OPERATION, pause=pauses.append).is_done


def thousands(count: int) -> wire.Step:
    """Answer with so many thousand rows, made once: the sender's memory is not at stake."""
    row = json.dumps({"id": "gid://shopify/Product/1", "text": "x" * 250}).encode() + b"\n"
    block = row * 1000

    def step(connection: socket.socket) -> None:
        length = len(block) * count
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode())
        for _ in range(count):
            connection.sendall(block)

    return step


@pytest.mark.slow
def test_a_file_two_hundred_times_as_long_takes_no_more_memory(
    client: ShopifyClient, shopify: RawServer
) -> None:
    def peak(count: int) -> int:
        shopify.script = [thousands(count)]
        done = state(url=shopify.url + "/file", object_count=count * 1000)
        tracemalloc.start()
        try:
            assert sum(1 for _ in bulk.rows(client, done)) == count * 1000
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(1)
    small, large = peak(1), peak(200)

    # The large file has 60 MB.
    assert large - small < 1024 * 1024
