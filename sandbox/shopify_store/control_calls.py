"""What control calls have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from .delivery import Courier
from .store import OpenShop, Store

T = TypeVar("T")


class NotFound(Exception):
    """There is no such thing in this shop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """The parts of a running store that a control call may use."""

    store: Store
    courier: Courier


Handler = Callable[[Running, OpenShop, dict[str, Any], dict[str, str]], Any]


def read(kind: type[T], body: dict[str, Any]) -> T:
    """JSON may write ids as text and amounts as numbers."""
    return msgspec.convert(body, kind, strict=False)
