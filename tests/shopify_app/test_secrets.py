"""Nothing we say or write down carries a secret out."""

import logging
import traceback
from datetime import timedelta

import pytest
from django.utils import timezone

from mapping.documents import CallRecord
from shopify_app.client import ShopifyClient
from shopify_app.errors import ShopifyError
from tests.shopify_app import raw_server as wire
from tests.shopify_app.conftest import CLIENT_SECRET, REFRESH_TOKEN, TOKEN, make_shop
from tests.shopify_app.raw_server import RawServer

HTML = wire.respond(200, b"<html>maintenance</html>", Content_Type="text/html")


def test_secrets_stay_out_of_exceptions_logs_and_records(
    shopify: RawServer,
    db: None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    expired = timezone.now() - timedelta(hours=1)
    heard: list[str] = []
    records: list[CallRecord] = []
    for odd_token, step in [
        (TOKEN, wire.reset),
        (TOKEN, wire.answer({}, 401)),
        (TOKEN + "\r\nX: y", wire.reset),
        (TOKEN + "\u20ac", wire.reset),
        (TOKEN, HTML),
    ]:
        for expires in (None, expired):
            credentials = {"access_token": odd_token, "refresh_token": REFRESH_TOKEN}
            shop = make_shop(credentials=credentials, token_expires_at=expires)
            shopify.script = [step, wire.respond(400, f'{{"error":"{REFRESH_TOKEN}"}}'.encode())]
            client = ShopifyClient.for_shop(shop, record=records.append)
            with pytest.raises(ShopifyError) as raised:
                client.run("publish", {"publication": "p", "add": []})
            heard.append("".join(traceback.format_exception(raised.value)))
            heard.append(shop.last_error + repr(shop))

    everything = "\n".join([*heard, caplog.text, repr(records)])
    for secret in (TOKEN, REFRESH_TOKEN, CLIENT_SECRET, "CANARY"):
        assert secret not in everything
