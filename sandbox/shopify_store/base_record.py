"""What most records have."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Record(msgspec.Struct, kw_only=True, omit_defaults=True):
    id: int
    created_at: datetime
    updated_at: datetime
