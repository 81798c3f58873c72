"""The file store: result files by signed address, and the form that uploads come by."""

from __future__ import annotations

import tempfile
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from .bulk import files, uploads
from .store import OpenShop, Store

# The form's other fields and headers.
MAX_FORM = uploads.MAX_UPLOAD + 256 * 1024


class FileStore:
    """Knows no tokens: whoever has the address may fetch, whoever has the policy may post."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        return [
            Route("/shops/{shop}/bulk/bulk-{number:int}.jsonl", self.fetch, methods=["GET"]),
            Route("/shops/{shop}/uploads", self.post, methods=["POST"]),
        ]

    async def fetch(self, request: Request) -> Response:
        opened = self._store.get(request.path_params["shop"])
        number = int(request.path_params["number"])
        if opened is None:
            return _refused(404, "NoSuchBucket")
        refusal = files.refusal(
            opened.shop,
            number,
            expires=request.query_params.get("Expires", ""),
            signature=request.query_params.get("Signature", ""),
            now=self._store.clock.now(),
        )
        if opened.faults.take(("bulk_expired_url",), {str(number)}, mutation=False):
            refusal = (400, "ExpiredToken")
        if refusal is not None:
            return _refused(*refusal)
        path = files.result_path(self._store, opened.shop, number)
        if not path.exists():
            return _refused(404, "NoSuchKey")
        return FileResponse(path, media_type="application/jsonl", filename=path.name)

    async def post(self, request: Request) -> Response:
        opened = self._store.get(request.path_params["shop"])
        if opened is None:
            return _refused(404, "NoSuchBucket")
        with tempfile.NamedTemporaryFile(dir=self._store.folder) as spool:
            size = 0
            async for part in request.stream():
                size += len(part)
                if size > MAX_FORM:
                    return _refused(400, "EntityTooLarge")
                spool.write(part)
            spool.flush()
            kind = request.headers.get("content-type", "")
            return await run_in_threadpool(self._accept, opened, Path(spool.name), size, kind)

    def _accept(self, opened: OpenShop, spool: Path, size: int, kind: str) -> Response:
        if not size:
            return _refused(400, "MalformedPOSTRequest")
        with self._store.action(opened, "upload") as act:
            try:
                key = uploads.accept(act, spool, kind)
            except uploads.BadForm as bad:
                return _refused(bad.status, bad.code)
        text = f"<PostResponse><Key>{key}</Key></PostResponse>"
        return Response(text, 201, media_type="application/xml")


def _refused(status: int, code: str) -> Response:
    text = f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code></Error>"
    return Response(text, status, media_type="application/xml")
