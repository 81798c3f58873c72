"""How the store says no: in the answer's `userErrors`, or instead of an answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

UserError = dict[str, Any]


class Refused(Exception):
    """Nothing was done; the caller reads why in `userErrors`."""

    def __init__(self, errors: Sequence[UserError]) -> None:
        super().__init__("; ".join(str(error["message"]) for error in errors))
        self.errors = list(errors)


def user_error(
    field: Sequence[str | int] | None, message: str, code: str | None = None, **more: Any
) -> UserError:
    """One entry of `userErrors`. Shopify writes the index of a list element as text."""
    path = None if field is None else [str(step) for step in field]
    return {"field": path, "message": message, "code": code, **more}


def refuse(field: Sequence[str | int] | None, message: str, code: str | None = None) -> Refused:
    return Refused([user_error(field, message, code)])
