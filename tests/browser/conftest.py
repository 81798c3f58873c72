"""A real browser on the real screens. Any error in its console fails the test."""

import os
import shutil
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or ""
PASSWORD = "a-password-for-tests"

# Playwright runs an event loop in this thread, which Django would take for async code.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True))
            if not CHROMIUM and not os.environ.get("PUENTE_NOTHING_SKIPPED"):
                item.add_marker(pytest.mark.skip(reason="no Chromium here; .ci/run installs it"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(params=["es-ES", "en-GB"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def page(browser: Browser, language: str) -> Iterator[Page]:
    """A window in one language; whatever its console complains about is a failure."""
    context = browser.new_context(locale=language, viewport={"width": 1440, "height": 1000})
    page = context.new_page()
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(message.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


@pytest.fixture
def admin(page: Page, live_server: LiveServer) -> Page:
    """The overview, after somebody has logged in as people do."""
    User.objects.create_superuser("ana", password=PASSWORD)
    page.goto(f"{live_server.url}/admin/")
    page.fill("[name=username]", "ana")
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url("**/admin/")
    return page
