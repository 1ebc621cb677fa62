"""The form that books without a mouse, filled in where a period was dragged in the calendar."""

import asyncio
from datetime import timedelta
from typing import Any

import dash_mantine_components as dmc
from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboard.callbacks import Shell
from dashboard.gateway import CENTRE, from_wall, objections
from dashboard.pages.notices import notice
from testbed.domain.objections import Refused
from testbed.services.commands import BookingKind, RequestBooking

__all__ = ["layout", "register"]


async def layout(shell: Shell, equipment: str = "", start: str = "", end: str = "") -> Component:
    """Build the form."""
    actor, said = shell.actor(), shell.words()
    rows = await asyncio.to_thread(shell.testbed.queries.equipment, actor)
    specimens = await asyncio.to_thread(shell.testbed.queries.specimens, actor)
    chosen = next((row for row in rows if row.code == equipment), None)
    begin = (shell.testbed.clock.now().astimezone(CENTRE) + timedelta(hours=1)).replace(
        minute=0, second=0, microsecond=0, tzinfo=None
    )
    kinds = [
        {"value": "requested", "label": said("Requested test")},
        {"value": "direct", "label": said("Direct use")},
    ]
    if actor.is_staff:
        kinds.append({"value": "maintenance", "label": said("Maintenance")})
    known = chosen.methods if chosen else ()
    installed = shell.testbed.methods()
    methods = [
        {"value": name, "label": f"{said(f'method.{name}')} · {installed[name].standard}"}
        # What the equipment serves comes first.
        for name in sorted(installed, key=lambda name: (name not in known, name))
    ]
    kind = "requested" if known and not actor.is_staff else "direct"
    fields: list[Component] = [
        dmc.MultiSelect(
            id="book-equipment",
            label=said("Equipment"),
            data=[
                {"value": row.code, "label": f"{row.name.in_locale(said.locale)} ({row.code})"}
                for row in rows
            ],
            value=[equipment] if chosen else [],
            searchable=True,
            className="tb-wide",
        ),
        dmc.DateTimePicker(
            id="book-start",
            label=said("Start"),
            value=(start or begin.isoformat()).replace("T", " "),
            valueFormat="YYYY-MM-DD HH:mm",
        ),
        dmc.DateTimePicker(
            id="book-end",
            label=said("End"),
            value=(end or (begin + timedelta(hours=2)).isoformat()).replace("T", " "),
            valueFormat="YYYY-MM-DD HH:mm",
        ),
        dmc.SegmentedControl(id="book-kind", data=kinds, value=kind, className="tb-wide"),
        dmc.Select(
            id="book-method",
            label=said("Test method"),
            description=said("For a requested test; its bench's instruments are booked with it."),
            data=methods,
            # Of several, the person has to choose.
            value=known[0] if len(known) == 1 else None,
            clearable=True,
        ),
        dmc.Select(
            id="book-specimen",
            label=said("Specimen"),
            data=[{"value": s.number, "label": f"{s.number} · {s.name}"} for s in specimens],
            clearable=True,
            searchable=True,
        ),
        dmc.TextInput(
            id="book-new-specimen",
            label=said("or a new specimen"),
            placeholder=said("Name of the specimen"),
        ),
        dmc.TextInput(id="book-purpose", label=said("Purpose"), className="tb-wide"),
    ]
    return html.Div(
        [
            html.Div(html.H1(said("New booking")), className="tb-page-head"),
            html.Div(
                [
                    html.Div(id="book-told"),
                    html.Div(fields, className="tb-form"),
                    html.Div(
                        [
                            dmc.Button(said("Book"), id="book-send"),
                            dcc.Link(
                                said("Back to the calendar"), href="/calendar", className="tb-more"
                            ),
                        ],
                        className="tb-controls",
                    ),
                ],
                className="tb-card",
            ),
        ]
    )


def register(shell: Shell) -> None:
    """Wire the form."""

    @shell.callback(
        Output("book-told", "children"),
        Output("go", "href", allow_duplicate=True),
        Output("notices", "sendNotifications", allow_duplicate=True),
        Input("book-send", "n_clicks"),
        State("book-equipment", "value"),
        State("book-start", "value"),
        State("book-end", "value"),
        State("book-kind", "value"),
        State("book-method", "value"),
        State("book-specimen", "value"),
        State("book-new-specimen", "value"),
        State("book-purpose", "value"),
        prevent_initial_call=True,
    )
    def send(clicks: int | None, *given: Any) -> tuple[Any, Any, Any]:  # noqa: ANN401
        if not clicks:
            raise PreventUpdate
        equipment, start, end, kind, method, specimen, new_specimen, purpose = given
        actor, said = shell.actor(), shell.words()
        begin, finish = from_wall(start), from_wall(end)
        if begin is None or finish is None:
            text = said("Choose when the booking begins and ends.")
            return html.P(text, className="tb-objections", role="alert"), no_update, no_update
        if new_specimen and not specimen:
            added = shell.testbed.register.add_specimen(actor, new_specimen)
            if isinstance(added, Refused):
                return objections(added, said), no_update, no_update
            specimen = added
        requested = kind == BookingKind.REQUESTED
        booked = shell.testbed.booking.request(
            actor,
            RequestBooking(
                equipment=tuple(equipment or ()),
                start=begin,
                end=finish,
                kind=BookingKind(kind),
                purpose=(purpose or "")[:500],
                method=(method or "") if requested else "",
                specimen=(specimen or "") if requested else "",
            ),
        )
        if isinstance(booked, Refused):
            return objections(booked, said), no_update, no_update
        state = said(f"booking-state.{booked.state}")
        told = notice(said("{booking}: {state}.", booking=booked.number, state=state))
        return None, f"/bookings/{booked.number}", told
