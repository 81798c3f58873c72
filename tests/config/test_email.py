"""A mail server is one address; without one, nothing is sent and nothing breaks."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env


def test_a_mail_server_s_address_becomes_django_s_settings() -> None:
    found = env.email("smtp+tls://puente:s3cr%40t@mail.example.com:587")

    assert found == {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": "mail.example.com",
        "EMAIL_PORT": 587,
        "EMAIL_HOST_USER": "puente",
        "EMAIL_HOST_PASSWORD": "s3cr@t",
        "EMAIL_USE_TLS": True,
        "EMAIL_USE_SSL": False,
        "EMAIL_FILE_PATH": None,
    }


def test_without_a_mail_server_no_mail_is_sent() -> None:
    assert env.email("")["EMAIL_BACKEND"].endswith("dummy.EmailBackend")


@pytest.mark.parametrize("url", ["post://me:s3cret@host", "s3cret", "smtp://me:s3cret@host:x"])
def test_a_wrong_address_is_refused_without_showing_its_password(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL must look like") as refused:
        env.email(url)

    assert "s3cret" not in str(refused.value)
