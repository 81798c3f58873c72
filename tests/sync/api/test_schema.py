import json

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from mapping.models import Channel
from tests.sync.api.client import Partner


def test_the_description_is_valid_and_complete() -> None:
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    validate_schema(schema)  # type: ignore[no-untyped-call]

    operations = {
        operation["operationId"]
        for path in schema["paths"].values()
        for operation in path.values()
    }
    assert operations == {
        *("push_stock_levels", "push_prices", "list_orders", "get_order"),
        *("acknowledge_order", "me", "health"),
    }


def test_the_examples_work_as_they_stand(channel: Channel, partner: Partner) -> None:
    schema = Client().get("/api/schema/", headers={"Accept": "application/json"})
    paths = json.loads(schema.content)["paths"]

    for path in ("stock/levels", "prices"):
        body = paths[f"/api/v1/{path}"]["post"]["requestBody"]["content"]["application/json"]
        (example,) = body["examples"].values()
        value = json.dumps(example["value"]).replace("2026-11-24", "2026-01-24")
        assert partner.post(path, value).status_code == 202


@pytest.mark.django_db
def test_the_docs_load_nothing_from_elsewhere() -> None:
    page = Client().get("/api/docs/")

    assert page.status_code == 200
    assert b"https://" not in page.content.replace(b"https://github.com", b"")
    assert b"<script>" not in page.content
