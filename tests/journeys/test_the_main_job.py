"""The whole story in a real browser: book, run, pause, review, download."""

from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
import xarray
from playwright.sync_api import Page

from tests.journeys.centre import Visitor, browser, demo

IMAGES = Path(__file__).parents[2] / "docs" / "images"
CENTRE = ZoneInfo("Asia/Seoul")

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journey"), pytest.mark.timeout(420)]


def shoot(visitor: Visitor, name: str) -> None:
    visitor.page.wait_for_timeout(800)
    IMAGES.mkdir(exist_ok=True)
    visitor.page.screenshot(path=IMAGES / f"{name}.png")


def drag(page: Page) -> None:
    """Drag over the present hours of the testing machine, which the demo keeps free."""
    page.get_by_role("button", name="Day", exact=True).click()
    page.wait_for_timeout(800)
    row = page.get_by_text("Universal testing machine 100 kN").bounding_box()
    now = page.locator(".ec-now-indicator").first.bounding_box()
    assert row, "the row of the testing machine"
    assert now, "the line of the present"
    y = row["y"] + row["height"] / 2
    x = now["x"] + now["width"] / 2 - 1
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 30, y, steps=6)
    page.mouse.move(x + 50, y, steps=6)
    page.mouse.up()
    page.wait_for_url("**/bookings/new?**")


def books(visitor: Visitor) -> str:
    page = visitor.sign_in("firm-a")
    page.goto(f"{visitor.address}/calendar")
    now = datetime.now(CENTRE)
    if now.hour < 22:
        drag(page)
    else:
        # A drag would leave the day that is shown.
        start = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)
        times = {"start": start.isoformat(), "end": (start + timedelta(hours=2)).isoformat()}
        query = urlencode({"equipment": "EQ-001", **times})
        page.goto(f"{visitor.address}/bookings/new?{query}")
    page.wait_for_selector("#book-send")
    # The machine serves two methods.
    page.click("#book-method")
    page.get_by_role("option", name="ISO 6892-1").click()
    page.fill("#book-new-specimen", "SM490A 판재 7")
    page.fill("#book-purpose", "Tensile test")
    page.click("#book-send")
    page.wait_for_selector(".tb-objections, h1:has-text('B-2026')", timeout=15_000)
    return page.url.rpartition("/")[2]


def test_a_firm_books_an_engineer_runs_a_reviewer_accepts_the_firm_downloads(tmp_path: Path):
    with demo(tmp_path / "demo", tmp_path / "demo.log") as address, browser() as opened:
        firm = Visitor(opened, address)
        booking = books(firm)
        assert booking.startswith("B-"), firm.page.inner_text("#book-told")
        firm.page.goto(f"{address}/calendar")
        firm.page.wait_for_selector(".ec-event")
        shoot(firm, "calendar")

        engineer = Visitor(opened, address)
        page = engineer.sign_in("engineer")
        page.wait_for_selector(".tb-bench")
        shoot(engineer, "home")
        page.goto(f"{address}/bookings/{booking}/start")
        page.wait_for_selector("#start-send")
        for name, value in (("s0", "78.54 mm2"), ("speed", "0.6 mm/s"), ("rate", "20 Hz")):
            page.locator(f'input[id*=\'"name":"{name}"\']').fill(value)
        page.click("#start-send")
        page.wait_for_url("**/live/R-*", timeout=15_000)
        run = page.url.rpartition("/")[2]
        page.get_by_role("button", name="Done").click(timeout=20_000)
        page.wait_for_timeout(9000)
        page.get_by_role("button", name="Pause").click()
        page.get_by_role("button", name="Continue").wait_for(timeout=10_000)
        page.wait_for_timeout(1500)
        page.get_by_role("button", name="Continue").click()
        page.wait_for_timeout(4000)
        shoot(engineer, "live")
        ended = datetime.now(CENTRE) + timedelta(seconds=90)
        while datetime.now(CENTRE) < ended:
            page.goto(f"{address}/runs/{run}")
            page.wait_for_timeout(1500)
            if page.get_by_text("Waiting for review").count():
                break
        engineer.leave()

        reviewer = Visitor(opened, address)
        page = reviewer.sign_in("reviewer")
        page.goto(f"{address}/runs/{run}")
        page.wait_for_selector("#run-figure[data-state='ready']")
        plot = page.locator("#run-figure .tb-curve-ground").bounding_box()
        assert plot
        page.mouse.move(plot["x"] + 80, plot["y"] + plot["height"] * 0.24)
        page.mouse.down()
        page.mouse.move(plot["x"] + 260, plot["y"] + plot["height"] * 0.42, steps=8)
        page.mouse.up()
        page.wait_for_selector("#run-figure[data-state='ready']:not([data-drawn='\"all\"'])")
        page.get_by_role("textbox", name="Reason or remark").fill(
            "Curve and yield point are in order."
        )
        page.evaluate("window.scrollTo(0, 0)")
        shoot(reviewer, "run")
        page.get_by_role("button", name="Accept", exact=True).click()
        page.get_by_text("Accepted").first.wait_for(timeout=10_000)
        reviewer.leave()

        firm.page.goto(f"{address}/runs/{run}")
        firm.page.get_by_text("Accepted").first.wait_for(timeout=10_000)
        firm.page.wait_for_timeout(2500)
        shoot(firm, "result")
        with firm.page.expect_download() as download:
            firm.page.locator("a[href*='format=h5'], a[href$='/file']").first.click()
        file = tmp_path / "result.h5"
        download.value.save_as(file)
        with xarray.open_dataset(file) as found:
            assert found.force.attrs["units"] == "N"
            assert float(found.force.max()) > 30_000
        firm.leave()
