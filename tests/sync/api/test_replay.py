from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from erp_connectors.models import ApiKey
from mapping.models import Channel
from sync.api import pushes, replay
from sync.models import InboxMessage, StoredAnswer
from tests.sync.api.client import Partner
from tests.sync.makers import make_channel, make_key

LEVELS: dict[str, Any] = {
    "levels": [{"sku": "A", "warehouse": "W", "on_hand": 3, "as_of": "2026-01-24T08:31:00+01:00"}]
}
OTHER: dict[str, Any] = {"levels": [{**LEVELS["levels"][0], "on_hand": 4}]}


def test_a_repeated_call_takes_effect_once(channel: Channel, partner: Partner) -> None:
    first = partner.post("stock/levels", LEVELS, key="k1")
    again = partner.post("stock/levels", LEVELS, key="k1")

    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json()
    assert "Idempotent-Replayed" not in first
    assert again["Idempotent-Replayed"] == "true"
    assert InboxMessage.objects.count() == 1


def test_the_same_body_written_otherwise_is_the_same_call(
    channel: Channel, partner: Partner
) -> None:
    partner.post("stock/levels", '{"levels": []}', key="k0")
    row = '{"sku":"A","warehouse":"W","on_hand":3,"as_of":"2026-01-24T08:31:00+01:00"}'
    partner.post("stock/levels", f'{{"levels":[{row}]}}', key="k1")

    assert partner.post("stock/levels", LEVELS, key="k1")["Idempotent-Replayed"] == "true"


def test_a_key_is_not_for_another_call(channel: Channel, partner: Partner) -> None:
    partner.post("stock/levels", LEVELS, key="k1")

    other = partner.post("stock/levels", OTHER, key="k1")

    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    assert InboxMessage.objects.count() == 1


def test_the_same_key_of_two_companies_is_two_keys(channel: Channel, partner: Partner) -> None:
    stranger = Partner(make_key(make_channel()))

    partner.post("stock/levels", LEVELS, key="k1")
    response = stranger.post("stock/levels", LEVELS, key="k1")

    assert "Idempotent-Replayed" not in response
    assert InboxMessage.objects.count() == 2


def test_after_a_refusal_the_mended_call_may_use_the_key(
    channel: Channel, partner: Partner
) -> None:
    bad = partner.post("stock/levels", {"levels": [{"sku": "A"}]}, key="k1")
    good = partner.post("stock/levels", LEVELS, key="k1")

    assert (bad.status_code, good.status_code) == (422, 202)


def test_a_call_still_at_work_is_not_begun_again(channel: Channel, partner: Partner) -> None:
    replay.take(ApiKey.objects.get(), "k1", "digest")

    response = partner.post("stock/levels", LEVELS, key="k1")

    assert (response.status_code, response.json()["code"]) == (409, "in_progress")
    assert not InboxMessage.objects.exists()


def test_the_key_of_a_call_that_died_is_free_after_a_while(
    channel: Channel, partner: Partner
) -> None:
    dead = replay.take(ApiKey.objects.get(), "k1", "digest")
    assert isinstance(dead, replay.Claim)
    StoredAnswer.objects.update(claimed_at=timezone.now() - timedelta(minutes=2))

    response = partner.post("stock/levels", LEVELS, key="k1")

    assert response.status_code == 202
    # The dead one wakes up after all: it finds its claim gone and may change nothing.
    dead.release()
    assert StoredAnswer.objects.get().status == 202


def test_a_failure_is_not_kept(
    channel: Channel, partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: Any) -> list[str]:
        raise RuntimeError("after the work was done")

    with monkeypatch.context() as patch:
        patch.setattr(pushes, "_not_linked", fail)
        broken = partner.post("stock/levels", LEVELS, key="k1")
    undone = InboxMessage.objects.count()
    mended = partner.post("stock/levels", LEVELS, key="k1")

    assert (broken.status_code, undone, mended.status_code) == (500, 0, 202)


@pytest.mark.parametrize("key", [" ", "a b", "ñ", "x" * 256])
def test_a_malformed_key_is_refused(channel: Channel, partner: Partner, key: str) -> None:
    response = partner.post("stock/levels", LEVELS, key=key)

    assert (response.status_code, response.json()["code"]) == (400, "bad_key")
