"""What a shop remembers of bulk operations and of the files uploaded for them."""

from __future__ import annotations

from datetime import datetime

import msgspec

OPEN = ("CREATED", "RUNNING", "CANCELING")


class BulkOperation(msgspec.Struct, kw_only=True):
    """One bulk operation. Its lines are in a file beside the snapshot, named after its id."""

    id: int
    created_at: datetime
    # When the runner takes it up, by the store's clock.
    due_at: datetime
    type: str
    query: str
    scopes: list[str]
    grouped: bool = False
    upload: str | None = None
    client_identifier: str | None = None
    status: str = "CREATED"
    completed_at: datetime | None = None
    error_code: str | None = None
    # The reason of a failure in words; only the log shows it.
    problem: str | None = None
    objects: int = 0
    roots: int = 0
    bytes: int = 0

    @property
    def updated_at(self) -> datetime:
        return self.completed_at or self.created_at


class StagedUpload(msgspec.Struct, kw_only=True):
    """An upload that was announced; `size` is None until its file has come."""

    key: str
    file: str
    created_at: datetime
    mime_type: str
    size: int | None = None
