"""The embedded page in a frame of another site, as the Shopify admin shows it."""

import http.server
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from tests.sync.makers import SECRET, make_channel, make_order
from tests.sync.views.test_embedded import HOST, token

# What App Bridge is to the page: somebody who has a token when asked.
BRIDGE = "window.shopify = { idToken: async () => 'TOKEN' };"


class Outside(http.server.BaseHTTPRequestHandler):
    """Another site: a page with a frame, and the script that it lends to the frame."""

    frame = ""
    bridge = ""

    def do_GET(self) -> None:
        script = self.path == "/app-bridge.js"
        icon = '<link rel="icon" href="data:,">'
        body = self.bridge if script else f'{icon}<iframe src="{self.frame}" width=900 height=700>'
        kind = "text/javascript" if script else "text/html"
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_args: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def outside() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Outside)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    # Our own server is at "localhost": to the browser this is another site.
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_a_merchant_sees_the_store_inside_shopify(
    page: Page, live_server: LiveServer, outside: str, settings: Settings, language: str
) -> None:
    settings.SHOPIFY_CLIENT_ID, settings.SHOPIFY_CLIENT_SECRETS = "client-id", [SECRET]
    settings.EMBED_EXTRA_ANCESTORS = [outside]
    settings.SHOPIFY_APP_BRIDGE_URL = f"{outside}/app-bridge.js"
    channel = make_channel()
    order = make_order(channel, erp_number="P26-1", state="in_erp")
    domain = channel.shop.domain
    Outside.bridge = BRIDGE.replace("TOKEN", token(domain))
    Outside.frame = (
        f"{live_server.url}/shopify/?shop={domain}&host={HOST}"
        f"&locale={language}&id_token={token(domain)}"
    )

    page.goto(outside)

    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", name=channel.name)).to_be_visible()
    expect(frame.get_by_role("cell", name=order.name)).to_be_visible()
    expect(frame.get_by_role("cell", name="P26-1")).to_be_visible()
    later = make_order(channel)
    expect(frame.get_by_role("cell", name=later.name)).to_be_visible(timeout=15_000)
    assert page.context.cookies() == []
