"""A whole centre in processes of its own, as `make demo` starts it, and a browser before it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

PASSWORD = "namdong-demo"
CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def status(address: str) -> int:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


@contextmanager
def demo(home: Path, log: Path) -> Iterator[str]:
    """Run the demonstration; hands out its address once it is ready."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with log.open("wb") as words:
        process = subprocess.Popen(
            [sys.executable, "-m", "testbed", "demo", "--home", home, "--port", str(port),
             "--no-browser"],
            stdout=words,
            stderr=words,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
    try:
        until = time.monotonic() + 110
        while "Ready:" not in log.read_text(errors="replace"):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.3)
        assert status(f"{address}/health") == 200
        yield address
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(40) == 0, log.read_text()


@contextmanager
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    assert chromium, "Chromium is missing: ./prepare.sh tools"
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM)
        yield opened
        opened.close()


class Visitor:
    """A person before a browser of their own, who notes what goes wrong and what is fetched."""

    def __init__(self, opened: Browser, address: str, *, width: int = 1440, lang: str = "en"):
        self.address = address
        self.wrong: list[str] = []
        self.fetched: list[str] = []
        self.context: BrowserContext = opened.new_context(
            viewport={"width": width, "height": 900 if width > 500 else 844},
            accept_downloads=True,
            color_scheme="light",
        )
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("request", lambda request: self.fetched.append(request.url))
        self.lang = lang

    def sign_in(self, login: str) -> Page:
        self.page.goto(f"{self.address}/login?lang={self.lang}")
        self.page.fill("#login", login)
        self.page.fill("#password", PASSWORD)
        self.page.click("form button[type=submit]")
        self.page.wait_for_selector(".tb-header")
        return self.page

    def leave(self) -> None:
        """Close, and see that nothing went wrong and nothing came from outside."""
        outside = [url for url in self.fetched if not _local(url, self.address)]
        self.context.close()
        assert outside == []
        assert self.wrong == []


def _local(url: str, address: str) -> bool:
    return url.startswith((address, address.replace("http", "ws"), "data:", "blob:", "about:"))


def announced(home: Path, bench: str) -> dict:
    return json.loads((home / "state" / bench / "simulator.json").read_text())
