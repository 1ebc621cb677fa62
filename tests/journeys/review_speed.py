"""How long a reviewer waits: a long run opened cold in Chromium, then zoomed at random.

``.venv/bin/python -m tests.journeys.review_speed [--samples 1e8] [--rows] [--zooms 40]``

A run of so many samples lies in a centre of its own, served by a process of its own: as blocks of
float32 (400 MB for 10⁸), or with ``--rows`` as rows of time and float64. *Cold* is a server that
has just started and a browser that has never been here; from the navigation to the curve being on
the screen and taking input. A *zoom* is from the release of the pointer to the frame after the
one that shows the new window.
"""

import argparse
import json
import multiprocessing
import random
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import uvicorn
from playwright.sync_api import Browser, Page

import runs
from dashboard.app import create
from dashboard.security import COOKIE
from testbed.bootstrap import build
from testbed.domain.conformity import Outcome
from testbed.engine.ports import Ending, RunResult
from testbed.settings import Settings
from tests.dashboard.stage import Stage, StageClock
from tests.journeys.centre import browser

RATE = 1e6  # [Hz]
BLOCK = 1_000_000
FIGURE = "#run-figure"

# Notes, in the page's own clock, when input came and when what it asked for was on the screen.
WATCH = """
() => {
  const seen = window.seen = {input: 0, ready: []};
  const note = () => { seen.input = performance.now(); };
  for (const name of ["pointerup", "keydown", "wheel"]) addEventListener(name, note, true);
  new MutationObserver((changes) => {
    for (const change of changes) {
      if (change.target.dataset?.state !== "ready" || change.oldValue === "ready") continue;
      requestAnimationFrame(() => seen.ready.push(performance.now()));
    }
  }).observe(document, {subtree: true, attributes: true, attributeFilter: ["data-state"],
                        attributeOldValue: true});
}
"""


@dataclass(frozen=True)
class Centre:
    home: Path
    run: str
    token: str
    curve: str


def signal(start: int, count: int) -> np.ndarray:
    """Make a noisy swing with a spike of one sample in each million."""
    time = np.arange(start, start + count) / RATE
    noise = np.random.default_rng(start).normal(0, 0.05, count)
    values = np.sin(time * 2.3) + 0.3 * np.sin(time * 911.0) + noise
    values[(-start) % BLOCK :: BLOCK] = 4.0
    return values


def centre(home: Path, samples: int, *, rows: bool) -> Centre:
    """Build a centre whose one run has so many samples."""
    with Stage(home) as stage:
        assignment = stage.begin("긴 기록")
        header = runs.Header(
            run=assignment.run,
            title="long",
            started=stage.clock.now(),
            channels=(runs.ChannelInfo("force", "N"),),
            phases=("pull",),
            streams=() if rows else (_waveform(min(BLOCK, samples)),),
        )
        with runs.create(assignment.file, header) as writer:
            writer.phase(0)
            write = _rows if rows else _blocks
            write(writer, samples)
            sealed = writer.close(ending="completed")
        result = RunResult(
            ending=Ending.COMPLETED,
            outcome=Outcome.NOT_JUDGED,
            judgements=(),
            findings=(),
            constructions=(),
            rows=sealed.rows,
            safe=True,
            ended=stage.clock.now(),
        )
        stage.testbed.centre.finished(assignment.run, result)
        curve = "/force" if rows else "scope/force"
        return Centre(home, assignment.run, stage.tokens["reviewer"], curve)


def _waveform(size: int) -> runs.Blocks:
    axis = runs.Axis("sample_time", "s", np.arange(size) / RATE)
    return runs.Blocks("scope", (runs.ChannelInfo("force", "N"),), (axis,), dtype="f4")


def _rows(writer: runs.RunWriter, samples: int) -> None:
    for start in range(0, samples, BLOCK):
        count = min(BLOCK, samples - start)
        writer.extend(np.arange(start, start + count) / RATE, signal(start, count))


def _blocks(writer: runs.RunWriter, samples: int) -> None:
    size = min(BLOCK, samples)
    stream = writer.stream("scope")
    for start in range(0, samples, size):
        stream.append(start / RATE, signal(start, size).astype("f4"))
        writer.append(start / RATE, 0.0)


def _serve(home: Path, told: Connection) -> None:
    testbed = build(Settings(home=home, database=f"sqlite:///{home / 'testbed.db'}"), StageClock())
    config = uvicorn.Config(create(testbed), port=0, log_level="warning", lifespan="on")
    server = uvicorn.Server(config)
    startup = server.startup

    async def tell(*given: object, **named: object) -> None:
        await startup(*given, **named)  # type: ignore[arg-type]
        told.send(server.servers[0].sockets[0].getsockname()[1])

    server.startup = tell  # type: ignore[method-assign]
    server.run()


