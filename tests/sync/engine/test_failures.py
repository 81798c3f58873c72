"""What a failure means for the row it happened to."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, InterfaceError, OperationalError

from erp_connectors import errors as erp
from shopify_app import errors as shopify
from sync.failures import DELAYS, Park, RetryIn, SetAside, decide


@pytest.mark.parametrize(
    "error",
    [
        erp.ErpUnavailable("away"),
        erp.ErpOutcomeUnknown("lost"),
        shopify.ShopifyUnavailable("slow down"),
        shopify.ShopifyOutcomeUnknown("lost"),
        OperationalError("the database restarts"),
        InterfaceError("closed"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_heals_by_itself_is_tried_again(error: Exception) -> None:
    for attempts in range(1, len(DELAYS) + 1):
        answer = decide(error, attempts=attempts)
        assert isinstance(answer, RetryIn)
        expected = DELAYS[attempts - 1]
        assert expected * 0.75 <= answer.delay <= expected * 1.25
    assert decide(error, attempts=len(DELAYS) + 1) == Park("gave_up")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SetAside("no_sku"), "no_sku"),
        (shopify.ShopifyAccessDenied("token"), "shopify_access"),
        (shopify.ShopifyRejected("product_set", ["no"]), "shopify_refused"),
        (erp.ErpMisconfigured("password"), "erp_setup"),
        (erp.ErpRejected("closed year"), "erp_refused"),
        (erp.ErpRecordMissing("customer", "7"), "erp_refused"),
        (IntegrityError("twice"), "error"),
        (ValueError("a defect"), "error"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value,
)
def test_what_does_not_heal_waits_for_a_person(error: Exception, code: str) -> None:
    assert decide(error, attempts=1) == Park(code)


def test_a_pause_the_other_side_asks_for_is_kept() -> None:
    error = shopify.ShopifyUnavailable("slow down", retry_after=timedelta(minutes=10))

    assert decide(error, attempts=1) == RetryIn(timedelta(minutes=10))


def test_patience_lasts_a_weekend() -> None:
    assert timedelta(days=2, hours=12) < sum(DELAYS, timedelta()) < timedelta(days=4)
