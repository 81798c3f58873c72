"""Staged uploads: an address to post a file to, and the form that comes in there."""

from __future__ import annotations

import base64
import mmap
import re
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

from ..bulk_records import StagedUpload
from ..refusals import Refused, UserError, user_error
from ..store import Action
from . import files

MAX_UPLOAD = 100 * 1024 * 1024
MIME_TYPE = "text/jsonl"
# How long after it was announced the file may come.
OPEN_FOR = timedelta(days=1)
_NAME = re.compile(r'\bname="([^"]*)"')


class BadForm(Exception):
    """The file store refuses the form, with a status and a code."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


def announce(act: Action, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Answer, for each file that is to come, where it goes and with which form fields."""
    errors = [error for index, row in enumerate(rows) for error in _problems(index, row)]
    if errors:
        raise Refused(errors)
    return [_target(act, row) for row in rows]


def _problems(index: int, row: dict[str, Any]) -> list[UserError]:
    at = ["input", str(index)]
    if row["resource"] != "BULK_MUTATION_VARIABLES":
        message = f"sandbox: staged uploads of {row['resource']} are not modelled"
        return [user_error([*at, "resource"], message)]
    if row.get("httpMethod") != "POST":
        message = "sandbox: BULK_MUTATION_VARIABLES is uploaded by POST here, not PUT"
        return [user_error([*at, "httpMethod"], message)]
    if row["mimeType"] != MIME_TYPE:
        message = f"{row['mimeType']} is not a recognized format"
        return [user_error([*at, "mimeType"], message)]
    if not row["filename"].strip() or "/" in row["filename"]:
        return [user_error([*at, "filename"], "Filename is invalid")]
    return []


def _target(act: Action, row: dict[str, Any]) -> dict[str, Any]:
    shop, name = act.shop, str(uuid.uuid4())
    key = f"tmp/{shop.id}/bulk/{name}/{row['filename']}"
    shop.uploads[key] = StagedUpload(
        key=key, file=f"{name}.jsonl", created_at=act.now, mime_type=row["mimeType"]
    )
    policy = msgspec.json.encode({"key": key, "until": (act.now + OPEN_FOR).timestamp()})
    text = base64.b64encode(policy).decode()
    parameters = {
        "Content-Type": row["mimeType"],
        "success_action_status": "201",
        "acl": "private",
        "key": key,
        "policy": text,
        "x-goog-signature": files.sign(shop, text),
    }
    return {
        "url": f"{act.store.base_url}/shops/{shop.domain}/uploads",
        "resourceUrl": None,
        "parameters": [{"name": name, "value": value} for name, value in parameters.items()],
    }


def accept(act: Action, spool: Path, content_type: str) -> str:
    """Check a form that lies in `spool` and keep its file; return the file's key."""
    _, _, boundary = content_type.partition("boundary=")
    boundary = boundary.split(";")[0].strip().strip('"')
    if not content_type.startswith("multipart/form-data") or not boundary:
        raise BadForm(400, "MalformedPOSTRequest")
    with (
        spool.open("rb") as opened,
        mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as body,
    ):
        fields, start, end = _split(body, boundary.encode())
        upload = _check(act, fields, end - start)
        _copy(body, start, end, files.upload_path(act.store, act.shop, upload.file))
    upload.size = end - start
    return upload.key


def _copy(body: mmap.mmap, start: int, end: int, target: Path) -> None:
    with target.open("wb") as out:
        for at in range(start, end, 1 << 20):
            out.write(body[at : min(at + (1 << 20), end)])


def _split(body: mmap.mmap, boundary: bytes) -> tuple[dict[str, str], int, int]:
    """The fields before the file, and where the file begins and ends."""
    fields: dict[str, str] = {}
    mark, at = b"--" + boundary, 0
    while (at := body.find(mark, at)) >= 0:
        at += len(mark)
        head_end = body.find(b"\r\n\r\n", at)
        end = body.find(b"\r\n" + mark, at)
        if head_end < 0 or end < 0:
            break
        name, is_file = _header(body[at:head_end])
        if is_file:
            return fields, head_end + 4, end
        fields[name] = body[head_end + 4 : end].decode(errors="replace")
        at = end
    raise BadForm(400, "MalformedPOSTRequest")


def _header(raw: bytes) -> tuple[str, bool]:
    found = _NAME.search(raw.decode(errors="replace"))
    name = found[1] if found else ""
    return name, name == "file"


def _check(act: Action, fields: dict[str, str], size: int) -> StagedUpload:
    shop, policy = act.shop, fields.get("policy", "")
    if not files.signed(shop, policy, fields.get("x-goog-signature", "")):
        raise BadForm(403, "SignatureDoesNotMatch")
    promised = msgspec.json.decode(base64.b64decode(policy))
    held = shop.uploads.get(fields.get("key", ""))
    if held is None or promised["key"] != held.key:
        raise BadForm(403, "AccessDenied")
    if promised["until"] < act.now.timestamp():
        raise BadForm(400, "ExpiredToken")
    if fields.get("Content-Type") != held.mime_type:
        raise BadForm(403, "AccessDenied")
    if size > MAX_UPLOAD:
        raise BadForm(400, "EntityTooLarge")
    return held
