"""The week of all equipment: drag to book, move, resize; click to see or cancel."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import dash_mantine_components as dmc
from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboard.callbacks import Shell
from dashboard.components import ResourceCalendar
from dashboard.gateway import CENTRE, from_wall, to_wall
from dashboard.pages.notices import notice, refusal
from testbed.domain.objections import Refused
from testbed.domain.people import Actor
from testbed.i18n import Words
from testbed.services.commands import MoveBooking
from testbed.services.rows import CalendarEntry

__all__ = ["layout", "register"]

_CLASSES = {
    "booking": "tb-bar-own",
    "request": "tb-bar-request",
    "busy": "tb-bar-busy",
    "outage": "tb-bar-outage",
}


def bar(entry: CalendarEntry, said: Words, *, firm: bool) -> dict[str, Any]:
    """Describe one bar to the calendar; a bar of others says "busy" and nothing more."""
    title = said("Busy") if entry.kind == "busy" else entry.title
    if entry.kind == "outage":
        title = said("Out of use: {reason}", reason=entry.title)
    if firm and entry.organisation is not None:
        title = f"{entry.organisation.in_locale(said.locale)} · {title}"
    return {
        "id": entry.id,
        "resourceIds": [entry.equipment],
        "start": to_wall(entry.start),
        "end": to_wall(entry.end),
        "title": title,
        "classNames": [_CLASSES[entry.kind]],
        "editable": entry.movable,
        "startEditable": entry.movable,
        "durationEditable": entry.movable,
    }


def _bars(shell: Shell, actor: Actor, start: datetime, end: datetime) -> list[dict[str, Any]]:
    entries = shell.testbed.queries.calendar(actor, start, end)
    return [bar(entry, shell.words(), firm=actor.is_staff) for entry in entries]


async def layout(shell: Shell) -> Component:
    """Build the page with the present week."""
    actor, said = shell.actor(), shell.words()
    rows = await asyncio.to_thread(shell.testbed.queries.equipment, actor)
    today = shell.testbed.clock.now().astimezone(CENTRE)
    monday = (today - timedelta(days=today.weekday())).replace(hour=0, minute=0, second=0)
    bars = await asyncio.to_thread(_bars, shell, actor, monday, monday + timedelta(days=7))
    resources = [{"id": row.code, "title": row.name.in_locale(said.locale)} for row in rows]
    texts = {
        "today": said("Today"),
        "resourceTimelineDay": said("Day"),
        "resourceTimelineWeek": said("Week"),
        "prev": said("Earlier"),
        "next": said("Later"),
    }
    calendar = ResourceCalendar(
        id="calendar",
        resources=resources,
        events=bars,
        options={
            "locale": "ko-KR" if said.locale == "ko" else "en-GB",
            "buttonText": texts,
            "eventTimeFormat": {"hour": "2-digit", "minute": "2-digit", "hour12": False},
        },
    )
    legend = [
        (said("Booked"), "tb-bar-own"),
        (said("Waits for approval"), "tb-bar-request"),
        (said("Busy"), "tb-bar-busy"),
        (said("Out of use"), "tb-bar-outage"),
    ]
    head = html.Div(
        [
            html.Div(
                [
                    html.H1(said("Calendar")),
                    html.P(said("Drag over a free time to book; drag a bar of yours to move it."),
                           className="tb-quiet"),
                ]
            ),
            dcc.Link(said("New booking"), href="/bookings/new", className="tb-button"),
        ],
        className="tb-page-head",
    )  # fmt: skip
    return html.Div(
        [
            head,
            html.Div(calendar, className="tb-card"),
            html.Ul(
                [html.Li([html.Span(className=name), text]) for text, name in legend],
                className="tb-legend",
            ),
            dcc.Store(id="calendar-undo"),
            html.Div(
                dmc.Button(said("Undo"), id="calendar-undo-button", variant="light", size="xs"),
                id="calendar-undo-place",
                hidden=True,
            ),
        ]
    )


def register(shell: Shell) -> None:
    """Wire the page."""

    @shell.callback(
        Output("calendar", "events"),
        Input("calendar", "range"),
        prevent_initial_call=True,
    )
    def shown(shown_range: dict[str, str] | None) -> list[dict[str, Any]]:
        return _shown(shell, shown_range)

    @shell.callback(
        Output("go", "href"),
        Input("calendar", "selection"),
        prevent_initial_call=True,
    )
    def chosen(selection: dict[str, str] | None) -> str:
        if not selection:
            raise PreventUpdate
        asked = {name: selection[name] for name in ("start", "end")}
        return "/bookings/new?" + urlencode({"equipment": selection["resource"], **asked})

    @shell.callback(
        Output("go", "href", allow_duplicate=True),
        Input("calendar", "clicked"),
        prevent_initial_call=True,
    )
    def clicked(event: dict[str, str] | None) -> str:
        if not event or not event["id"].startswith("B-"):
            raise PreventUpdate
        return "/bookings/" + event["id"].partition("/")[0]

    @shell.callback(
        Output("calendar", "events", allow_duplicate=True),
        Output("notices", "sendNotifications", allow_duplicate=True),
        Output("calendar-undo", "data"),
        Output("calendar-undo-place", "hidden"),
        Input("calendar", "change"),
        State("calendar", "range"),
        prevent_initial_call=True,
    )
    def moved(change: dict[str, str] | None, shown_range: dict[str, str] | None) -> tuple[Any, ...]:
        if not change:
            raise PreventUpdate
        said, actor = shell.words(), shell.actor()
        number, _, code = change["id"].partition("/")
        before = shell.testbed.queries.booking(actor, number)
        start, end = from_wall(change["start"]), from_wall(change["end"])
        if before is None or start is None or end is None:
            raise PreventUpdate
        # Only the leading piece of equipment can be exchanged by dragging to another row.
        leads = code == before.equipment[0] and change["resource"] != code
        answer = shell.testbed.booking.move(
            actor,
            MoveBooking(
                number=number,
                start=start,
                end=end,
                equipment=change["resource"] if leads else None,
            ),
        )
        bars = _shown(shell, shown_range)
        if isinstance(answer, Refused):
            return bars, refusal(answer, said), no_update, no_update
        undo = {
            "number": number,
            "start": to_wall(before.start),
            "end": to_wall(before.end),
            "equipment": before.equipment[0],
        }
        return bars, notice(said("{booking} was moved.", booking=number)), undo, False

    @shell.callback(
        Output("calendar", "events", allow_duplicate=True),
        Output("notices", "sendNotifications", allow_duplicate=True),
        Output("calendar-undo-place", "hidden", allow_duplicate=True),
        Input("calendar-undo-button", "n_clicks"),
        State("calendar-undo", "data"),
        State("calendar", "range"),
        prevent_initial_call=True,
    )
    def undone(
        clicks: int | None, undo: dict[str, str] | None, shown_range: dict[str, str] | None
    ) -> tuple[Any, ...]:
        start = from_wall(undo["start"]) if undo else None
        end = from_wall(undo["end"]) if undo else None
        if not clicks or undo is None or start is None or end is None:
            raise PreventUpdate
        answer = shell.testbed.booking.move(
            shell.actor(),
            MoveBooking(number=undo["number"], start=start, end=end, equipment=undo["equipment"]),
        )
        said = shell.words()
        told = (
            refusal(answer, said)
            if isinstance(answer, Refused)
            else notice(said("{booking} is back where it was.", booking=undo["number"]))
        )
        return _shown(shell, shown_range), told, True


def _shown(shell: Shell, shown_range: dict[str, str] | None) -> list[dict[str, Any]]:
    start = from_wall(shown_range["start"]) if shown_range else None
    end = from_wall(shown_range["end"]) if shown_range else None
    if start is None or end is None or end - start > timedelta(days=40):
        now = shell.testbed.clock.now()
        start, end = now - timedelta(days=7), now + timedelta(days=7)
    return _bars(shell, shell.actor(), start, end)
