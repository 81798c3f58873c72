"""Read JSON strictly: exact numbers, no name twice, no size or depth without end."""

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from http import HTTPStatus
from typing import IO, Any, NoReturn

from django.http import UnreadablePostError
from rest_framework.parsers import JSONParser

from sync.api.problems import Refused

LARGEST_BODY = 1024 * 1024
DEEPEST = 20
LONGEST_NUMBER = 40


class StrictJSONParser(JSONParser):
    """JSON as an ERP should send it. Numbers with decimals never become floats."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        request = (parser_context or {})["request"]
        if request.META.get("HTTP_CONTENT_ENCODING", "identity") != "identity":
            raise Refused(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "encoding", "Send the body uncompressed."
            )
        return parse(_read(stream, int(request.META.get("CONTENT_LENGTH") or 0)))


def parse(body: bytes) -> Any:
    """Return what a body says, or raise Refused with a sentence about what is wrong."""
    try:
        value = json.loads(
            body.decode(),
            object_pairs_hook=_object,
            parse_float=_number,
            parse_int=_number,
            parse_constant=_no_constant,
        )
    except UnicodeDecodeError:
        raise _malformed("The body is not UTF-8 text.") from None
    except json.JSONDecodeError as error:
        raise _malformed(
            f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from None
    except RecursionError:
        raise _malformed(f"The body is nested deeper than {DEEPEST} levels.") from None
    _check_depth(value, DEEPEST)
    return value


def _read(stream: IO[Any], announced: int) -> bytes:
    if announced > LARGEST_BODY:
        raise _too_large()
    try:
        body: bytes = stream.read(LARGEST_BODY + 1)
    except UnreadablePostError:
        raise _malformed("The connection ended before the body did.") from None
    if len(body) > LARGEST_BODY:
        raise _too_large()
    return body


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _malformed(f"The name {name[:80]!r} stands twice in one object.")
        found[name] = value
    return found


def _number(text: str) -> Decimal:
    # A float would lose the last cent; a number of a million digits is an attack.
    try:
        number = Decimal(text) if len(text) <= LONGEST_NUMBER else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise _malformed(f"The number {text[:20]}… is too long.")
    return number


def _no_constant(name: str) -> NoReturn:
    raise _malformed(f"{name} is not a JSON number.")


def _check_depth(value: Any, left: int) -> None:
    if left < 0:
        raise _malformed(f"The body is nested deeper than {DEEPEST} levels.")
    inner = value.values() if isinstance(value, dict) else value
    if isinstance(value, dict | list):
        for each in inner:
            _check_depth(each, left - 1)


def _malformed(detail: str) -> Refused:
    return Refused(HTTPStatus.BAD_REQUEST, "malformed", detail)


def _too_large() -> Refused:
    return Refused(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "too_large",
        f"A body may have {LARGEST_BODY} bytes at most. Send several smaller calls.",
    )
