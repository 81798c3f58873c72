"""Stock in a real browser: work on a difference, a mass change, why a number, a rule."""

import re

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from mapping.models import Channel, StockRule
from sync.models import Divergence, MassChange, StockPosition
from tests.sync.makers import make_channel
from tests.sync.shelves import CENTRAL, decide, make_demand, make_figure, make_place, make_position

WORDS = {
    "es-ES": {
        "organise": "Organizar",
        "put_off": "Aplazar…",
        "take": "Asignármela",
        "approve": "Aprobar: enviarlo",
        "held": "142 artículos pasarían a 0: envío detenido",
        "done": "Hecho: 1.",
        "sentence": "18 físico − 3 reservado − 1 web pendiente − 2 colchón = 12",
        "rule": "En la familia Zapatos se guardan 5 unidades",
        "save": "Guardar y continuar editando",
    },
    "en-GB": {
        "organise": "Organise",
        "put_off": "Put off…",
        "take": "Assign to me",
        "approve": "Approve: let it go",
        "held": "142 items would go to 0: sending stopped",
        "done": "Done: 1.",
        "sentence": "18 on hand − 3 reserved − 1 web pending − 2 buffer = 12",
        "rule": "In the family Zapatos 5 units are kept back",
        "save": "Save and continue editing",
    },
}


@pytest.fixture
def words(language: str) -> dict[str, str]:
    return WORDS[language]


@pytest.fixture
def channel(db: None) -> Channel:
    return make_channel()


def make_shelf(channel: Channel) -> StockPosition:
    """18 on hand, 3 reserved, 1 sold in the web, 2 kept back: 12."""
    make_place(channel)
    make_figure(channel, "A", "18", reserved="3")
    StockRule.objects.create(channel=channel, scope="family", key="Zapatos", buffer_units=2)
    row = make_position(channel, "A", family="Zapatos")
    make_demand(channel, row, 1, "#1007")
    decide(row)
    return row


def test_a_difference_is_taken_and_put_off(
    admin: Page, live_server: LiveServer, channel: Channel, words: dict[str, str]
) -> None:
    row = Divergence.objects.create(
        channel=channel, field="variant.available", key=f"A@{CENTRAL}", expected="4", found="3"
    )
    page = f"{live_server.url}/admin/sync/divergence/{row.pk}/change/"

    admin.goto(page)
    admin.get_by_text(words["organise"]).click()
    admin.get_by_role("link", name=words["take"]).click()
    admin.locator("#dialog button[type=submit]").click()
    expect(admin.get_by_text(words["done"])).to_be_visible()
    expect(admin.locator("#result_list")).to_contain_text("ana")

    admin.goto(page)
    admin.get_by_text(words["organise"]).click()
    admin.get_by_role("link", name=words["put_off"]).click()
    admin.locator("#dialog input[value=tomorrow]").check()
    admin.locator("#dialog button[type=submit]").click()
    expect(admin.get_by_text(words["done"])).to_be_visible()
    expect(admin.locator("#result_list tbody tr")).to_have_count(0)

    row.refresh_from_db()
    assert row.assigned_to is not None
    assert row.snoozed_until is not None


def test_a_mass_change_is_let_go(
    admin: Page, live_server: LiveServer, channel: Channel, words: dict[str, str]
) -> None:
    change = MassChange.objects.create(
        channel=channel, location=CENTRAL, to_zero=142, followed=400
    )
    make_position(channel, "A", mirror=9, target=0, mass_change=change)

    admin.goto(f"{live_server.url}/admin/sync/masschange/{change.pk}/change/")
    expect(admin.get_by_role("heading", name=words["held"])).to_be_visible()
    expect(admin.get_by_role("cell", name="A", exact=True)).to_be_visible()
    admin.get_by_role("link", name=words["approve"]).click()
    admin.locator("#dialog button[type=submit]").click()

    expect(admin.get_by_text(words["done"])).to_be_visible()
    change.refresh_from_db()
    assert change.status == MassChange.Status.APPROVED


def test_a_number_is_drawn_as_its_parts_and_adds_up(
    admin: Page, live_server: LiveServer, channel: Channel, words: dict[str, str]
) -> None:
    row = make_shelf(channel)

    admin.goto(f"{live_server.url}/admin/sync/stockposition/{row.pk}/change/")

    expect(admin.get_by_text(words["sentence"])).to_be_visible()
    texts = admin.locator(".puente-waterfall .puente-units").all_inner_texts()
    *parts, total = (int(re.sub(r"[=+\s]", "", text).replace("−", "-")) for text in texts)
    assert sum(parts) == total == 12
    bars = [bar.bounding_box() for bar in admin.locator(".puente-waterfall rect").all()]
    assert len(bars) == 5
    first, *_others, last = bars
    assert first is not None
    assert last is not None
    # 12 of 18 is two thirds of the first bar, which begins where the last one does.
    assert abs(last["width"] / first["width"] - 12 / 18) < 0.02
    assert abs(last["x"] - first["x"]) < 2
    admin.get_by_role("link", name="#1007").click()
    expect(admin).to_have_url(re.compile("/admin/sync/shoporder/"))


def test_a_rule_shows_its_effect_and_then_has_it(
    admin: Page, live_server: LiveServer, channel: Channel, words: dict[str, str]
) -> None:
    row = make_shelf(channel)
    rule = StockRule.objects.get()

    admin.goto(f"{live_server.url}/admin/mapping/stockrule/{rule.pk}/change/")
    admin.fill("[name=buffer_units]", "5")
    effect = admin.locator("#effect")
    expect(effect).to_contain_text(words["rule"])
    expect(effect.locator("strong")).to_have_text("9")
    assert not StockPosition.objects.get(pk=row.pk).dirty
    admin.get_by_role("button", name=words["save"]).click()
    admin.wait_for_load_state()

    expect(admin.locator("[name=buffer_units]")).to_have_value("5")
    row.refresh_from_db()
    assert row.dirty
    decide(row)
    assert row.target == 9
