"""How a limit was decided on, opened with the keyboard on the page of a run, wide and narrow."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from testbed.domain.decision_rule import FOUR_OUTCOMES, ILAC_G8
from tests.dashboard.stage import RUN_FIRST, RUN_SECOND, Stage, served
from tests.journeys.centre import browser as chromium

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("run-pages")]

# The record has 450 MPa at scale 1, and the limit is 440 MPa; class 1 gives U of about 5 MPa.
NARROWLY_ABOVE = 443.0 / 450.0
PARTS = """e => {
  const seen = [...e.querySelectorAll('.tb-verdicts svg')].filter(s => s.checkVisibility());
  return seen.map(s => [s.getBoundingClientRect().right,
    getComputedStyle(s.querySelector('.tb-band-value')).color,
    getComputedStyle(s.querySelector('.tb-band-accept')).color]); }"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stage, str]]:
    with Stage(tmp_path_factory.mktemp("centre")) as stage:
        number = stage.carry_out("판재 1", scale=NARROWLY_ABOVE, rule=ILAC_G8, version="2")
        assert number == RUN_FIRST
        number = stage.carry_out("판재 2", scale=NARROWLY_ABOVE, rule=FOUR_OUTCOMES, version="2")
        assert number == RUN_SECOND
        with served(stage) as address:
            yield stage, address


def opened(browser: Browser, address: tuple[Stage, str], run: str, width: int) -> Page:
    stage, at = address
    context = browser.new_context(viewport={"width": width, "height": 900})
    context.add_cookies([stage.cookie("reviewer", at)])
    page = context.new_page()
    page.goto(f"{at}/runs/{run}")
    page.wait_for_selector(".tb-verdicts")
    return page


@pytest.mark.parametrize("width", [1440, 390])
def test_a_decision_and_a_budget_open_with_the_keyboard(browser, address, width):
    page = opened(browser, address, RUN_FIRST, width)
    try:
        expect(page.locator("#run-rule")).to_contain_text("보호대역 1.00 U (ILAC-G8)")
        expect(page.locator(".tb-verdicts details[open]")).to_have_count(0)
        summaries = page.locator(".tb-verdicts details > summary")
        for place in (0, 1):
            summaries.nth(place).focus()
            page.keyboard.press("Enter")
        expect(page.locator(".tb-verdicts details[open]")).to_have_count(2)
        (picture,) = page.locator("body").evaluate(PARTS)
        assert picture[0] <= width
        assert picture[1] != picture[2]
        table = page.locator(".tb-budget").first
        expect(table).to_contain_text("단면적")
        shape = table.locator("tbody tr").first.evaluate("e => getComputedStyle(e).display")
        assert shape == "table-row"
        box = page.get_by_role("region", name="Rm 인장강도의 불확도 예산")
        inside = box.evaluate(
            "e => [e.scrollWidth > e.clientWidth, e.getBoundingClientRect().right]"
        )
        assert inside[0] is (width == 390)
        assert inside[1] <= width
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    finally:
        page.context.close()


def test_four_outcomes_are_told_apart_in_words(browser, address):
    page = opened(browser, address, RUN_SECOND, 1440)
    try:
        row = page.locator(".tb-verdicts tbody tr").first
        expect(row).to_contain_text("조건부 적합")
        page.locator(".tb-verdicts summary").first.click()
        expect(page.locator(".tb-verdicts [data-zone='conditional-pass']").first).to_be_visible()
    finally:
        page.context.close()
