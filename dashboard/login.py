"""Signing in and out, and the choice of language: plain pages that need no script."""

import asyncio
from html import escape
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import FastAPI, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from dashboard.security import COOKIE, cookie_of
from testbed.bootstrap import Testbed
from testbed.domain.objections import Refused
from testbed.i18n import Words, words
from testbed.services.rows import AccountRow

__all__ = ["add_login"]

_YEAR = 365 * 24 * 3600
_SESSION = 12 * 3600


def add_login(server: FastAPI, testbed: Testbed) -> None:
    """Add the routes for signing in and out."""

    def page(
        request: Request, said: Words, wrong: str = "", login: str = "", status: int = 200
    ) -> Response:
        target = _inside(request.query_params.get("next", "/"))
        accounts = testbed.demo_accounts() if testbed.settings.demo else ()
        body = _page(said, target, wrong, login, accounts)
        response = HTMLResponse(body, status_code=status)
        response.set_cookie("locale", said.locale, max_age=_YEAR, samesite="lax")
        return response

    def language(request: Request) -> Words:
        asked = request.query_params.get("lang") or cookie_of(request.headers, "locale")
        return words(asked if asked in ("ko", "en") else "ko")

    @server.get("/login", include_in_schema=False)
    async def login_page(request: Request) -> Response:
        return page(request, language(request))

    @server.post("/login", include_in_schema=False)
    async def sign_in(
        request: Request,
        login: Annotated[str, Form()] = "",
        password: Annotated[str, Form()] = "",
    ) -> Response:
        said = language(request)
        found = await asyncio.to_thread(testbed.people.sign_in, login, password)
        if isinstance(found, Refused):
            reasons = [said(f"objection.{each.code}", **each.values) for each in found.objections]
            return page(request, said, " ".join(reasons), login, 401)
        token, actor = found
        if cookie_of(request.headers, "locale") in ("ko", "en"):
            await asyncio.to_thread(testbed.people.set_locale, actor, said.locale)
        target = _inside(request.query_params.get("next", "/"))
        response = RedirectResponse(target, status_code=303)
        response.set_cookie(
            COOKIE,
            token,
            max_age=_SESSION,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
        return response

    @server.post("/logout", include_in_schema=False)
    async def sign_out(request: Request) -> Response:
        await asyncio.to_thread(testbed.people.sign_out, cookie_of(request.headers))
        response = RedirectResponse("/login", status_code=303)
        response.delete_cookie(COOKIE)
        return response

    @server.post("/locale/{locale}", include_in_schema=False)
    async def speak(request: Request, locale: str) -> Response:
        if locale not in ("ko", "en"):
            return Response(status_code=404)
        await asyncio.to_thread(testbed.people.set_locale, request.state.actor, locale)
        here = urlsplit(request.headers.get("referer", "/"))
        target = f"{here.path}?{here.query}" if here.query else here.path
        response = RedirectResponse(_inside(target), status_code=303)
        response.set_cookie("locale", locale, max_age=_YEAR, samesite="lax")
        return response


def _inside(target: str) -> str:
    """Keep a redirect on this site."""
    parts = urlsplit(target)
    safe = target.startswith("/") and not target.startswith(("//", "/\\"))
    return target if safe and not parts.netloc and not parts.scheme else "/"


def _page(
    said: Words, target: str, wrong: str, login: str, accounts: tuple[AccountRow, ...]
) -> str:
    other = "en" if said.locale == "ko" else "ko"
    other_name = "English" if other == "en" else "한국어"
    alarm = f'<p class="login-wrong" role="alert">{escape(wrong)}</p>' if wrong else ""
    return f"""<!DOCTYPE html>
<html lang="{said.locale}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(said("Sign in"))} · Testbed</title>
<link rel="stylesheet" href="/assets/login.css">
<script src="/assets/login.js" defer></script>
</head>
<body>
<main>
<header>
<p class="login-mark">Testbed</p>
<a href="/login?lang={other}" lang="{other}" hreflang="{other}">{other_name}</a>
</header>
<h1>{escape(said("Sign in"))}</h1>
<p class="login-quiet">{escape(said("Book equipment, follow tests, collect results."))}</p>
{alarm}
<form method="post" action="/login?next={escape(target, quote=True)}">
<label for="login">{escape(said("Login"))}</label>
<input id="login" name="login" value="{escape(login, quote=True)}"
 autocomplete="username" required autofocus>
<label for="password">{escape(said("Password"))}</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button type="submit">{escape(said("Sign in"))}</button>
</form>
{_demo(said, accounts)}
</main>
</body>
</html>"""


def _demo(said: Words, accounts: tuple[AccountRow, ...]) -> str:
    if not accounts:
        return ""
    rows = "".join(
        f'<li><button type="button" class="login-account" data-login="{escape(row.login)}" '
        f'data-password="{escape(row.demo_password)}"><b>{escape(row.login)}</b>'
        f"<span>{escape(row.name.in_locale(said.locale))}</span>"
        f"<span class='login-quiet'>{escape(row.organisation.in_locale(said.locale))}</span>"
        "</button></li>"
        for row in accounts
    )
    hint = said("Demonstration: choose an account; all share the password {password}.",
                password=accounts[0].demo_password)  # fmt: skip
    return f'<section><p class="login-quiet">{escape(hint)}</p><ul>{rows}</ul></section>'
