from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from sync.models import (
    AuditEntry,
    Divergence,
    InboxMessage,
    Status,
    StockCorrection,
    StockPosition,
)
from tests.sync.makers import make_channel, make_message, make_order

WORDS = {
    "es-ES": {
        "waiting": "Le esperan a usted",
        "reason": "Una línea no tiene referencia (SKU)",
        "again": "Reintentar",
        "approve": "Aprobar: corregir la tienda",
        "done": "Hecho: 1.",
    },
    "en-GB": {
        "waiting": "Waiting for you",
        "reason": "A line has no reference (SKU)",
        "again": "Try again",
        "approve": "Approve: correct the store",
        "done": "Done: 1.",
    },
}


def test_from_the_overview_to_a_row_that_is_tried_again(admin: Page, language: str) -> None:
    words = WORDS[language]
    make_message(make_channel(), status=Status.PARKED, reason_code="no_sku", reason="x")
    admin.reload()

    expect(admin.get_by_text(words["waiting"])).to_be_visible()
    admin.get_by_role("link", name=words["reason"]).click()
    admin.locator("#result_list tbody tr th a").first.click()
    admin.get_by_role("link", name=words["again"]).click()
    admin.locator("#dialog button[type=submit]").click()

    expect(admin.get_by_text(words["done"])).to_be_visible()
    assert InboxMessage.objects.get().status == Status.WAITING
    assert AuditEntry.objects.get().action == "replay"


def test_a_correction_is_approved_after_before_and_after_were_shown(
    admin: Page, live_server: LiveServer, language: str
) -> None:
    words = WORDS[language]
    channel = make_channel()
    StockPosition.objects.create(channel=channel, sku="A", item="i", location="gid://L/1")
    difference = Divergence.objects.create(
        channel=channel, field="variant.available", key="A@gid://L/1", expected="12", found="40"
    )
    StockCorrection.objects.create(divergence=difference, before=40, after=12)

    admin.goto(f"{live_server.url}/admin/sync/divergence/{difference.pk}/change/")
    admin.get_by_role("link", name=words["approve"]).click()
    question = admin.locator(".puente-question")
    expect(question).to_contain_text("40")
    expect(question).to_contain_text("12")
    admin.locator("#dialog button[type=submit]").click()

    expect(admin.get_by_text(words["done"])).to_be_visible()
    assert StockCorrection.objects.get().status == StockCorrection.Status.APPROVED


def test_every_screen_opens_without_a_complaint(admin: Page, live_server: LiveServer) -> None:
    make_order(make_channel())
    links = admin.locator("#nav-sidebar-apps a, nav a")
    paths = {link.get_attribute("href") or "" for link in links.all()}
    ours = sorted(path for path in paths if path.startswith("/admin/") and "logout" not in path)
    assert len(ours) > 10

    for path in ours:
        answer = admin.goto(f"{live_server.url}{path}")
        assert answer is not None
        assert answer.status == 200, path


def test_the_description_of_the_api_opens(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/api/docs/")

    expect(page.get_by_text("/api/v1/stock/levels")).to_be_visible()