@contextmanager
def served(home: Path) -> Iterator[str]:
    """Serve a centre from a process that has just started."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(home, theirs), daemon=True)
    process.start()
    assert ours.poll(60), "the server does not start"
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join(20)


@contextmanager
def opened(chromium: Browser, address: str, centre: Centre) -> Iterator[tuple[Page, float]]:
    """Open the run in a browser that was never here; hands out how long it took [ms]."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    context.add_cookies([{"name": COOKIE, "value": centre.token, "url": address}])
    context.add_init_script(f"({WATCH})()")
    page = context.new_page()
    page.goto(f"{address}/runs/{centre.run}?curve={centre.curve}", wait_until="commit")
    page.wait_for_function("() => window.seen.ready.length > 0", timeout=60_000)
    yield page, page.evaluate("window.seen.ready[0]")
    context.close()


def zoom(page: Page, pick: random.Random) -> tuple[float, int]:
    """Zoom into a random part by dragging; gives the wait [ms] and the bytes of the answer."""
    box = page.locator(f"{FIGURE} canvas").last.bounding_box()
    assert box is not None
    width = box["width"] - 120
    start = box["x"] + 90 + pick.uniform(0, 0.7) * width
    stop = start + pick.choice([0.006, 0.02, 0.1, 0.25]) * width + 7
    middle = box["y"] + box["height"] / 2
    page.evaluate("window.seen.ready.length = 0")
    page.mouse.move(start, middle)
    page.mouse.down()
    page.mouse.move(stop, middle, steps=3)
    page.mouse.up()
    page.wait_for_function("() => window.seen.ready.length > 0", timeout=30_000)
    waited = page.evaluate("window.seen.ready.at(-1) - window.seen.input")
    return waited, int(page.locator(FIGURE).get_attribute("data-bytes") or 0)


def whole(page: Page) -> None:
    page.locator(f"{FIGURE} .tb-curve-ground").press("0")
    page.wait_for_selector(f"{FIGURE}[data-state='ready'][data-drawn='\"all\"']")


def measure(centre: Centre, *, colds: int, zooms: int) -> dict[str, float]:
    """Open cold so many times, then zoom so many times; the answers are in [ms] and bytes."""
    pick = random.Random(4)
    cold, waits, sizes = [], [], []
    for turn in range(colds):
        with (
            served(centre.home) as address,
            browser() as chromium,
            opened(chromium, address, centre) as (page, took),
        ):
            cold.append(took)
            sizes.append(int(page.locator(FIGURE).get_attribute("data-bytes") or 0))
            for count in range(zooms if turn == colds - 1 else 0):
                waited, size = zoom(page, pick)
                waits.append(waited)
                sizes.append(size)
                if count % 4 == 3:
                    whole(page)
    return {
        "cold_ms": round(statistics.median(cold), 1),
        "cold_worst_ms": round(max(cold), 1),
        "zoom_ms": round(statistics.median(waits), 1),
        "zoom_p95_ms": round(float(np.percentile(waits, 95)), 1),
        "bytes_most": max(sizes),
    }


def shoot(centre: Centre, place: Path) -> None:
    """Picture the page, zoomed to about 40 % of the run, with the pointer on a spike."""
    with (
        served(centre.home) as address,
        browser() as chromium,
        opened(chromium, address, centre) as (page, _),
    ):
        page.get_by_role("button", name="English").click()
        page.wait_for_selector("html[lang='en']")
        page.goto(f"{address}/runs/{centre.run}?curve={centre.curve}")
        page.wait_for_selector(f"{FIGURE}[data-state='ready']")
        ground = page.locator(f"{FIGURE} .tb-curve-ground")
        box = ground.bounding_box()
        assert box is not None
        ground.focus()
        for _ in range(6):
            page.mouse.move(box["x"] + 50 + 0.4 * (box["width"] - 64), box["y"] + 90)
            page.mouse.wheel(0, -240)
            page.wait_for_selector(f"{FIGURE}[data-state='ready']")
        tip = page.locator(f"{FIGURE} .tb-curve-tip")
        for step in range(100, int(box["width"]), 12):
            page.mouse.move(box["x"] + step, box["y"] + 44)
            if tip.is_visible() and tip.inner_text().startswith("4.0"):
                break
        ground.blur()
        page.wait_for_timeout(300)
        page.screenshot(path=place)


def main() -> None:
    """Measure and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=float, default=1e8)
    parser.add_argument("--rows", action="store_true")
    parser.add_argument("--zooms", type=int, default=40)
    parser.add_argument("--colds", type=int, default=5)
    parser.add_argument("--picture", type=Path, help="where to put a picture of the page")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        made = centre(Path(place), int(given.samples), rows=given.rows)
        found = measure(made, colds=given.colds, zooms=given.zooms)
        if given.picture:
            shoot(made, given.picture)
    print(json.dumps({"samples": int(given.samples), "rows": given.rows, **found}))


if __name__ == "__main__":
    main()
