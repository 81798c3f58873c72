"""What is wrong, as a problem document (RFC 9457) that names each bad field."""

import logging
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"


class Refused(exceptions.APIException):
    """A call that cannot be carried out. `code` is for programs, `detail` for people."""

    def __init__(self, status: int, code: str, detail: Any, **more: Any) -> None:
        super().__init__(detail, code)
        self.status_code = status
        self.code = code
        self.more = more


def exception_handler(error: Exception, _context: Mapping[str, Any]) -> Response | None:
    """Turn every refusal into a problem document; leave real failures to Django."""
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if not isinstance(error, exceptions.APIException):
        return None
    set_rollback()
    return problem(error)


def problem(error: exceptions.APIException) -> Response:
    document = _document(error)
    response = Response(document, status=document["status"], content_type=CONTENT_TYPE)
    if header := getattr(error, "auth_header", None):
        response["WWW-Authenticate"] = header
    if wait := getattr(error, "wait", None):
        response["Retry-After"] = str(int(wait) + 1)
    return response


def _document(error: exceptions.APIException) -> dict[str, Any]:
    if isinstance(error, exceptions.ValidationError):
        found = [{"pointer": pointer, "detail": text} for pointer, text in _flat(error.detail)]
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return _base(status, "invalid", _summary(found)) | {"errors": found}
    code = error.code if isinstance(error, Refused) else error.default_code
    more = error.more if isinstance(error, Refused) else {}
    return _base(error.status_code, code, str(error.detail)) | more


def _base(status: int, code: str, detail: str) -> dict[str, Any]:
    title = HTTPStatus(status).phrase
    return {
        "type": "about:blank",
        "title": title,
        "status": int(status),
        "code": code,
        "detail": detail,
    }


def _summary(found: list[dict[str, str]]) -> str:
    places = len({each["pointer"] for each in found})
    return f"Nothing was stored: {places} field(s) are not right. See `errors`."


def _flat(detail: Any, pointer: str = "") -> Iterator[tuple[str, str]]:
    """Walk nested messages and name each place as a JSON pointer."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            step = "" if name == "non_field_errors" else f"/{_escaped(str(name))}"
            yield from _flat(inner, pointer + step)
    elif isinstance(detail, list) and any(isinstance(each, Mapping) for each in detail):
        for index, inner in enumerate(detail):
            yield from _flat(inner, f"{pointer}/{index}")
    elif isinstance(detail, list):
        for text in detail:
            yield pointer, str(text)
    else:
        yield pointer, str(detail)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
