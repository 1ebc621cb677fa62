"""Bookings: the list, and one booking with what can be done about it."""

import asyncio
from typing import Any

import dash_mantine_components as dmc
from dash import Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboard.callbacks import Shell
from dashboard.gateway import CENTRE, objections
from dashboard.pages.chips import attributes, chip, empty
from dashboard.pages.notices import notice
from testbed.domain.objections import Refused
from testbed.i18n import Words
from testbed.services.rows import BookingRow

__all__ = ["layout", "one", "period_text", "register"]

_TONES = {
    "approved": ("good", "check"),
    "requested": ("warn", "clock"),
    "rejected": ("bad", "cross"),
    "cancelled": ("quiet", "dash"),
}


def period_text(row: BookingRow) -> str:
    """Say from when to when, in the centre's time."""
    start, end = row.start.astimezone(CENTRE), row.end.astimezone(CENTRE)
    last = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%Y-%m-%d %H:%M}"
    return f"{start:%Y-%m-%d %H:%M} – {last}"


def _state(row: BookingRow, said: Words) -> Component:
    return chip(said(f"booking-state.{row.state}"), *_TONES.get(row.state, ("quiet", "dash")))


def _line(row: BookingRow, said: Words, names: dict[str, str]) -> Component:
    equipment = ", ".join(names.get(code, code) for code in row.equipment)
    link = dcc.Link(row.number, href=f"/bookings/{row.number}", className="tb-strong")
    cells: list[tuple[str, Any]] = [
        (said("Booking"), link),
        (said("When"), period_text(row)),
        (said("Equipment"), equipment),
        (said("For"), row.organisation.in_locale(said.locale)),
        (said("Kind"), said(f"booking-kind.{row.kind}")),
        ("", _state(row, said)),
    ]  # fmt: skip
    return html.Tr([html.Td(value, **attributes(data_label=label)) for label, value in cells])


async def layout(shell: Shell) -> Component:
    """List what comes, and what is past."""
    actor, said = shell.actor(), shell.words()
    queries = shell.testbed.queries
    coming = await asyncio.to_thread(queries.bookings, actor)
    past = await asyncio.to_thread(lambda: queries.bookings(actor, upcoming=False))
    register_rows = await asyncio.to_thread(queries.equipment, actor)
    names = {row.code: row.name.in_locale(said.locale) for row in register_rows}
    return html.Div(
        [
            html.Div(
                [
                    html.H1(said("Bookings")),
                    dcc.Link(said("New booking"), href="/bookings/new", className="tb-button"),
                ],
                className="tb-page-head",
            ),
            _section(said("Now and next"), coming, said, names),
            _section(said("Past"), past[:50], said, names),
        ]
    )


def _section(
    title: str, rows: tuple[BookingRow, ...], said: Words, names: dict[str, str]
) -> Component:
    heads = ("Booking", "When", "Equipment", "For", "Kind")
    body: Component = html.Table(
        [
            html.Thead(html.Tr([*[html.Th(said(head)) for head in heads], html.Th("")])),
            html.Tbody([_line(row, said, names) for row in rows]),
        ],
        className="tb-table",
    )
    if not rows:
        body = empty(said("No bookings."), said("Drag over a free time in the calendar to book."))
    return html.Section([html.H2(title), body], className="tb-card")


async def one(shell: Shell, number: str) -> Component:
    """Show one booking."""
    return html.Div(
        [dcc.Store(id="booking-number", data=number), html.Div(id="booking-told"),
         html.Div(await asyncio.to_thread(_view, shell, number), id="booking-view")]
    )  # fmt: skip


def _view(shell: Shell, number: str) -> Component:
    actor, said = shell.actor(), shell.words()
    row = shell.testbed.queries.booking(actor, number)
    if row is None:
        return empty(said("There is no such booking."), said("It may belong to somebody else."))
    names = {
        each.code: each.name.in_locale(said.locale)
        for each in shell.testbed.queries.equipment(actor)
    }
    facts = [
        (said("When"), period_text(row)),
        (said("Equipment"), ", ".join(f"{names.get(c, c)} ({c})" for c in row.equipment)),
        (said("For"), row.organisation.in_locale(said.locale)),
        (said("Booked by"), row.person.in_locale(said.locale)),
        (said("Kind"), said(f"booking-kind.{row.kind}")),
        (said("Test method"), said(f"method.{row.method}") if row.method else "–"),
        (said("Specimen"), row.specimen or "–"),
        (said("Purpose"), row.purpose or "–"),
    ]
    pairs: list[Component] = []
    for label, value in facts:
        pairs += [html.Dt(label), html.Dd(value)]
    buttons: list[Component] = []
    if row.startable:
        href = f"/bookings/{number}/start"
        buttons.append(dcc.Link(said("Start a run"), href=href, className="tb-button"))
    for name, label, shown, colour in (
        ("approve", said("Approve"), row.approvable, "green"),
        ("reject", said("Decline"), row.approvable, "red"),
        ("cancel", said("Cancel booking"), row.cancellable, "red"),
    ):
        button = dmc.Button(label, id=f"booking-{name}", variant="light", color=colour)
        buttons.append(html.Span(button, hidden=not shown))
    reason = dmc.TextInput(id="booking-reason", label=said("Reason"))
    links = [html.Li(dcc.Link(run, href=f"/runs/{run}", className="tb-strong")) for run in row.runs]
    return html.Div(
        [
            html.Div([html.H1([row.number, " ", _state(row, said)])], className="tb-page-head"),
            html.Section(html.Dl(pairs, className="tb-facts"), className="tb-card"),
            html.Section(
                [
                    html.H2(said("Runs")),
                    html.Ul(links, className="tb-list")
                    if links
                    else html.P(said("No run yet."), className="tb-quiet"),
                ],
                className="tb-card",
            ),
            html.Div(reason, hidden=not (row.approvable or row.cancellable)),
            html.Div(buttons, className="tb-controls"),
        ]
    )


def register(shell: Shell) -> None:
    """Wire the page of one booking."""

    @shell.callback(
        Output("booking-view", "children"),
        Output("booking-told", "children"),
        Output("notices", "sendNotifications", allow_duplicate=True),
        Input("booking-approve", "n_clicks"),
        Input("booking-reject", "n_clicks"),
        Input("booking-cancel", "n_clicks"),
        State("booking-reason", "value"),
        State("booking-number", "data"),
        prevent_initial_call=True,
    )
    def act(
        approve: int | None,
        reject: int | None,
        cancel: int | None,
        reason: str | None,
        number: str,
    ) -> tuple[Any, Any, Any]:
        if not (approve or reject or cancel):
            raise PreventUpdate
        actor, said, booking = shell.actor(), shell.words(), shell.testbed.booking
        match ctx.triggered_id:
            case "booking-approve":
                answer = booking.approve(actor, number)
            case "booking-reject":
                answer = booking.reject(actor, number, reason or "")
            case _:
                answer = booking.cancel(actor, number, reason or "")
        if isinstance(answer, Refused):
            return no_update, objections(answer, said), no_update
        row = shell.testbed.queries.booking(actor, number)
        state = said(f"booking-state.{row.state}") if row else ""
        told = notice(said("{booking}: {state}.", booking=number, state=state))
        return _view(shell, number), None, told
