import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from mapping.models import Channel
from tests.sync.makers import make_channel


@pytest.fixture
def channel(db: None) -> Channel:
    return make_channel()


@pytest.fixture
def staff(db: None) -> Client:
    """Somebody who may do everything."""
    return signed_in(User.objects.create_superuser("ana"))


@pytest.fixture
def reader(db: None) -> Client:
    """Somebody who may look at everything and decide nothing."""
    user = User.objects.create_user("leo", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    return signed_in(user)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client
