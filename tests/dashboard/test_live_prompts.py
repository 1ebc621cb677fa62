"""Questions of each kind on the live page, in both languages, on a desk and on a phone."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from testbed.engine.ports import Command, CommandKind, Prompt, PromptKind
from testbed.procedure import Note
from tests.dashboard.stage import Stage, served
from tests.dashboard.test_run_pages import CHROMIUM, FLAGS

# A directory for pictures of what is tested, to be looked at.
SHOTS = os.environ.get("TESTBED_SHOTS", "")
PAGES = [("ko", 1440), ("ko", 390), ("en", 1440), ("en", 390)]
MOUNT = "prompt.iso-6892-1.mount"
VALUES = {"s0": 78.54, "l0": 50.0}
SUSPENDED = Note(
    "remark.monitor-suspends", {"monitor": "room", "accepted": "15…35 degC", "settle": 600.0}
)

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("live-prompts")]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with Stage(tmp_path_factory.mktemp("centre")) as stage:
        yield stage


@pytest.fixture(scope="module")
def run(stage: Stage) -> str:
    return stage.begin("판재 1").run


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


@pytest.fixture(scope="module", params=PAGES, ids=lambda page: f"{page[0]}-{page[1]}")
def seat(request, browser: Browser, stage: Stage, run: str, address: str) -> Iterator:
    """The engineer before the live page, in one language and width."""
    lang, width = request.param
    context = browser.new_context(viewport={"width": width, "height": 900})
    context.add_cookies([stage.cookie("engineer", address)])
    answer = context.request.post(f"{address}/locale/{lang}", headers={"origin": address})
    assert answer.ok
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    stage.beat(run)
    page.goto(f"{address}/live/{run}")
    page.locator(".tb-live").wait_for()
    yield page, lang, width
    context.close()
    assert errors == []


NUMBERS = iter(range(1, 1000))


def asked(stage: Stage, run: str, page: Page, kind: PromptKind, **more) -> Prompt:
    """Let the run ask; gives the question, once the page shows it."""
    number = next(NUMBERS)
    prompt = Prompt(number=number, code=MOUNT, kind=kind, values=VALUES, **more)
    stage.beat(run, prompt=prompt)
    page.locator(f".tb-prompt[id*='\"prompt\":{number}']").wait_for(timeout=15_000)
    return prompt


def shoot(page: Page, name: str, seat) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= seat[2], "nothing sideways"
    if SHOTS:
        Path(SHOTS).mkdir(exist_ok=True)
        page.evaluate("window.scrollTo(0, 0)")
        page.wait_for_timeout(400)
        page.screenshot(path=Path(SHOTS) / f"{name}-{seat[1]}-{seat[2]}.png")


def told(stage: Stage, run: str, page: Page, **beat) -> list[Command]:
    """Beat until something was told."""
    for _ in range(50):
        if commands := stage.beat(run, **beat):
            return [*commands]
        page.wait_for_timeout(100)
    raise AssertionError("nothing was told")


def test_words_are_typed_and_sent_with_enter(seat, stage: Stage, run: str) -> None:
    page = seat[0]
    prompt = asked(stage, run, page, PromptKind.TEXT)
    field = page.locator(".tb-prompt input")
    field.press("Enter")
    expect(page.locator(".tb-prompt [class*='error']").last).to_contain_text("2000")
    shoot(page, "text", seat)
    assert stage.beat(run, prompt=prompt) == ()
    field.fill("긁힌 자국")
    field.press("Enter")
    (answer,) = told(stage, run, page, prompt=prompt)
    assert (answer.kind, answer.prompt, answer.text, answer.by) == (
        CommandKind.ANSWER,
        prompt.number,
        "긁힌 자국",
        "engineer",
    )


def test_a_number_out_of_range_is_answered_at_the_field(seat, stage: Stage, run: str) -> None:
    page = seat[0]
    prompt = asked(stage, run, page, PromptKind.NUMBER, unit="mm", low=50.0, high=90.0)
    panel = page.locator(".tb-prompt")
    expect(panel).to_contain_text("50…90 mm")
    field = panel.locator("input")
    for typed in ("12 kg", "1 m"):
        field.fill(typed)
        panel.get_by_role("button").click()
        error = panel.locator("[class*='error']").last
        expect(error).to_contain_text(typed)
        expect(error).to_contain_text("50…90 mm")
    shoot(page, "number", seat)
    assert stage.beat(run, prompt=prompt) == ()
    expect(field).to_have_value("1 m")
    field.fill("6.25 cm")
    field.press("Enter")
    (answer,) = told(stage, run, page, prompt=prompt)
    assert (answer.prompt, answer.text) == (prompt.number, "6.25 cm")


def test_a_choice_and_a_pass_are_one_press(seat, stage: Stage, run: str) -> None:
    page = seat[0]
    options = ("option.pass", "option.fail")
    prompt = asked(stage, run, page, PromptKind.PASS_FAIL, options=options)
    buttons = page.locator(".tb-prompt").get_by_role("button")
    expect(buttons).to_have_count(2)
    shoot(page, "pass-fail", seat)
    buttons.nth(1).focus()
    page.keyboard.press("Enter")
    (answer,) = told(stage, run, page, prompt=prompt)
    assert (answer.prompt, answer.text) == (prompt.number, "option.fail")
    prompt = asked(stage, run, page, PromptKind.CHOICE, options=("option.done", "option.other"))
    shoot(page, "choice", seat)
    page.locator(".tb-prompt").get_by_role("button").first.click()
    (answer,) = told(stage, run, page, prompt=prompt)
    assert (answer.prompt, answer.text) == (prompt.number, "option.done")


def test_the_picture_of_the_method_is_shown(seat, stage: Stage, run: str) -> None:
    page = seat[0]
    prompt = asked(
        stage, run, page, PromptKind.PICTURE, options=("option.done",), picture="mount.svg"
    )
    picture = page.locator(".tb-prompt-picture")
    expect(picture).to_be_visible()
    page.wait_for_function("() => document.querySelector('.tb-prompt-picture').naturalWidth > 100")
    shoot(page, "picture", seat)
    page.locator(".tb-prompt").get_by_role("button").click()
    assert [each.text for each in told(stage, run, page, prompt=prompt)] == ["option.done"]


def test_stopping_after_the_phase_asks_first(seat, stage: Stage, run: str) -> None:
    page = seat[0]
    stage.beat(run)
    page.locator("#live-stop").click()
    question = page.get_by_role("dialog")
    expect(question).to_be_visible()
    page.wait_for_timeout(300)
    shoot(page, "stop", seat)
    page.locator("#live-stop-no").click()
    expect(question).to_be_hidden()
    assert stage.beat(run) == ()
    page.locator("#live-stop").click()
    page.locator("#live-stop-yes").click()
    told_now = told(stage, run, page, stopping=True)
    assert [each.kind for each in told_now] == [CommandKind.STOP_AFTER_PHASE]
    expect(page.locator(".tb-when-stopping")).to_be_visible()
    expect(page.locator("#live-stop")).to_be_hidden()
    shoot(page, "stopping", seat)
    stage.beat(run)
    expect(page.locator("#live-stop")).to_be_visible()


def test_a_suspended_run_says_why_and_cannot_be_talked_into_going_on(
    seat, stage: Stage, run: str
) -> None:
    page = seat[0]
    stage.beat(run, suspended=SUSPENDED)
    notice = page.locator("#live-suspension")
    expect(notice).to_contain_text("15…35 degC")
    expect(page.locator("#live-resume")).to_be_hidden()
    expect(page.locator("#live-pause")).to_be_visible()
    shoot(page, "suspended", seat)
    refused = stage.testbed.execution.resume(stage.actor("engineer"), run)
    assert [each.code for each in refused.objections] == ["run-suspended"]
    stage.beat(run, suspended=SUSPENDED, paused=True)
    expect(page.locator("#live-resume")).to_be_visible()
    stage.beat(run)
    expect(notice).to_be_empty()
