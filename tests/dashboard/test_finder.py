"""The finder of runs in a real browser: words as they are typed, facets, addresses, keys."""

import re
from collections.abc import Iterator
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.dashboard.stage import RUN_FIRST, RUN_SECOND, Stage, served
from tests.dashboard.test_run_pages import CHROMIUM, FLAGS

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("finder")]
ROWS = "#finder-results tbody tr"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with Stage(tmp_path_factory.mktemp("centre")) as stage:
        assert stage.carry_out("판재 1", version="2") == RUN_FIRST
        assert stage.carry_out("판재 2", scale=0.9, version="2") == RUN_SECOND
        yield stage


@pytest.fixture(scope="module")
def address(stage: Stage) -> Iterator[str]:
    with served(stage) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser, stage: Stage, address: str) -> Iterator:
    pages: list[Page] = []

    def open_page(login: str, path: str, width: int = 1440) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900})
        context.add_cookies([stage.cookie(login, address)])  # type: ignore[list-item]
        page = context.new_page()
        page.wrong = []  # type: ignore[attr-defined]
        page.on("pageerror", lambda error: page.wrong.append(str(error)))  # type: ignore[attr-defined]
        page.goto(address + path)
        page.wait_for_selector("#finder-results *")
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        assert page.wrong == []  # type: ignore[attr-defined]
        page.context.close()


def test_words_facets_and_results_narrow_and_the_address_tells_it(visit) -> None:
    page = visit("reviewer", "/runs")
    expect(page.locator(ROWS)).to_have_count(2)
    page.locator("#finder-q").fill("인장 판재")
    page.locator("[data-facet=outcome][data-value=fail]").click()
    expect(page.locator(ROWS)).to_have_count(1)
    expect(page.locator("#finder-results")).to_contain_text(RUN_SECOND)
    expect(page).to_have_url(re.compile("q=.*outcome=fail"))
    assert "q=인장" in unquote(page.url)
    # Handed on, the address shows the same, with what is chosen marked.
    again = visit("engineer", page.url.partition("/runs")[1] + page.url.partition("/runs")[2])
    expect(again.locator(ROWS)).to_have_count(1)
    expect(again.locator("#finder-q")).to_have_value("인장 판재")
    pressed = again.locator("[data-facet=outcome][data-value=fail]")
    expect(pressed).to_have_attribute("aria-pressed", "true")
    pressed.click()
    expect(again.locator(ROWS)).to_have_count(2)
    again.locator("[data-load='']").click()
    expect(again.locator("#finder-q")).to_have_value("")
    expect(again).to_have_url(re.compile("/runs$"))


def test_a_range_of_a_result_shows_the_values(visit) -> None:
    page = visit("reviewer", "/runs?result=rm>=1&sort=highest")
    expect(page.locator(ROWS)).to_have_count(2)
    expect(page.locator("#finder-results thead")).to_contain_text("rm")
    values = [float(text) for text in page.locator("td[data-label=rm]").all_inner_texts()]
    assert values == sorted(values, reverse=True)
    page.locator("#finder-low").fill(str(sum(values) / 2))
    expect(page.locator(ROWS)).to_have_count(1)
    assert "rm>=" in unquote(page.url)


def test_a_firm_sees_no_firms_and_no_values_before_acceptance(visit) -> None:
    page = visit("sme", "/runs")
    expect(page.locator(ROWS)).to_have_count(2)
    assert page.locator("[data-facet=firm], [data-facet=outcome]").count() == 0
    page = visit("other", "/runs?q=판재")
    expect(page.locator("#finder-results")).to_contain_text("맞는 시험이 없습니다")
    assert page.locator("[data-facet]").count() == 0


def test_a_search_is_kept_renamed_deleted_and_brought_back(visit) -> None:
    page = visit("engineer", f"/runs?q={RUN_SECOND}")
    page.locator("[data-do=keep]").click()
    page.locator(".tb-naming input").fill("두 번째")
    page.keyboard.press("Enter")
    kept = page.locator(".tb-saved-name")
    expect(kept).to_have_text("두 번째")
    page.locator("[data-do=rename]").click()
    page.locator(".tb-naming input").fill("판재")
    page.keyboard.press("Enter")
    expect(kept).to_have_text("판재")
    page.locator("[data-do=delete]").click()
    expect(kept).to_have_count(0)
    page.locator("#finder-undo button").click()
    expect(kept).to_have_text("판재")
    page.locator("[data-load='']").first.click()
    expect(page.locator(ROWS)).to_have_count(2)
    kept.click()
    expect(page.locator(ROWS)).to_have_count(1)
    expect(page.locator("#finder-q")).to_have_value(RUN_SECOND)
    # Nobody else sees it.
    expect(visit("reviewer", "/runs").locator(".tb-saved-name")).to_have_count(0)


def test_keys_lead_from_the_box_to_a_run(visit) -> None:
    page = visit("reviewer", "/runs")
    expect(page.locator(ROWS)).to_have_count(2)
    page.keyboard.press("/")
    expect(page.locator("#finder-q")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/runs/{RUN_FIRST}$"))


def test_what_is_selected_can_be_compared(visit) -> None:
    page = visit("reviewer", "/runs", width=390)
    picks = page.locator(".tb-pick")
    picks.nth(0).click()
    compare = page.locator("[data-picked=compare]")
    expect(compare).to_be_hidden()
    picks.nth(1).click()
    expect(compare).to_be_visible()
    assert compare.get_attribute("href") == f"/runs/compare?runs={RUN_SECOND},{RUN_FIRST}"
    many = page.locator("[data-picked=distribution]").get_attribute("href")
    assert many is not None
    assert many.startswith("/runs/distribution?method=iso-6892-1&")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
    page.locator("[data-picked=none]").click()
    expect(page.locator("#finder-picked")).to_be_hidden()


def test_what_cannot_be_understood_is_named(visit) -> None:
    page = visit("reviewer", "/runs?from=yesterday")
    expect(page.locator("#finder-results")).to_contain_text(RUN_SECOND)
