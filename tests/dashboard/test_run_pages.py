"""Home, live, runs and run pages in a real browser, over a real centre and real run files."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from testbed.engine.ports import BenchState, CommandKind, Prompt, PromptKind
from tests.dashboard import growing
from tests.dashboard.stage import RUN_FIRST, RUN_LIVE, RUN_SECOND, Stage, served

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    *(["--no-sandbox"] if os.geteuid() == 0 else []),
]
DRAWN = "#run-figure[data-state='ready']"

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("run-pages")]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with Stage(tmp_path_factory.mktemp("centre")) as stage:
        assert stage.carry_out("판재 1") == RUN_FIRST
        assert stage.carry_out("판재 2", scale=0.96) == RUN_SECOND
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


@pytest.fixture(scope="module")
def contexts(browser: Browser, stage: Stage, address: str) -> Iterator:
    """Keep one browser profile for each person and width, so that scripts load once."""
    kept: dict[tuple[str, int], BrowserContext] = {}

    def context(login: str, width: int) -> BrowserContext:
        if (login, width) not in kept:
            made = browser.new_context(viewport={"width": width, "height": 900})
            made.add_cookies([stage.cookie(login, address)])
            kept[login, width] = made
        return kept[login, width]

    yield context
    for each in kept.values():
        each.close()


@pytest.fixture
def visit(contexts, address: str) -> Iterator:
    pages: list[Page] = []
    errors: list[str] = []

    def visit(login: str, path: str, *, width: int = 1280) -> Page:
        page = contexts(login, width).new_page()
        pages.append(page)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(address + path)
        return page

    yield visit
    for page in pages:
        page.close()
    assert errors == []


def asked(page: Page) -> list[str]:
    """Gather the windows that the browser asks the server for from now on."""
    windows: list[str] = []
    page.on("request", lambda r: windows.append(r.url) if "/window?" in r.url else None)
    return windows


def drag(page: Page, start: float, stop: float, *, shift: bool = False) -> None:
    box = page.locator("#run-figure canvas").last.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * start, middle)
    if shift:
        page.keyboard.down("Shift")
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * stop, middle, steps=5)
    page.mouse.up()
    if shift:
        page.keyboard.up("Shift")


def drawn(page: Page) -> list[float]:
    """Wait for what is shown to be drawn as it was asked for; gives its ends, [] for the whole."""
    page.wait_for_selector(DRAWN)
    shown = json.loads(page.locator("#run-figure").get_attribute("data-drawn"))
    return [] if shown == "all" else shown


def test_a_zoom_asks_for_the_window_and_gets_every_sample(visit):
    # Narrow, so that the whole run has more samples than its picture can show.
    page = visit("reviewer", "/runs", width=600)
    windows = asked(page)
    page.goto(page.url + f"/{RUN_FIRST}")
    assert drawn(page) == []
    told = page.locator("#run-figure .tb-curve-told")
    expect(told).to_contain_text("최저값과 최고값")
    page.wait_for_timeout(700)
    assert len(windows) == 1
    drag(page, 0.30, 0.36)
    low, high = drawn(page)
    assert 0 < low < high
    assert f"start={low}" in windows[-1]
    expect(told).to_contain_text("모든 측정점")
    drag(page, 0.5, 0.7, shift=True)
    moved = drawn(page)
    assert moved[0] < low
    assert moved[1] - moved[0] == pytest.approx(high - low)
    count = len(windows)
    page.locator("#run-figure .tb-curve-ground").dblclick()
    assert drawn(page) == []
    page.locator("#run-figure .tb-curve-ground").press("u")
    assert drawn(page) == moved
    # An ended run does not change: what was seen once is not asked for again.
    assert len(windows) == count


SLOW = """(() => {
  const at_once = window.fetch;
  window.under_way = 0;
  window.fetch = async (...asked) => {
    if (!String(asked[0]).includes("/window?")) return at_once(...asked);
    window.under_way += 1;
    try {
      const answer = await at_once(...asked);
      await new Promise((done) => setTimeout(done, 120));
      return answer;
    } finally {
      window.under_way -= 1;
    }
  };
})()"""


def test_a_curve_is_ready_once_the_last_window_is_there(visit):
    page = visit("reviewer", "/runs", width=600)
    page.add_init_script(SLOW)
    page.goto(page.url + f"/{RUN_FIRST}")
    drawn(page)
    for stop in (0.36, 0.5):
        drag(page, 0.30, stop)
        # Each step of the pointer asks for another window.
        drag(page, 0.7, 0.4, shift=True)
        drawn(page)
        assert page.evaluate("window.under_way") == 0


def test_the_keys_move_about_and_the_page_scrolls_until_the_curve_is_chosen(visit):
    page = visit("reviewer", f"/runs/{RUN_FIRST}", width=600)
    drawn(page)
    ground = page.locator("#run-figure .tb-curve-ground")
    ground.hover()
    page.mouse.wheel(0, 120)
    assert drawn(page) == []
    ground.focus()
    page.keyboard.press("+")
    page.keyboard.press("+")
    low, high = drawn(page)
    page.keyboard.press("ArrowRight")
    right = drawn(page)
    assert right[0] == pytest.approx(low + 0.2 * (high - low))
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("-")
    wider = drawn(page)
    assert wider[1] - wider[0] == pytest.approx(2 * (high - low))
    page.keyboard.press("Backspace")
    page.keyboard.press("Home")
    assert drawn(page) == []
    page.mouse.wheel(0, -240)
    assert len(drawn(page)) == 2
    assert ground.get_attribute("aria-label")
    described = ground.get_attribute("aria-describedby").split()
    assert all(page.locator(f"#{each}").inner_text() for each in described)


def test_the_values_under_the_pointer_are_shown(visit):
    page = visit("reviewer", f"/runs/{RUN_FIRST}")
    drawn(page)
    box = page.locator("#run-figure canvas").last.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.2)
    expect(page.locator("#run-figure .tb-curve-tip")).to_contain_text("mm")


def test_other_runs_are_laid_over_and_compared_in_numbers(visit):
    page = visit("reviewer", f"/runs/{RUN_FIRST}")
    drawn(page)
    page.locator("#run-overlay").click()
    page.get_by_role("option", name=re.compile(RUN_SECOND)).click()
    key = page.locator("#run-figure .tb-curve-legend button")
    expect(key).to_have_count(2)
    expect(key.nth(1)).to_contain_text(RUN_SECOND)
    key.nth(1).click()
    expect(key.nth(1)).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("Escape")
    page.locator("#run-compare").click()
    page.wait_for_selector("#compare-difference[data-state='ready']")
    assert page.url.endswith(f"runs={RUN_FIRST},{RUN_SECOND}")
    strength = page.locator("[data-measurand='rm'] td")
    first, second = (float(strength.nth(place).inner_text()) for place in (0, 1))
    assert second < first
    assert float(strength.nth(2).inner_text()) == pytest.approx((first + second) / 2, abs=1)
    expect(page.locator("#compare-difference .tb-curve-legend")).to_be_hidden()
    page.locator("#compare-figure .tb-curve-ground").focus()
    page.keyboard.press("+")
    page.wait_for_function(
        "() => document.querySelector('#compare-difference').dataset.drawn !== '\"all\"'"
    )


def test_a_run_that_may_not_be_seen_is_not_compared(visit):
    page = visit("other", f"/runs/compare?runs={RUN_FIRST},{RUN_SECOND}")
    expect(page.locator("#compare-figure")).to_have_count(0)
    expect(page.get_by_text("비교할 시험이 없습니다.")).to_be_visible()


def test_a_comment_and_an_acceptance_reach_the_centre_and_then_the_firm(visit, stage):
    firm = visit("sme", f"/runs/{RUN_FIRST}")
    expect(firm.locator("h1")).to_be_visible()
    assert firm.locator("#run-figure").count() == 0
    assert firm.locator("#run-decision").count() == 0

    page = visit("reviewer", f"/runs/{RUN_FIRST}")
    page.get_by_label("의견 쓰기").fill("탄성구간 확인")
    page.get_by_role("button", name="의견 등록").click()
    expect(page.locator("#run-comments")).to_contain_text("탄성구간 확인")
    page.get_by_label("사유 또는 의견").fill("이상 없음")
    page.get_by_role("button", name="승인", exact=True).click()
    expect(page.locator("#run-head")).to_contain_text("검토 승인")
    expect(page.locator("#run-decision")).to_have_count(0)
    assert stage.testbed.queries.run(stage.actor("reviewer"), RUN_FIRST).row.review == "accepted"

    firm.reload()
    firm.wait_for_selector(DRAWN)
    expect(firm.get_by_role("link", name="CSV")).to_have_attribute(
        "href", f"/api/v1/runs/{RUN_FIRST}/file?format=csv"
    )
    expect(firm.locator("#run-provisional")).to_be_visible()


def test_sending_back_without_a_reason_is_answered_in_words(visit, stage):
    page = visit("reviewer", f"/runs/{RUN_SECOND}")
    page.get_by_role("button", name="반려").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert "objection." not in page.get_by_role("alert").inner_text()
    assert stage.testbed.queries.run(stage.actor("reviewer"), RUN_SECOND).row.review == "waiting"


def test_who_performed_the_run_is_not_asked_to_decide(visit):
    page = visit("engineer", f"/runs/{RUN_SECOND}")
    page.wait_for_selector(DRAWN)
    assert page.locator("#run-decision").count() == 0


def test_a_foreign_firm_finds_nothing(visit):
    page = visit("other", f"/runs/{RUN_FIRST}")
    expect(page.get_by_text("해당 시험이 없습니다.")).to_be_visible()
    for text in ("가 소재", "판재 1"):
        assert text not in page.locator("body").inner_text()
    page = visit("other", "/runs")
    expect(page.get_by_text("아직 시험이 없습니다.")).to_be_visible()


def test_the_list_is_searched_and_filtered(visit):
    page = visit("reviewer", "/runs")
    expect(page.locator("#finder-results tbody tr")).to_have_count(2)
    page.locator("#finder-q").fill(f"판재 {RUN_SECOND.lower()}")
    expect(page.locator("#finder-results tbody tr")).to_have_count(1)
    expect(page.locator("#finder-results")).to_contain_text(RUN_SECOND)
    page.locator("#finder-q").fill("그런 것은 없다")
    expect(page.get_by_text("맞는 시험이 없습니다.")).to_be_visible()


@pytest.mark.parametrize("path", ["/", "/runs", f"/runs/{RUN_SECOND}"])
def test_a_phone_need_not_scroll_sideways(visit, path):
    page = visit("reviewer", path, width=390)
    page.locator("h1, h2").first.wait_for()
    page.wait_for_timeout(500)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_live_run_is_followed_paused_answered_and_left_for_its_record(visit, stage):
    """The last test of this file: its run ends with it."""
    assignment = stage.begin("판재 3")
    assert assignment.run == RUN_LIVE
    with subprocess.Popen(
        [sys.executable, growing.__file__, str(assignment.file), "500", "400"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdout.readline() == "ready\n"
        ask = Prompt(
            number=1,
            code="prompt.iso-6892-1.mount",
            kind=PromptKind.CHOICE,
            options=("option.done",),
            values={"s0": 40.0, "l0": 50.0},
        )
        stage.beat(RUN_LIVE, prompt=ask)
        home = visit("engineer", "/")
        live = home.locator(f"[data-live-run='{RUN_LIVE}']")
        expect(live).to_have_attribute("data-rows", "500")
        page = visit("engineer", f"/live/{RUN_LIVE}")
        view = page.locator(f"[data-live-run='{RUN_LIVE}']")
        expect(view).to_have_attribute("data-rows", "500")
        expect(page.locator("[data-phase='pull']")).to_have_attribute("aria-current", "step")
        page.get_by_role("group", name="시험의 질문").get_by_role("button").click()
        expect(page.locator("#live-message")).to_contain_text("답했습니다")
        page.locator("#live-pause").click()
        expect(page.locator("#live-message")).to_contain_text("일시정지")
        told = stage.beat(RUN_LIVE, paused=True)
        assert [(each.kind, each.text) for each in told] == [
            (CommandKind.ANSWER, "option.done"),
            (CommandKind.PAUSE, ""),
        ]
        expect(page.locator("#live-resume")).to_be_visible()
        page.locator("#live-abort").click()
        page.locator("#live-abort-yes").click()
        expect(page.locator("#live-message")).to_contain_text("중단")
        assert [each.kind for each in stage.beat(RUN_LIVE)] == [CommandKind.ABORT]
        writer.stdin.write("go\n")
        writer.stdin.flush()
        expect(view).to_have_attribute("data-rows", "900")
        writer.stdin.close()
        assert writer.wait() == 0
    stage.hand_over(assignment)
    expect(page.locator("#live-ended a")).to_have_attribute("href", f"/runs/{RUN_LIVE}")
    stage.testbed.centre.bench_is("utm-1", BenchState.READY)
