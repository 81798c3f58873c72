from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env


def test_a_secret_may_come_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret"
    path.write_text("s3cret\n")
    monkeypatch.setenv("A_SECRET_FILE", str(path))

    assert env.text("A_SECRET") == "s3cret"


def test_a_secret_in_two_places_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET", "one")
    monkeypatch.setenv("A_SECRET_FILE", "/two")

    with pytest.raises(ImproperlyConfigured, match="not both"):
        env.text("A_SECRET")


def test_a_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET_FILE", "/nowhere/at/all")

    with pytest.raises(ImproperlyConfigured, match="A_SECRET_FILE cannot be read"):
        env.text("A_SECRET", "default")


def test_what_is_required_is_asked_for_by_name() -> None:
    with pytest.raises(ImproperlyConfigured, match="Set NOT_THERE"):
        env.text("NOT_THERE")


@pytest.mark.parametrize("value", ["yes", "1", "True", ""])
def test_a_flag_is_true_or_false_and_nothing_else(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_FLAG", value)

    with pytest.raises(ImproperlyConfigured, match="A_FLAG must be 'true' or 'false'"):
        env.flag("A_FLAG", default=False)


def test_a_number_is_a_whole_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_NUMBER", "12.5")

    with pytest.raises(ImproperlyConfigured, match="A_NUMBER must be a whole number"):
        env.number("A_NUMBER", 1)


def test_words_come_without_blanks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_WORDS", " one, ,two ,")

    assert env.words("SOME_WORDS") == ["one", "two"]


def test_a_socket_directory_in_a_database_address_becomes_the_host() -> None:
    found = env.database("postgresql://postgres@/puente?host=/With/Capitals&connect_timeout=5")

    assert (found["HOST"], found["NAME"]) == ("/With/Capitals", "puente")
    assert found["OPTIONS"] == {"connect_timeout": 5}


@pytest.mark.parametrize("url", ["sqlite:///x", "mysql://me:s3cret@host/x", "host=x", "", "::"])
def test_another_database_is_refused_without_telling_its_password(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="postgresql://") as refusal:
        env.database(url)

    assert "s3cret" not in str(refusal.value)
