"""Where result files lie, and the signed addresses that anybody may fetch them from."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta
from pathlib import Path

from ..bulk_records import BulkOperation
from ..records import Shop
from ..store import Store

KEPT = timedelta(days=7)


def result_path(store: Store, shop: Shop, number: int) -> Path:
    folder = store.folder / "bulk" / shop.domain
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"bulk-{number}.jsonl"


def upload_path(store: Store, shop: Shop, name: str) -> Path:
    folder = store.folder / "uploads" / shop.domain
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name


def address(store: Store, shop: Shop, operation: BulkOperation) -> str | None:
    """The address of the lines there are; None while it runs, or when there are none."""
    if operation.completed_at is None or not operation.objects:
        return None
    expires = int((operation.completed_at + KEPT).timestamp())
    signature = sign(shop, f"{operation.id}:{expires}")
    name = f"bulk-{operation.id}.jsonl"
    query = f"Expires={expires}&Signature={signature}"
    return f"{store.base_url}/shops/{shop.domain}/bulk/{name}?{query}"


def sign(shop: Shop, text: str) -> str:
    return hmac.new(shop.file_key.encode(), text.encode(), hashlib.sha256).hexdigest()


def signed(shop: Shop, text: str, signature: str) -> bool:
    return hmac.compare_digest(sign(shop, text).encode(), signature.encode())


def refusal(
    shop: Shop, number: int, *, expires: str, signature: str, now: datetime
) -> tuple[int, str] | None:
    """Status and code with which the file store says no; None when it serves."""
    if not expires.isdigit() or not signed(shop, f"{number}:{expires}", signature):
        return 403, "SignatureDoesNotMatch"
    if int(expires) < now.timestamp():
        return 400, "ExpiredToken"
    return None
