"""The web application: Dash and the API behind one gate; the entry point `testbed.web`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path

import httpx
from dash import Dash
from fastapi import FastAPI, Response, WebSocket
from fastapi.responses import FileResponse
from starlette.types import ASGIApp

from dashboard.callbacks import Shell
from dashboard.live_follow import Hub
from dashboard.live_socket import LiveSocket, Looks
from dashboard.login import add_login
from dashboard.pages import (
    bench,
    booking_form,
    bookings,
    calendar,
    compare,
    distribution,
    equipment,
    home,
    live,
    start,
)
from dashboard.pages import run as run_page
from dashboard.pages import runs as runs_page
from dashboard.security import CURRENT, Gate, cookie_of
from dashboard.shell import add_shell
from testbed.api.routes import add_api
from testbed.bootstrap import Testbed
from testbed.domain.names import Name
from testbed.domain.people import Actor

__all__ = ["create"]

_PARTS = Path(str(files("dashboard"))) / "frontend" / "node_modules"
_VENDOR = {
    "event-calendar.min.js": _PARTS / "@event-calendar/build/dist/event-calendar.min.js",
    "event-calendar.min.css": _PARTS / "@event-calendar/build/dist/event-calendar.min.css",
}
_NOBODY = Actor(account=0, login="", name=Name("", ""), organisation=0, roles=frozenset())


class _Dash(Dash):
    """Dash whose page says in which language it is."""

    def interpolate_index(self, **parts: str) -> str:  # type: ignore[override]
        """Write the page around the application."""
        locale = CURRENT.get(_NOBODY).locale
        page: str = super().interpolate_index(**parts)  # type: ignore[no-untyped-call]
        return page.replace("<html>", f'<html lang="{locale}">', 1)


def create(testbed: Testbed) -> ASGIApp:
    """Build the application for one centre."""
    hashes: list[str] = []

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        # Dash sets its assets and its inline scripts up with the first request for a page.
        CURRENT.set(_NOBODY)
        transport = httpx.ASGITransport(app=server)
        async with httpx.AsyncClient(transport=transport, base_url="http://warm-up") as client:
            (await client.get("/_dash-layout")).raise_for_status()
            (await client.get("/")).raise_for_status()
        hashes[:] = app.csp_hashes()
        yield

    server = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    _add_files(server)
    add_login(server, testbed)
    add_api(server, testbed)
    _add_live_socket(server, testbed)
    app = _Dash(
        __name__,
        server=server,  # type: ignore[arg-type]
        assets_folder=str(files("dashboard") / "assets"),
        external_scripts=["/assets/vendor/event-calendar.min.js"],
        external_stylesheets=["/assets/vendor/event-calendar.min.css"],
        suppress_callback_exceptions=True,
        enable_mcp=False,
        title="Testbed",
        update_title="",
        meta_tags=[{"name": "viewport", "content": "width=device-width, initial-scale=1"}],
    )
    shell = Shell(app, testbed)
    add_shell(app, shell)
    for page in (
        home,
        calendar,
        booking_form,
        equipment,
        bench,
        bookings,
        start,
        live,
        runs_page,
        run_page,
        compare,
        distribution,
    ):
        page.register(shell)
    return Gate(server, actor_of=testbed.people.actor, script_hashes=lambda: hashes)


def _add_files(server: FastAPI) -> None:
    @server.get("/assets/vendor/{name}", include_in_schema=False)
    async def vendor(name: str) -> Response:
        if name not in _VENDOR:
            return Response(status_code=404)
        return FileResponse(_VENDOR[name], headers={"Cache-Control": "max-age=86400"})


def _add_live_socket(server: FastAPI, testbed: Testbed) -> None:
    source, hub = _Live(testbed), Hub()
    looks = Looks(source)

    @server.websocket("/live/socket/{run}")
    async def follow(socket: WebSocket, run: str, after: int = 0) -> None:
        token = cookie_of(socket.headers)

        async def actor_of() -> Actor | None:
            return testbed.people.actor(token)

        await LiveSocket(
            socket, run, after, actor_of=actor_of, source=source, hub=hub, looks=looks
        ).serve()


class _Live:
    """What the live socket asks of the centre."""

    def __init__(self, testbed: Testbed) -> None:
        self.live_one = testbed.queries.live_one
        self.file = testbed.records.file
        self.tail = testbed.records.tail
