"""The gate before everything: who asks, whether they may, and what a browser may do with us.

Pure ASGI, so that it stands before Dash, the API and every socket alike. Default deny: without a
session only the login page, static files and ``/health`` answer.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from http.cookies import CookieError, SimpleCookie
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from testbed.domain.people import Actor

__all__ = ["COOKIE", "CURRENT", "Gate", "cookie_of"]

COOKIE = "testbed_session"
CURRENT: ContextVar[Actor] = ContextVar("actor")

_OPEN = ("/login", "/health")
_STATIC = ("/assets/", "/_dash-component-suites/", "/favicon.ico", "/_favicon.ico")
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


def cookie_of(headers: Headers, name: str = COOKIE) -> str:
    """Read a cookie; "" where there is none."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return found.value if found else ""


class Gate:
    """Lets requests and sockets of signed-in people through, from this site alone.

    Parameters
    ----------
    actor_of
        Finds the person behind a session token, None where there is none.
    script_hashes
        Hashes of the inline scripts that Dash writes, for the Content-Security-Policy.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        actor_of: Callable[[str], Actor | None],
        script_hashes: Callable[[], Iterable[str]],
    ) -> None:
        self._app = app
        self._actor_of = actor_of
        self._script_hashes = script_hashes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Judge one request or socket."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if not _same_site(scope, headers):
            await _refuse(scope, send, 403, "This request comes from another site.")
            return
        if _is_open(scope["path"]):
            await self._app(scope, receive, self._dressed(scope, send))
            return
        token = cookie_of(headers)
        actor = await asyncio.to_thread(self._actor_of, token) if token else None
        if actor is None:
            await _turn_away(scope, headers, send)
            return
        scope.setdefault("state", {})["actor"] = actor
        CURRENT.set(actor)
        await self._app(scope, receive, self._dressed(scope, send))

    def _dressed(self, scope: Scope, send: Send) -> Send:
        if scope["type"] != "http":
            return send
        static = scope["path"].startswith(_STATIC)

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "same-origin"
                headers["X-Frame-Options"] = "DENY"
                headers["Cross-Origin-Opener-Policy"] = "same-origin"
                headers["Content-Security-Policy"] = self._policy()
                if not static:
                    headers["Cache-Control"] = "no-store"
            await send(message)

        return dressed

    def _policy(self) -> str:
        hashes = " ".join(self._script_hashes())
        # Mantine writes its variables into style elements of its own.
        return (
            f"default-src 'self'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; "
            "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; "
            "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; "
            "frame-ancestors 'none'"
        )


def _is_open(path: str) -> bool:
    return path in _OPEN or path.startswith(_STATIC)


def _same_site(scope: Scope, headers: Headers) -> bool:
    """Tell whether a request that changes something, or a socket, was made by our own pages."""
    if scope["type"] == "http" and scope["method"] in _SAFE_METHODS:
        return True
    origin = headers.get("origin")
    if origin is None:
        # Programs send no Origin; browsers always do for these.
        return scope["type"] == "http" and headers.get("sec-fetch-site") in (None, "same-origin")
    return urlsplit(origin).netloc == headers.get("host", "")


async def _turn_away(scope: Scope, headers: Headers, send: Send) -> None:
    wants_page = "text/html" in headers.get("accept", "")
    if scope["type"] == "http" and scope["method"] == "GET" and wants_page:
        target = f"/login?next={quote(scope['path'])}".encode()
        await send(
            {
                "type": "http.response.start",
                "status": 303,
                "headers": [(b"location", target), (b"cache-control", b"no-store")],
            }
        )
        await send({"type": "http.response.body", "body": b""})
        return
    await _refuse(scope, send, 401, "Sign in first.")


async def _refuse(scope: Scope, send: Send, status: int, text: str) -> None:
    if scope["type"] == "websocket":
        # Closed before it was accepted: the handshake is answered with 403.
        await send({"type": "websocket.close", "code": 4401 if status == 401 else 4403})
        return
    body = text.encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
