"""A program of an ERP's partner, as small as it can be."""

from typing import Any

from django.test import Client


class Partner:
    """Calls the API with one key, the way an ERP does: no cookies, JSON both ways."""

    def __init__(self, key: str) -> None:
        self._client = Client(raise_request_exception=False)
        self.headers = {"Authorization": f"Bearer {key}"}

    def get(self, path: str, **query: Any) -> Any:
        return self._client.get(f"/api/v1/{path}", query, headers=self.headers)

    def post(
        self,
        path: str,
        body: Any,
        *,
        key: str | None = None,
        content_type: str = "application/json",
        **headers: str,
    ) -> Any:
        sent = self.headers | headers | ({"Idempotency-Key": key} if key else {})
        return self._client.post(f"/api/v1/{path}", body, content_type=content_type, headers=sent)
