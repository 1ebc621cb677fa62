"""The frame around every page: navigation, language, colours, and who has signed in."""

from urllib.parse import parse_qs, unquote

import dash_mantine_components as dmc
from dash import Dash, Input, Output, dcc, html
from dash.development.base_component import Component

from dashboard.callbacks import Shell
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
from dashboard.pages.chips import attributes
from dashboard.security import CURRENT
from testbed.domain.people import Actor
from testbed.i18n import Words, words

__all__ = ["add_shell"]

_NAVIGATION = (
    ("/", "Home"),
    ("/calendar", "Calendar"),
    ("/bookings", "Bookings"),
    ("/runs", "Runs"),
    ("/equipment", "Equipment"),
)
_THEME = {
    "primaryColor": "blue",
    "primaryShade": {"light": 8, "dark": 7},
    "autoContrast": True,
    "fontFamily": "Pretendard, 'Malgun Gothic', 'Apple SD Gothic Neo', 'Noto Sans CJK KR', "
    "NanumGothic, sans-serif",
    "defaultRadius": "md",
}


def add_shell(app: Dash, shell: Shell) -> None:
    """Lay the frame around the pages and wire it."""
    app.layout = lambda: _frame(shell)

    @shell.callback(
        Output("page", "children"), Input("address", "pathname"), Input("address", "search")
    )
    async def show(path: str | None, query: str | None) -> Component:
        asked = parse_qs((query or "").lstrip("?"))
        return await _page(
            shell, [unquote(part) for part in (path or "/").strip("/").split("/")], asked
        )


async def _page(shell: Shell, path: list[str], asked: dict[str, list[str]]) -> Component:
    given = {name: each[0] for name, each in asked.items()}
    match path:
        case [""]:
            return await home.layout(shell)
        case ["calendar"]:
            return await calendar.layout(shell)
        case ["bookings"]:
            return await bookings.layout(shell)
        case ["bookings", "new"]:
            return await booking_form.layout(shell, **_only(given, "equipment", "start", "end"))
        case ["bookings", number]:
            return await bookings.one(shell, number)
        case ["bookings", number, "start"]:
            return await start.layout(shell, number)
        case ["equipment"]:
            return await equipment.layout(shell)
        case ["equipment", code]:
            return await equipment.one(shell, code)
        case ["benches", name]:
            return await bench.layout(shell, name)
        case ["runs"]:
            return await runs_page.layout(shell, asked)
        case ["runs", "compare"]:
            return await compare.layout(shell, **_only(given, "runs"))
        case ["runs", "distribution"]:
            return await distribution.layout(shell, **_only(given, "method", "search", "run"))
        case ["runs", number]:
            return await run_page.layout(shell, number, **_only(given, "curve"))
        case ["live", number]:
            return await live.layout(shell, number)
    return _nothing(shell.words())


def _only(given: dict[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in given.items() if name in names}


def _nothing(said: Words) -> Component:
    return html.Div(
        [
            html.P(said("There is nothing here."), className="tb-empty-text"),
            html.P(said("The page may have moved, or it belongs to somebody else."),
                   className="tb-quiet"),
            dcc.Link(said("Back to the first page"), href="/", className="tb-button"),
        ],
        className="tb-empty",
    )  # fmt: skip


def _frame(shell: Shell) -> Component:
    actor: Actor | None = CURRENT.get(None)
    said = words(actor.locale if actor else "ko")
    name = actor.name.in_locale(actor.locale) if actor else ""
    frame: Component = dmc.MantineProvider(
        [
            dcc.Location(id="address"),
            dcc.Location(id="go", refresh="callback-nav"),
            dmc.NotificationContainer(id="notices", position="bottom-right"),
            html.A(said("Skip to the content"), href="#page", className="tb-skip"),
            html.Header(
                [
                    dcc.Link("Testbed", href="/", className="tb-mark"),
                    html.Nav(
                        _links(said), className="tb-nav", **attributes(aria_label=said("Main"))
                    ),
                    html.Div(_tools(said, name), className="tb-tools"),
                ],
                className="tb-header",
            ),
            html.Main(id="page", className="tb-page", tabIndex=-1),
        ],
        theme=_THEME,
        defaultColorScheme="auto",
    )
    return frame


def _links(said: Words) -> list[Component]:
    return [
        dmc.NavLink(
            label=said(label),
            href=href,
            active="exact" if href == "/" else "partial",
            className="tb-nav-link",
        )
        for href, label in _NAVIGATION
    ]


def _tools(said: Words, name: str) -> list[Component]:
    other, label = ("en", "English") if said.locale == "ko" else ("ko", "한국어")
    return [
        html.Form(
            html.Button(label, type="submit", className="tb-tool", lang=other),
            method="post",
            action=f"/locale/{other}",
        ),
        dmc.ColorSchemeToggle(
            lightIcon="☀",
            darkIcon="☾",
            variant="subtle",
            **attributes(aria_label=said("Light or dark")),
        ),
        html.Span(name, className="tb-who"),
        html.Form(
            html.Button(said("Sign out"), type="submit", className="tb-tool"),
            method="post",
            action="/logout",
        ),
    ]
