import pytest
from django.core.cache import cache

from mapping.models import Channel
from tests.sync.api.client import Partner
from tests.sync.makers import make_channel, make_key


@pytest.fixture(autouse=True)
def _fresh_throttle() -> None:
    cache.clear()


@pytest.fixture
def channel(db: None) -> Channel:
    return make_channel()


@pytest.fixture
def partner(channel: Channel) -> Partner:
    return Partner(make_key(channel))
