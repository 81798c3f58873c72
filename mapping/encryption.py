"""Secrets at rest: a JSON field that the database never sees in clear."""

import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models


def _box() -> MultiFernet:
    # The first key encrypts; the others still decrypt, so keys can be rotated.
    return MultiFernet([Fernet(key) for key in settings.ENCRYPTION_KEYS])


class EncryptedJSONField(models.TextField):  # type: ignore[type-arg]
    """A small dictionary of secrets, encrypted as one text. It cannot be searched."""

    def from_db_value(self, value: str | None, *_args: Any) -> dict[str, Any]:
        if not value:
            return {}
        try:
            loaded: dict[str, Any] = json.loads(_box().decrypt(value.encode()))
        except InvalidToken:
            raise ImproperlyConfigured(
                "A stored secret was encrypted with a key that is not in ENCRYPTION_KEYS."
            ) from None
        return loaded

    def to_python(self, value: Any) -> Any:
        return value

    def get_prep_value(self, value: Any) -> str:
        return _box().encrypt(json.dumps(value or {}).encode()).decode()

    def value_to_string(self, obj: models.Model) -> str:
        # dumpdata and the admin's history must not carry secrets out.
        return ""
