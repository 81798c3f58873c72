"""Do on the screens what a person does there."""

from typing import Any

from django.test import Client
from django.urls import reverse


def act(client: Client, name: str, action: str, *keys: int, **more: Any) -> Any:
    """Choose rows of a list and an action."""
    return client.post(
        reverse(f"admin:sync_{name}_changelist"),
        {"action": action, "_selected_action": keys, **more},
        follow=True,
        headers={"Accept-Language": "en"},
    )


def answer(client: Client, name: str, key: int, path: str, **form: Any) -> Any:
    """Confirm the dialog of one row."""
    url = reverse(f"admin:sync_{name}_change", args=[key]).replace("/change/", f"/{path}/")
    sent = form | {"_form_submitted": "True"}
    return client.post(url, sent, headers={"Accept-Language": "en"})


def listed(client: Client, name: str, **query: Any) -> str:
    url = reverse(f"admin:sync_{name}_changelist")
    page: str = client.get(url, query, headers={"Accept-Language": "en"}).content.decode()
    return page


def opened(client: Client, name: str, key: int, language: str = "en") -> str:
    url = reverse(f"admin:sync_{name}_change", args=[key])
    page: str = client.get(url, headers={"Accept-Language": language}).content.decode()
    return page
