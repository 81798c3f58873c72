from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.utils import timezone, translation
from pytest_django import Settings

from mapping.models import Channel, Company
from shopify_app import commands, own_fields, reads
from shopify_app.client import ShopifyClient
from shopify_app.commands import ProductSet
from shopify_app.models import Shop
from tests.shopify_app.raw_server import RawServer
from tests.shopify_app.sandbox import Sandbox, Store
from tests.shopify_app.sandbox_shop import mugs, show

# Nothing may carry these out: not an exception, not a log line, not a record of a call.
TOKEN = "shpat_CANARY_access"
REFRESH_TOKEN = "shprt_CANARY_refresh"
CLIENT_SECRET = "shpss_CANARY_secret"

_numbers = count(1)


def make_shop(**fields: Any) -> Shop:
    number = next(_numbers)
    company = Company.objects.create(name=f"Company {number}")
    channel = Channel.objects.create(company=company, name=f"Channel {number}")
    values = {
        "domain": f"shop-{number}.myshopify.com",
        "grant": Shop.Grant.TOKEN_EXCHANGE,
        "credentials": {"access_token": TOKEN, "refresh_token": REFRESH_TOKEN},
        "token_expires_at": timezone.now() + timedelta(hours=1),
    }
    return Shop.objects.create(channel=channel, **(values | fields))


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def shopify(settings: Settings) -> Iterator[RawServer]:
    """A Shopify whose every answer the test scripts."""
    server = RawServer()
    settings.SHOPIFY_BASE_URL = server.url + "/{shop}"
    settings.SHOPIFY_CLIENT_ID = "client-1"
    settings.SHOPIFY_CLIENT_SECRETS = [CLIENT_SECRET]
    yield server
    server.close()


@pytest.fixture
def shop(db: None) -> Shop:
    return make_shop()


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    running = Sandbox.start()
    yield running
    running.stop()


@pytest.fixture
def store(sandbox: Sandbox, settings: Settings) -> Store:
    """A new, empty store of the sandbox, with our app installed in it."""
    made = sandbox.open_store()
    settings.SHOPIFY_BASE_URL = sandbox.url + "/shops/{shop}"
    settings.SHOPIFY_CLIENT_ID = made.made["app"]["client_id"]
    settings.SHOPIFY_CLIENT_SECRETS = [made.made["app"]["client_secret"]]
    return made


@pytest.fixture
def client(store: Store, db: None) -> ShopifyClient:
    """Our client of the sandbox's store."""
    credentials = {"access_token": store.made["access_token"]}
    return ShopifyClient.for_shop(
        make_shop(domain=store.domain, credentials=credentials, token_expires_at=None)
    )


@pytest.fixture
def product(client: ShopifyClient) -> reads.ShownProduct:
    """Mugs in red and blue, made by our own write and read back."""
    made = commands.send(ProductSet(input=mugs("Rojo", "Azul")), client, key="p")
    shown = reads.shown_product(client, made.data["product"]["id"], own_fields.NONE)
    assert shown is not None
    return shown


@pytest.fixture
def stocked(client: ShopifyClient, store: Store, product: reads.ShownProduct) -> None:
    for number, variant in enumerate(product.variants):
        show(client, store, variant.inventory_item, 100, f"stock-{number}")
